/**
 * Base rates: what memory, disks, networks and the usual servers do, published and measured.
 *
 * The published column has the numbers that people estimate with, each with who measured it and when;
 * several are more than ten years old, and that is the point of the other column. `deno task bench
 * base-rates` measures the reader's machine and writes `out/bench/base-rates.json`; `readMeasured`
 * takes it in.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { baseRate, baseRateRows } from "lib/estimate/base_rates.ts";
 *
 * assertEquals(`${baseRate("datacenterRoundTrip").published}`, "500 µs");
 * const measured = { loopbackRoundTrip: { value: 38, unit: "us" } };
 * const rows = baseRateRows({ date: "2026-11-23", machine: "laptop", rates: measured });
 * assertEquals(rows.find((row) => row.what.startsWith("TCP round trip"))?.measured, "38 µs");
 * ```
 */
import { type Quantity, quantity } from "./quantity.ts";

/** One thing that takes a time or has a rate. */
export interface BaseRate {
  readonly id: string;
  readonly what: string;
  /** The customary number; some things only make sense measured. */
  readonly published?: Quantity;
  readonly source?: string;
}

/** What a benchmark found on one machine. */
export interface Measured {
  /** As `2026-11-23`. */
  readonly date: string;
  readonly machine: string;
  readonly rates: Readonly<Record<string, { value: number; unit: string }>>;
}

/** One row of the table, ready to show. */
export interface BaseRateRow {
  what: string;
  published: string;
  source: string;
  measured: string;
}

const dean = "Dean and Norvig, latency numbers, about 2012";
const redisDocs = "Redis documentation, benchmarks, an 11-inch laptop";
const kreps = "Kreps, 2 million writes per second on three cheap machines, 2014";

/** The table, from the nearest to the farthest. */
export const baseRates: readonly BaseRate[] = [
  rate("mapLookup", "look up a string key in a Map of 100,000"),
  rate("memoryReference", "fetch from main memory", [100, "ns"], dean),
  rate("memoryRead", "read or copy memory in sequence", [4, "GB/s"], dean),
  rate("sha256", "hash by SHA-256, blocks of 1 MiB"),
  rate("diskSeek", "seek on a rotating disk", [10, "ms"], dean),
  rate("ssdRead", "read 4 kB at random from an SSD", [150, "us"], dean),
  rate(
    "diskWrite",
    "write in sequence, synced at the end",
    [1, "GB/s"],
    `${dean} (reads of an SSD)`,
  ),
  rate(
    "diskSync",
    "overwrite 8 KiB and wait for the disk (fdatasync)",
    [1.643, "ms"],
    "Poder, pg_test_fsync on a consumer NVMe drive, 2025",
  ),
  rate("loopbackRoundTrip", "TCP round trip on one machine"),
  rate("datacenterRoundTrip", "round trip within a data centre", [500, "us"], dean),
  rate("oceanRoundTrip", "round trip California to the Netherlands", [150, "ms"], dean),
  rate(
    "redisRoundTrip",
    "Redis command, one after the other",
    [200, "us"],
    "Redis documentation, latency, 1 Gbit/s network",
  ),
  rate("redisCommands", "Redis SET, 50 connections", [74_239, "commands/s"], redisDocs),
  rate("redisPipelined", "Redis SET, 16 in a pipeline", [403_063, "commands/s"], redisDocs),
  rate(
    "postgresReads",
    "PostgreSQL, reads of one row by key, 8 cores",
    [70_000, "transactions/s"],
    "Vondra, pgbench since PostgreSQL 7.4, 2015",
  ),
  rate("kafkaRecords", "Kafka, 100 B records, 3 brokers", [2_024_032, "records/s"], kreps),
  rate("kafkaLatency", "Kafka, end to end, p99", [3, "ms"], kreps),
];

function rate(
  id: string,
  what: string,
  published?: [number, string],
  source?: string,
): BaseRate {
  return { id, what, published: published && quantity(...published), source };
}

/**
 * Returns one base rate.
 *
 * @throws {RangeError} When there is none of that id.
 */
export function baseRate(id: string): BaseRate {
  const found = baseRates.find((entry) => entry.id === id);
  if (found) return found;
  const ids = baseRates.map((entry) => entry.id).join(", ");
  throw new RangeError(`Cannot find base rate: id must be one of ${ids}: received "${id}"`);
}

/** Returns the table, published beside measured; what nobody measured has a dash. */
export function baseRateRows(measured?: Measured): BaseRateRow[] {
  return baseRates.map(({ id, what, published, source }) => {
    const found = measured?.rates[id];
    return {
      what,
      published: published ? `${published}` : "–",
      source: source ?? "",
      measured: found ? `${quantity(found.value, found.unit)}` : "–",
    };
  });
}

/** Reads what a benchmark wrote; nothing when it has not run here. */
export async function readMeasured(path: string | URL): Promise<Measured | undefined> {
  try {
    return JSON.parse(await Deno.readTextFile(path)) as Measured;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
