/**
 * What a stream of data occupies: with retention, copies, compression, overhead and growth.
 *
 * Data younger than the retention is kept, so storage rises until then and afterwards only as the
 * stream grows. With growth the stream is integrated over the window, not taken at its end.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { quantity } from "lib/estimate/quantity.ts";
 * import { stored } from "lib/estimate/storage.ts";
 *
 * const log = { ingest: quantity(1, "GB/s"), retention: quantity(30, "days"), replicas: 3 };
 * assertEquals(`${stored(log)}`, "7.78 PB");
 * assertEquals(`${stored({ ...log, compression: 4 })}`, "1.94 PB");
 * assertEquals(`${stored(log, quantity(1, "day"))}`, "259.2 TB");
 * ```
 */
import type { Growth } from "./growth.ts";
import type { Quantity } from "./quantity.ts";

/** A stream of data that is kept for a while. */
export interface Stream {
  /** What arrives, before compression and copies; with growth, at the start. */
  readonly ingest: Quantity<"bandwidth">;
  readonly retention: Quantity<"time">;
  /** Copies of each byte, the first included. */
  readonly replicas?: number;
  /** How many times smaller compression makes it. */
  readonly compression?: number;
  /** Indexes, headers and free space, as a share of the data: 0.2 for 20 %. */
  readonly overhead?: number;
  readonly growth?: Growth;
}

/**
 * Returns what is stored at a time after the start; without one, when the retention is first full.
 *
 * @throws {RangeError} When replicas, compression or overhead make no sense.
 */
export function stored(
  stream: Stream,
  at: Quantity<"time"> = stream.retention,
): Quantity<"information"> {
  const { ingest, retention, replicas = 1, compression = 1, overhead = 0 } = stream;
  atLeast("replicas", replicas, 1);
  atLeast("compression", compression, Number.MIN_VALUE);
  atLeast("overhead", overhead, 0);
  const kept = retention.lessThan(at) ? retention : at;
  const mean = ingest.times(growthOverWindow(stream, at, kept));
  return mean.times(kept).times(replicas * (1 + overhead) / compression);
}

/** The mean of the grown stream over the window that ends at `at`, as a multiple of its start. */
function growthOverWindow(
  { growth }: Stream,
  at: Quantity<"time">,
  kept: Quantity<"time">,
): number {
  if (!growth) return 1;
  const exponent = Math.log1p(growth.rate.in("1"));
  const end = exponent * at.per(growth.every).in("1");
  const width = exponent * kept.per(growth.every).in("1");
  return width === 0 ? Math.exp(end) : Math.exp(end) * -Math.expm1(-width) / width;
}

function atLeast(name: string, value: number, least: number): void {
  if (value >= least && Number.isFinite(value)) return;
  const rule = least === 1 ? "at least 1" : least === 0 ? "at least 0" : "above 0";
  throw new RangeError(`Cannot estimate storage: ${name} must be ${rule}: received ${value}`);
}
