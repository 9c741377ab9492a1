/**
 * Where the warm-up of a run ends: MSER-5.
 *
 * A run that starts empty is not yet typical. MSER cuts as many of the first values as make the
 * standard error of the rest smallest, judged on means of five; never more than half.
 *
 * @example
 * ```ts
 * import { warmUp } from "lib/sim/warm_up.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const lengths = Array.from({ length: 1000 }, (_, i) => Math.min(i / 10, 10) + (i % 2));
 * assertEquals(warmUp(lengths), { cut: 100, share: 0.1, settled: true });
 * ```
 *
 * Source: White, Cobb and Spratt, "A comparison of five steady-state truncation heuristics for
 * simulation", Winter Simulation Conference 2000.
 */

export interface WarmUp {
  /** How many of the first values to cut. */
  readonly cut: number;
  /** The same as a share of all. */
  readonly share: number;
  /** False when half of the run was not enough, as for a queue that grows for ever. */
  readonly settled: boolean;
}

/** The warm-up of a series of values in the order in which they came. */
export function warmUp(values: readonly number[] | Float64Array): WarmUp {
  const groups = Math.floor(values.length / 5);
  if (groups < 4) {
    throw new RangeError(
      `Cannot find warm-up: values must be at least 20: received ${values.length}`,
    );
  }
  let sum = 0;
  let squares = 0;
  let best = Infinity;
  let cut = 0;
  for (let group = groups - 1; group >= 0; group--) {
    let mean = 0;
    for (let i = 5 * group; i < 5 * group + 5; i++) mean += values[i] / 5;
    sum += mean;
    squares += mean * mean;
    const left = groups - group;
    const error = (squares - (sum * sum) / left) / left ** 2;
    if (group <= groups / 2 && error <= best) {
      best = error;
      cut = group;
    }
  }
  return { cut: 5 * cut, share: (5 * cut) / values.length, settled: cut < Math.floor(groups / 2) };
}
