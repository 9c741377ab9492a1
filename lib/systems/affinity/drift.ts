/**
 * Whether a feature still looks as it did when the model was trained: the population stability index.
 *
 * Values of the training day are cut into bins that hold equally many. With the share of a bin then, p, and now, q, the
 * index is Σ (q − p) ln(q / p): 0 for the same distribution, symmetric, and large where something was rare and is
 * frequent. It needs no labels, so that it warns days before clicks do; it does not say whether ranking suffers.
 *
 * Simplified: a bin that is empty on one side counts as half a value, since the logarithm of zero is no number.
 *
 * @example
 * ```ts
 * import { stabilityIndex } from "lib/systems/affinity/drift.ts";
 * import { assert } from "@std/assert";
 *
 * const then = Array.from({ length: 1000 }, (_, n) => n), now = then.map((value) => value + 300);
 * assert(stabilityIndex(then, then) < 0.01 && stabilityIndex(then, now) > 0.25);
 * ```
 *
 * Source: Siddiqi, Credit Risk Scorecards, 2006: below 0.1 nothing moved, above 0.25 much did. It is the symmetric
 * divergence of Jeffreys, 1946.
 *
 * @module
 */

/** The index of `now` against `then`, over `bins` of equal share then. */
export function stabilityIndex(
  then: ArrayLike<number>,
  now: ArrayLike<number>,
  { bins = 10 } = {},
): number {
  if (then.length < bins || now.length === 0) {
    throw new RangeError(
      `Cannot compare values: there must be at least ${bins} then and one now: received ${then.length}, ${now.length}`,
    );
  }
  const sorted = Float64Array.from(then).sort();
  const edges = Array.from(
    { length: bins - 1 },
    (_, n) => sorted[Math.floor((n + 1) * sorted.length / bins)],
  )
    .filter((edge, n, all) => n === 0 || edge > all[n - 1]); // equal values stay in one bin
  return divergence(countsOf(then, edges), countsOf(now, edges));
}

/** The index of two lists of counts over the same bins. */
export function divergence(then: readonly number[], now: readonly number[]): number {
  const [before, after] = [then, now].map((counts) =>
    counts.reduce((sum, count) => sum + count, 0)
  );
  return then.reduce((sum, count, bin) => {
    if (count === 0 && now[bin] === 0) return sum;
    const p = Math.max(count, 0.5) / before, q = Math.max(now[bin], 0.5) / after;
    return sum + (q - p) * Math.log(q / p);
  }, 0);
}

function countsOf(values: ArrayLike<number>, edges: readonly number[]): number[] {
  const counts = new Array<number>(edges.length + 1).fill(0);
  for (let i = 0; i < values.length; i++) {
    let bin = 0;
    while (bin < edges.length && values[i] >= edges[bin]) bin++;
    counts[bin]++;
  }
  return counts;
}
