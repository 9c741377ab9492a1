/**
 * Measures the base rates of this machine, and lays them beside the published ones.
 *
 * Writes `out/bench/base-rates.json` with date and machine, which notebooks read for their table. Takes
 * about five seconds; what needs a server that is not there is shown as skipped.
 *
 * @module
 */
import { join } from "node:path";
import { baseRates, type Measured } from "../../lib/estimate/base_rates.ts";
import { quantity } from "../../lib/estimate/quantity.ts";
import { print } from "../terminal.ts";
import { writeWhole } from "../write_file.ts";
import { diskSync, diskWrite } from "./base_rates/disk.ts";
import { mapLookup, memoryRead, memoryReference, sha256 } from "./base_rates/memory.ts";
import { loopbackRoundTrip, redisRates } from "./base_rates/network.ts";

const root = new URL("../../", import.meta.url).pathname;
const scratch = join(root, ".workshop");

type Rates = Record<string, { value: number; unit: string }>;

/** Measures everything that can be measured here; `skipped` says why of the rest. */
export async function measureBaseRates(): Promise<{ rates: Rates; skipped: string[] }> {
  const rates: Rates = {
    mapLookup: { value: await mapLookup(), unit: "s" },
    memoryReference: { value: await memoryReference(), unit: "s" },
    memoryRead: { value: await memoryRead(), unit: "B/s" },
    sha256: { value: await sha256(), unit: "B/s" },
    diskSync: { value: await diskSync(scratch), unit: "s" },
    diskWrite: { value: await diskWrite(scratch), unit: "B/s" },
    loopbackRoundTrip: { value: await loopbackRoundTrip(), unit: "s" },
  };
  const skipped: string[] = [];
  try {
    const { roundTrip, commands, pipelined } = await redisRates();
    rates.redisRoundTrip = { value: roundTrip, unit: "s" };
    rates.redisCommands = { value: commands, unit: "commands/s" };
    rates.redisPipelined = { value: pipelined, unit: "commands/s" };
  } catch (error) {
    skipped.push(`Redis: ${(error as Error).message}`);
  }
  return { rates, skipped };
}

/** The processor, cores, memory and system of this machine in a line. */
export async function describeMachine(): Promise<string> {
  const cpuinfo = await Deno.readTextFile("/proc/cpuinfo").catch(() => "");
  const model = /^model name\s*: (.+)$/m.exec(cpuinfo)?.[1] ?? Deno.build.arch;
  const memory = quantity(Deno.systemMemoryInfo().total / 1024, "KiB");
  return `${model}, ${navigator.hardwareConcurrency} cores, ${memory}, ${Deno.build.os} ${Deno.osRelease()}, Deno ${Deno.version.deno}`;
}

/** Measures, prints a line each, and writes the record. */
export async function main(): Promise<void> {
  const machine = await describeMachine();
  print(`base-rates on ${machine}`);
  const { rates, skipped } = await measureBaseRates();
  for (const { id, published, source } of baseRates) {
    const found = rates[id];
    if (!found) continue;
    const measured = quantity(found.value, found.unit);
    const beside = published ? ` published=${published} (${source})` : "";
    print(`base-rates ${id} measured=${measured}${beside}`);
  }
  for (const why of skipped) print(`base-rates skipped: ${why}`);
  const record: Measured = { date: new Date().toISOString().slice(0, 10), machine, rates };
  const folder = join(root, "out", "bench");
  await Deno.mkdir(folder, { recursive: true });
  await writeWhole(join(folder, "base-rates.json"), JSON.stringify(record, null, 2) + "\n");
}

if (import.meta.main) await main();
