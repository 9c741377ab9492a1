/**
 * The `scale` convention: one assumption that runs the small or the large version of every experiment.
 *
 * At 1 a notebook takes about a minute on two cores. Its experiments size themselves with `atScale`, and
 * their text says how the small version extrapolates.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { atScale, scale } from "lib/assume/scale.ts";
 * import { quantity } from "lib/estimate/quantity.ts";
 *
 * // assume({ …, scale }) gives the Quantity a.scale
 * assertEquals(scale.default, 1);
 * assertEquals(atScale(20_000, quantity(10, "x")), 200_000);
 * ```
 */
import type { Quantity } from "../estimate/quantity.ts";

/** The declaration to put among a notebook's assumptions. */
export const scale = {
  default: 1,
  unit: "x",
  range: [0.01, 1000],
  source: "size of the experiments; 1 runs in about a minute on two cores",
} as const;

/** Returns a count at this scale, a whole number of at least one. */
export function atScale(count: number, scale: Quantity<"ratio">): number {
  return Math.max(1, Math.round(count * scale.in("1")));
}
