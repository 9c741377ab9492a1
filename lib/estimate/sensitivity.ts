/**
 * Which assumption moves an estimate most.
 *
 * Each assumption goes to both ends of its variation while the others stay, and the rows come back
 * with the largest swing first, in numbers of one unit: what the tornado chart takes.
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
 * const { base, unit, rows } = sensitivity((a) => a.connections.per(a.heartbeat).to("M/s"), a);
 * assertEquals([base.toFixed(1), unit], ["33.3", "M/s"]);
 * assertEquals(rows.map((row) => [row.name, row.lowLabel, row.low.toFixed(1), row.high.toFixed(1)]), [
 *   ["heartbeat", "750 ms", "66.7", "16.7"],
 *   ["connections", "25 M devices", "16.7", "40.0"],
 * ]);
 * // show(tornado(rows, { name: "name", low: "low", high: "high", base, value: { title: "beats", unit }, … }))
 * ```
 */
import type { Quantity } from "./quantity.ts";
import { type VariationOptions, variations } from "./ranges.ts";

/** What one assumption does to the estimate. */
export interface SensitivityRow {
  readonly name: string;
  /** The estimate with the assumption at its low end. */
  readonly low: number;
  /** The estimate with the assumption at its high end. */
  readonly high: number;
  /** The low end itself, such as `750 ms`. */
  readonly lowLabel: string;
  readonly highLabel: string;
  /** Distance between the extremes of `low`, `high` and the estimate as it stands. */
  readonly swing: number;
}

/** The estimate as it stands, and what each assumption does to it; all numbers are in `unit`. */
export interface Sensitivity {
  readonly base: number;
  readonly unit: string;
  readonly rows: SensitivityRow[];
}

/**
 * Varies the assumptions one at a time, and returns the largest swing first, in the unit that the
 * estimate comes in; assumptions that do not move it are left out.
 *
 * @throws {RangeError} When the estimate fails at an end, such as an unstable queue; the message names it.
 */
export function sensitivity<A extends object>(
  estimate: (assumptions: A) => Quantity,
  assumptions: A,
  options: VariationOptions = {},
): Sensitivity {
  const { value: base, unit } = estimate(assumptions);
  const rows = variations(assumptions, options).map(({ name, low: from, high: to }) => {
    const at = (end: Quantity) => estimateAt(estimate, assumptions, name, end).in(unit);
    const [low, high] = [at(from), at(to)];
    const swing = Math.max(low, base, high) - Math.min(low, base, high);
    return { name, low, high, lowLabel: `${from}`, highLabel: `${to}`, swing };
  });
  const moving = rows.filter(({ swing }) => swing > 0);
  return { base, unit, rows: moving.sort((a, b) => b.swing - a.swing) };
}

function estimateAt<A extends object>(
  estimate: (assumptions: A) => Quantity,
  assumptions: A,
  name: string,
  value: Quantity,
): Quantity {
  try {
    return estimate({ ...assumptions, [name]: value });
  } catch (cause) {
    throw new RangeError(
      `Cannot vary ${name} to ${value}: ${(cause as Error).message}; leave it out of options.names`,
      { cause },
    );
  }
}
