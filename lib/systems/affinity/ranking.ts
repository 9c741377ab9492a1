/**
 * How good a ranked list is: recall, precision, and normalised discounted cumulative gain.
 *
 * Recall asks which share of the relevant was found, precision which share of the shown is relevant; neither looks at
 * the order. NDCG does: the gain at rank r counts 1 / log₂(r + 1), and the sum is divided by that of the best order.
 *
 * @example
 * ```ts
 * import { ndcgAt, recallAt } from "lib/systems/affinity/ranking.ts";
 * import { assertAlmostEquals, assertEquals } from "@std/assert";
 *
 * assertEquals(recallAt(3, [4, 9, 2, 7], new Set([2, 7])), 0.5);
 * assertAlmostEquals(ndcgAt(2, ["b", "a"], new Map([["a", 3], ["b", 1]])), 0.797, 0.001);
 * ```
 *
 * Source: Järvelin and Kekäläinen, "Cumulated gain-based evaluation of IR techniques", ACM TOIS 20(4), 2002.
 *
 * @module
 */

/** What attention a place in the list gets, 1 for the first; `rank` starts at 1. */
export function attention(rank: number): number {
  return 1 / Math.log2(rank + 1);
}

/** The share of `relevant` among the first `k`; 1 when nothing is relevant. */
export function recallAt<T>(k: number, ranked: readonly T[], relevant: ReadonlySet<T>): number {
  return relevant.size === 0 ? 1 : hits(k, ranked, relevant) / relevant.size;
}

/** The share of the first `k` places that hold something relevant; empty places count as misses. */
export function precisionAt<T>(k: number, ranked: readonly T[], relevant: ReadonlySet<T>): number {
  return hits(k, ranked, relevant) / checked(k);
}

/** Gains in the order shown, discounted by rank. */
export function dcgAt(k: number, gains: readonly number[]): number {
  let sum = 0;
  for (let at = 0; at < Math.min(checked(k), gains.length); at++) {
    sum += gains[at] * attention(at + 1);
  }
  return sum;
}

/** DCG over that of the best order of everything in `gains`; 1 when nothing has a gain. */
export function ndcgAt<T>(k: number, ranked: readonly T[], gains: ReadonlyMap<T, number>): number {
  const best = dcgAt(k, [...gains.values()].sort((a, b) => b - a));
  return best === 0 ? 1 : dcgAt(k, ranked.map((id) => gains.get(id) ?? 0)) / best;
}

function hits<T>(k: number, ranked: readonly T[], relevant: ReadonlySet<T>): number {
  return new Set(ranked.slice(0, checked(k)).filter((id) => relevant.has(id))).size;
}

function checked(k: number): number {
  if (!Number.isInteger(k) || k < 1) {
    throw new RangeError(`Cannot judge list: k must be a positive integer: received ${k}`);
  }
  return k;
}
