/**
 * How many keys expire in the busiest second after a bulk load, by the spread of their TTLs.
 *
 * Keys are loaded evenly over `loadSeconds`, and each lives for the TTL times a random factor from 1 - jitter to
 * 1 + jitter.
 *
 * @example
 * ```ts
 * import { expiries } from "lib/systems/cache/simulate/expiry.ts";
 * import { stream } from "lib/sim/random.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const load = { keys: 10_000, loadSeconds: 10, ttlSeconds: 300, jitter: 0 };
 * assertEquals(Math.max(...expiries(load, stream(1, "ttl"))), 1000);
 * ```
 *
 * @module
 */
import type { Random } from "../../../sim/random.ts";

export interface BulkLoad {
  keys: number;
  loadSeconds: number;
  ttlSeconds: number;
  /** Share of the TTL, to both sides. */
  jitter: number;
}

/** Expiries in each second since the load began. */
export function expiries(load: BulkLoad, random: Random): Uint32Array {
  const { keys, loadSeconds, ttlSeconds, jitter } = load;
  const seconds = new Uint32Array(Math.ceil(loadSeconds + ttlSeconds * (1 + jitter)) + 1);
  for (let key = 0; key < keys; key++) {
    const loaded = loadSeconds * key / keys;
    seconds[Math.floor(loaded + ttlSeconds * (1 + jitter * (2 * random() - 1)))]++;
  }
  return seconds;
}

/** The busiest second as the sum of two uniform spreads has it: keys over the longer of the two. */
export function peakExpiries({ keys, loadSeconds, ttlSeconds, jitter }: BulkLoad): number {
  return keys / Math.max(1, loadSeconds, 2 * ttlSeconds * jitter);
}
