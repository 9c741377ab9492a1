/**
 * Che's approximation of the hit ratio of an LRU cache, for any popularities of its keys.
 *
 * An LRU cache keeps a key for a time T after its last request, nearly the same for all keys. T is where
 * the expected number of keys asked for within it fills the cache: Σ (1 - exp(-pᵢT)) = capacity. A key
 * then hits with probability 1 - exp(-pᵢT). Newton's method from T = capacity rises to T without
 * passing it, because the sum is concave.
 *
 * Simplified: requests are independent of each other (no bursts, no trends) and entries have one size.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { cheHitRate, zipfPopularity } from "lib/estimate/che.ts";
 *
 * const popularity = zipfPopularity(10_000, 0.99);
 * assertEquals(cheHitRate({ popularity, capacity: 1000 }).total.toFixed(4), "0.6641");
 * ```
 *
 * Source: Che, Tung and Wang, Hierarchical Web Caching Systems: Modeling, Design and Experimental
 * Results, IEEE JSAC 20(7), 2002.
 */

/** The hit ratios of a cache, from 0 to 1. */
export interface HitRate {
  /** Of all requests. */
  total: number;
  /** Of the requests for each key. */
  perKey: Float64Array;
  /** How many requests a key stays after its last one; infinite when everything fits. */
  characteristicTime: number;
}

/**
 * Returns the hit ratios of an LRU cache of `capacity` keys.
 *
 * `popularity` is each key's share of the requests; it need not add up to one.
 *
 * @throws {RangeError} When a popularity or the capacity is negative, or nothing is ever requested.
 */
export function cheHitRate(
  { popularity, capacity }: { popularity: ArrayLike<number>; capacity: number },
): HitRate {
  if (!(capacity >= 0)) {
    throw new RangeError(
      `Cannot estimate hit ratio: capacity must be at least 0: received ${capacity}`,
    );
  }
  const shares = normalised(popularity);
  const requested = shares.reduce((count, p) => p > 0 ? count + 1 : count, 0);
  const characteristicTime = capacity >= requested ? Infinity : solve(shares, capacity);
  const perKey = shares.map((p) => p === 0 ? 0 : -Math.expm1(-p * characteristicTime));
  const total = shares.reduce((sum, p, i) => sum + p * perKey[i], 0);
  return { total, perKey, characteristicTime };
}

function normalised(popularity: ArrayLike<number>): Float64Array {
  const shares = Float64Array.from(popularity);
  const wrong = shares.find((p) => !(p >= 0 && p < Infinity));
  const sum = shares.reduce((a, b) => a + b, 0);
  if (wrong !== undefined || sum === 0) {
    throw new RangeError(
      `Cannot estimate hit ratio: popularity must be at least 0, and not 0 for all keys: received ${
        wrong ?? `${shares.length} keys that add up to 0`
      }`,
    );
  }
  return shares.map((p) => p / sum);
}

/** Solves Σ (1 - exp(-pT)) = capacity for T. */
function solve(shares: Float64Array, capacity: number): number {
  let time = capacity;
  for (let i = 0; i < 100; i++) {
    let [filled, slope] = [0, 0];
    for (const p of shares) {
      const gone = Math.exp(-p * time);
      filled += 1 - gone;
      slope += p * gone;
    }
    const step = (capacity - filled) / slope;
    time += step;
    if (!(step > 1e-10 * time)) return time;
  }
  return time;
}

/** Returns the popularities of keys by Zipf's law: the i-th of `keys` is asked for as 1/i^skew. */
export function zipfPopularity(keys: number, skew: number): Float64Array {
  if (!Number.isInteger(keys) || keys < 1 || !(skew >= 0)) {
    throw new RangeError(
      `Cannot make popularities: keys must be a whole number from 1 and skew at least 0: received ${keys} and ${skew}`,
    );
  }
  const weights = Float64Array.from({ length: keys }, (_, i) => (i + 1) ** -skew);
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / sum);
}
