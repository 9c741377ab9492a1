/**
 * Weights of people by whom or what they share with somebody, after Adamic and Adar: to be among few says more than to be
 * among many.
 *
 * @example
 * ```ts
 * import { addCrowd, strongest } from "lib/systems/affinity/adamic_adar.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const weights = new Map<number, number>();
 * addCrowd(weights, [1, 2, 3, 4], Infinity);
 * addCrowd(weights, [4, 5], Infinity);
 * assertEquals(strongest(weights, 2).map(({ id }) => id), [4, 5]);
 * ```
 *
 * Source: Adamic and Adar, "Friends and neighbors on the Web", Social Networks 25(3), 2003.
 *
 * @module
 */

export interface Weighted {
  id: number;
  weight: number;
}

/** Adds 1 / ln(1 + size) for each of a crowd; one of more people than `cap` says nothing. */
export function addCrowd(
  weights: Map<number, number>,
  crowd: readonly number[],
  cap: number,
): void {
  if (crowd.length > cap) return;
  const weight = 1 / Math.log(1 + crowd.length);
  for (const other of crowd) weights.set(other, (weights.get(other) ?? 0) + weight);
}

/** The strongest first; of equals the lower id. */
export function strongest(weights: ReadonlyMap<number, number>, limit: number): Weighted[] {
  return [...weights].sort((a, b) => b[1] - a[1] || a[0] - b[0])
    .slice(0, limit).map(([id, weight]) => ({ id, weight }));
}
