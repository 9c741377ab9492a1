/**
 * A device in a process of its own, to be killed in the middle of its work.
 *
 * It adds lines to a file, notes each, and prints the line when that is durable; then it synchronises until nothing is
 * left. Started again on the same folders it goes on where it was.
 *
 * @module
 */
import { join } from "node:path";
import { integer, stream } from "lib/sim/random.ts";
import { FastCdc } from "lib/structures/fastcdc.ts";
import { SyncClient } from "./sync_client.ts";

export interface DeviceProcessOptions {
  url: string;
  token: string;
  share: string;
  device: string;
  /** Holds the user's files and the device's own folder. */
  root: string;
  /** The file that it edits. */
  path: string;
  /** Lines to add. */
  edits: number;
  seed: number;
}

/** A line that the process prints. */
export type DeviceLine = { noted: string } | { quiet: true; requests: number };

export function filesOf({ root, device }: Pick<DeviceProcessOptions, "root" | "device">): string {
  return join(root, device, "files");
}

/** Starts a device; `kill("SIGKILL")` ends it as a crash does. */
export function startDevice(options: DeviceProcessOptions): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-prompt", "--no-check", import.meta.url, JSON.stringify(options)],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
}

/** What a device prints, until it ends or is killed. */
export async function* linesOf(device: Deno.ChildProcess): AsyncGenerator<DeviceLine> {
  let rest = "";
  for await (const text of device.stdout.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    yield* lines.map((line) => JSON.parse(line));
  }
}

async function tell(line: DeviceLine): Promise<void> {
  await Deno.stdout.write(new TextEncoder().encode(JSON.stringify(line) + "\n"));
}

async function run(options: DeviceProcessOptions): Promise<void> {
  const { root, device, path, edits, seed, url, token, share } = options;
  const folder = filesOf(options);
  using client = await SyncClient.open({
    url,
    token,
    share,
    device,
    folder,
    stateFolder: join(root, device, "state"),
    cdc: new FastCdc({ mean: 1024 }),
    nowMs: () => Date.now(),
  });
  const random = stream(seed, device), place = join(folder, path);
  for (let n = 0; n < edits; n++) {
    const text = await Deno.readTextFile(place).catch(() => "");
    const lines = text.match(/[^\n]*\n/g) ?? [];
    const line = `${device} ${seed} ${n}`;
    lines.splice(integer(random, lines.length + 1), 0, `${line}\n`);
    const temporary = join(root, device, "editor");
    await Deno.writeTextFile(temporary, lines.join(""));
    await Deno.rename(temporary, place);
    await client.note(path);
    await tell({ noted: line });
  }
  while (client.device.pending.length > 0) {
    await client.sync().catch(() => new Promise((done) => setTimeout(done, 20)));
  }
  await tell({ quiet: true, requests: client.stats.requests });
}

if (import.meta.main) await run(JSON.parse(Deno.args[0]));
