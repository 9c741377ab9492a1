/**
 * Where a set of assumptions keeps its sane ranges, so that estimates can be varied over them.
 *
 * `assume()` puts the ranges under the symbol; `sensitivity()` and `monteCarlo()` read them there.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { quantity } from "lib/estimate/quantity.ts";
 * import { rangesOf, withRanges } from "lib/estimate/ranges.ts";
 *
 * const beats = withRanges({ heartbeat: quantity(1.5, "s") }, { heartbeat: [0.25, 60] });
 * assertEquals(rangesOf(beats).heartbeat.map(String), ["250 ms", "60 s"]);
 * ```
 */
import { Quantity } from "./quantity.ts";

const RANGES = Symbol("ranges");

/** Attaches ranges, each in the unit of the value of the same name. */
export function withRanges<A extends Record<string, unknown>>(
  values: A,
  ranges: Record<string, readonly [number, number]>,
): A {
  return Object.assign(values, { [RANGES]: ranges });
}

/** Returns the ranges of all numeric values, as quantities. */
export function rangesOf(values: Record<string, unknown>): Record<string, [Quantity, Quantity]> {
  const ranges = (values as { [RANGES]?: Record<string, [number, number]> })[RANGES] ?? {};
  const quantities: Record<string, [Quantity, Quantity]> = {};
  for (const [name, [low, high]] of Object.entries(ranges)) {
    const value = values[name];
    if (value instanceof Quantity) {
      quantities[name] = [value.withValue(low), value.withValue(high)];
    }
  }
  return quantities;
}
