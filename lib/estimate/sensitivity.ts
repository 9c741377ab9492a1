/**
 * Which assumption moves an estimate most.
 *
 * Each assumption goes to both ends of its variation while the others stay, and the rows come back with the largest
 * swing first: what a tornado chart shows.
 *
 * Simplified: one at a time, so interactions do not show; `monte_carlo.ts` varies all at once.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { quantity } from "lib/estimate/quantity.ts";
 * import { withRanges } from "lib/estimate/ranges.ts";
 * import { sensitivity } from "lib/estimate/sensitivity.ts";
 *
 * const a = withRanges(
 *   { connections: quantity(50e6, "devices"), heartbeat: quantity(1.5, "s") },
 *   { connections: { low: 1e3, high: 60e6 }, heartbeat: { low: 0.25, high: 60 } },
 * );
 * const { rows } = sensitivity(({ connections, heartbeat }) => connections.per(heartbeat), a);
 * assertEquals(rows.map((row) => `${row.name}: ${row.atLow} to ${row.atHigh}`), [
 *   "heartbeat: 66.7 M devices/s to 16.7 M devices/s",
 *   "connections: 16.7 M devices/s to 40 M devices/s",
 * ]);
 * ```
 */
import type { Quantity } from "./quantity.ts";
import { type Variation, type VariationOptions, variations } from "./ranges.ts";

/** What one assumption does to the estimate; all estimates are in the unit of the base. */
export interface SensitivityRow extends Variation {
  readonly atLow: Quantity;
  readonly atHigh: Quantity;
  /** Distance between the extremes of the three, in the unit of the base. */
  readonly swing: number;
}

/** The estimate as it stands, and what each assumption does to it. */
export interface Sensitivity {
  readonly base: Quantity;
  readonly rows: SensitivityRow[];
}

/**
 * Varies the assumptions one at a time, and returns the largest swing first.
 *
 * @throws {RangeError} When the estimate fails at an end, such as an unstable queue; the message names it.
 */
export function sensitivity<A extends object>(
  estimate: (assumptions: A) => Quantity,
  assumptions: A,
  options: VariationOptions = {},
): Sensitivity {
  const base = estimate(assumptions);
  const rows = variations(assumptions, options).map((variation) => {
    const at = (end: Quantity) => estimateAt(estimate, assumptions, base, variation.name, end);
    const [atLow, atHigh] = [at(variation.low), at(variation.high)];
    const values = [atLow.value, base.value, atHigh.value];
    return { ...variation, atLow, atHigh, swing: Math.max(...values) - Math.min(...values) };
  });
  return { base, rows: rows.sort((a, b) => b.swing - a.swing) };
}

function estimateAt<A extends object>(
  estimate: (assumptions: A) => Quantity,
  assumptions: A,
  base: Quantity,
  name: string,
  value: Quantity,
): Quantity {
  try {
    const moved = estimate({ ...assumptions, [name]: value });
    return base.withValue(moved.in(base.unit));
  } catch (cause) {
    throw new RangeError(
      `Cannot vary ${name} to ${value}: ${
        (cause as Error).message
      }; name the others in options.names`,
      { cause },
    );
  }
}
