/**
 * Where a set of assumptions keeps its sane ranges, so that estimates can be varied over them.
 *
 * `assume()` attaches the ranges; `sensitivity()` and `monteCarlo()` vary the values in them, either
 * over the whole range or by a factor around the value, which the range then cuts off.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { quantity } from "lib/estimate/quantity.ts";
 * import { variations, withRanges } from "lib/estimate/ranges.ts";
 *
 * const values = { heartbeat: quantity(1.5, "s"), loss: quantity(20, "%") };
 * const a = withRanges(values, {
 *   heartbeat: { low: 0.25, high: 60 },
 *   loss: { low: 0, high: 30 },
 * });
 * const spans = variations(a, { by: 2 });
 * assertEquals(`${spans[0].low} to ${spans[0].high}`, "750 ms to 3 s");
 * assertEquals(`${spans[1].low} to ${spans[1].high}`, "10 % to 30 %");
 * ```
 */
import { nearest } from "./nearest.ts";
import type { Quantity } from "./quantity.ts";

/** The smallest and the largest sane value, in the unit of the value. */
export interface Range {
  readonly low: number;
  readonly high: number;
  /** Only whole numbers make sense. */
  readonly whole?: boolean;
}

/** How far to vary, and what. */
export interface VariationOptions {
  /** A factor above 1 to divide and multiply each value by (2 by default), or its whole range. */
  readonly by?: number | "range";
  /** The names to vary; all that are quantities with a range by default. */
  readonly names?: readonly string[];
}

/** One assumption, the two ends between which it varies, and whether only whole numbers make sense. */
export interface Variation {
  readonly name: string;
  readonly value: Quantity;
  readonly low: Quantity;
  readonly high: Quantity;
  readonly whole: boolean;
}

const RANGES = Symbol("ranges");

/** Attaches ranges to the values of the same names. */
export function withRanges<A extends Record<string, unknown>>(
  values: A,
  ranges: Record<string, Range>,
): A {
  return Object.assign(values, { [RANGES]: ranges });
}

/**
 * Returns the ends between which each value varies.
 *
 * @throws {RangeError} When a name is not among the values with a range, or the factor is not above 1.
 */
export function variations(values: object, { by = 2, names }: VariationOptions = {}): Variation[] {
  if (by !== "range" && !(by > 1 && by < Infinity)) {
    throw new RangeError(`Cannot vary assumptions: by must be above 1 or "range": received ${by}`);
  }
  const ranges = (values as { [RANGES]?: Record<string, Range> })[RANGES] ?? {};
  const known = Object.keys(ranges);
  for (const name of names ?? []) {
    if (known.includes(name)) continue;
    const way = nearest(name, known).join(" or ") || known.join(", ") || "none";
    throw new RangeError(
      `Cannot vary assumptions: name must be one with a range: received "${name}"; there is ${way}`,
    );
  }
  return (names ?? known).map((name) => {
    const value = (values as Record<string, Quantity>)[name];
    const [low, high] = ends(value.value, ranges[name], by);
    const whole = ranges[name].whole ?? false;
    return { name, value, low: value.withValue(low), high: value.withValue(high), whole };
  });
}

function ends(value: number, { low, high, whole }: Range, by: number | "range"): [number, number] {
  if (by === "range" || value <= 0) return [low, high];
  const [down, up] = [Math.max(low, value / by), Math.min(high, value * by)];
  return whole ? [Math.ceil(down), Math.floor(up)] : [down, up];
}
