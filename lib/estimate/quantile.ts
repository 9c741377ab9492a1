/**
 * Quantiles of samples, with the definition named.
 *
 * There are nine in use, and on few samples they differ: the p99 of ten numbers is the largest by
 * nearest rank (R-1, what load generators print) and something below it by linear interpolation
 * (R-7, what R, numpy and spreadsheets do unless told otherwise). A percentile without its definition cannot be
 * compared, so a caller here always names one.
 *
 * | type | also called |
 * | --- | --- |
 * | R-1 | nearest rank, inverse of the empirical distribution |
 * | R-2 | R-1 averaged at jumps (SAS default) |
 * | R-3 | nearest even order statistic |
 * | R-4 | linear interpolation of the empirical distribution |
 * | R-5 | Hazen |
 * | R-6 | Weibull; NIST, Minitab |
 * | R-7 | linear; R, numpy, Excel |
 * | R-8 | median-unbiased, the authors' recommendation |
 * | R-9 | unbiased for the normal distribution |
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { quantile } from "lib/estimate/quantile.ts";
 *
 * const latenciesMs = [12, 15, 11, 90, 13, 14, 12, 16, 13, 12];
 * assertEquals(quantile(latenciesMs, 0.99, "R-1"), 90);
 * assertEquals(quantile(latenciesMs, 0.99, "R-7").toFixed(2), "83.34");
 * ```
 *
 * Source: Hyndman and Fan, Sample Quantiles in Statistical Packages, The American Statistician
 * 50(4), 1996.
 */

/** The nine definitions, as R numbers them. */
export type QuantileType =
  | "R-1"
  | "R-2"
  | "R-3"
  | "R-4"
  | "R-5"
  | "R-6"
  | "R-7"
  | "R-8"
  | "R-9";

/** Plotting positions a and b of the interpolating definitions. */
const positions: Record<string, [number, number]> = {
  "R-4": [0, 1],
  "R-5": [1 / 2, 1 / 2],
  "R-6": [0, 0],
  "R-7": [1, 1],
  "R-8": [1 / 3, 1 / 3],
  "R-9": [3 / 8, 3 / 8],
};

/** What R takes as equal, so that 0.1 × 30 is the third sample. */
const FUZZ = 4 * Number.EPSILON;

/**
 * Returns the quantile of the samples at `p`, which is from 0 to 1; the samples are left as they are.
 *
 * @throws {RangeError} When there are no samples, one is NaN, or `p` is not from 0 to 1.
 */
export function quantile(samples: Iterable<number>, p: number, type: QuantileType): number {
  const sorted = Float64Array.from(samples).sort();
  const n = sorted.length;
  if (n === 0) throw new RangeError("Cannot take quantile: samples must not be empty: received 0");
  if (Number.isNaN(sorted[n - 1])) {
    throw new RangeError("Cannot take quantile: samples must be numbers: received NaN");
  }
  if (!(p >= 0 && p <= 1)) {
    throw new RangeError(`Cannot take quantile: p must be from 0 to 1: received ${p}`);
  }
  const { rank, weight } = type in positions ? interpolated(n, p, type) : stepped(n, p, type);
  const at = (i: number) => sorted[Math.min(Math.max(i, 1), n) - 1];
  const [low, high] = [at(rank), at(rank + 1)];
  return weight === 0 ? low : weight === 1 ? high : low + weight * (high - low);
}

/** Position among the samples, counted from one: between `rank` and the next, by `weight`. */
interface Position {
  rank: number;
  weight: number;
}

function interpolated(n: number, p: number, type: QuantileType): Position {
  const [a, b] = positions[type];
  const position = a + p * (n + 1 - a - b);
  const rank = Math.floor(position + FUZZ);
  const weight = position - rank;
  return { rank, weight: Math.abs(weight) < FUZZ ? 0 : weight };
}

function stepped(n: number, p: number, type: QuantileType): Position {
  const position = type === "R-3" ? n * p - 0.5 : n * p;
  const rank = Math.floor(position + FUZZ);
  const between = position > rank + FUZZ;
  if (between) return { rank, weight: 1 };
  if (type === "R-2") return { rank, weight: 0.5 };
  return { rank, weight: type === "R-3" && rank % 2 !== 0 ? 1 : 0 };
}
