/**
 * An estimate as a chart with sliders, which answers "what if" without a kernel.
 *
 * The chart computes a formula in the reader's browser, the notebook computes the estimate with units.
 * Both must agree, so the formula is checked against the estimate where the assumptions stand and
 * with each slider at both of its ends; a miss is an error, not a chart that says something else.
 *
 * In a formula each name is the number of its assumption in the unit that it was declared in, and the
 * result is in the unit of the estimate.
 *
 * @example
 * ```ts
 * import { assertEquals, assertThrows } from "@std/assert";
 * import { quantity } from "lib/estimate/quantity.ts";
 * import { withRanges } from "lib/estimate/ranges.ts";
 * import { whatIf } from "lib/estimate/what_if.ts";
 *
 * const a = withRanges({ connections: quantity(50e6, "devices"), heartbeat: quantity(1.5, "s") }, {
 *   connections: { low: 1e3, high: 2e8 },
 *   heartbeat: { low: 0.25, high: 60 },
 * });
 * const beats = (values: typeof a) => values.connections.per(values.heartbeat).to("M/s");
 * const options = { x: "heartbeat", y: "beats into the gateways", title: "Beats fall as 1 / interval" };
 * const chart = whatIf(beats, a, { ...options, formula: "connections / heartbeat / 1e6" });
 * assertEquals((chart.params as unknown[]).length, 2);
 * assertThrows(
 *   () => whatIf(beats, a, { ...options, formula: "connections * heartbeat" }),
 *   RangeError,
 *   "formula must equal the estimate",
 * );
 * ```
 */
import type { Chart, ChartOptions } from "../show/chart/chart.ts";
import type { ScaleType } from "../show/chart/channel.ts";
import { compileFormula } from "../show/marks/formula.ts";
import { type Slider, sliders } from "../show/marks/sliders.ts";
import type { Quantity } from "./quantity.ts";
import { type Variation, type VariationOptions, variations } from "./ranges.ts";

/** What the chart shows; `names` are the sliders, all assumptions in the formula by default. */
export interface WhatIfOptions extends ChartOptions, VariationOptions {
  /** In Vega's language: arithmetic, `?:`, `pow`, `exp`, `log`, `sqrt`, `min`, `max`, `ceil`, `floor`, `abs`. */
  readonly formula: string;
  /** The assumption that the curve runs along. */
  readonly x: string;
  readonly xScale?: ScaleType;
  /** What the estimate is. */
  readonly y: string;
  readonly yScale?: ScaleType;
}

/** How far formula and estimate may differ, relatively: rounding, no more. */
const TOLERANCE = 1e-9;

/**
 * Returns the chart: the estimate along one assumption, with a slider for each of the others.
 *
 * Sliders go by a factor of four around each assumption, within its sane range, unless `by` says else.
 *
 * @throws {RangeError} When the formula does not equal the estimate, or a name has no range.
 */
export function whatIf<A extends object>(
  estimate: (assumptions: A) => Quantity,
  assumptions: A,
  { formula, x, y, xScale, yScale, by = 4, names, ...chart }: WhatIfOptions,
): Chart {
  const used = names ??
    variations(assumptions).map(({ name }) => name).filter((name) =>
      new RegExp(`(?<![\\w.])${name}\\b`).test(formula)
    );
  const varied = variations(assumptions, { by, names: [...new Set([x, ...used])] });
  check(estimate, assumptions, formula, varied);
  const [axis, ...others] = varied;
  const { unit } = estimate(assumptions);
  const start = varied.map(({ name, value }) => `${name} ${value}`).join(", ");
  return sliders({
    subtitle: `Sliders start at ${start}`,
    ...chart,
    x: {
      name: x,
      domain: [axis.low.value, axis.high.value],
      unit: axis.value.unit,
      value: axis.value.value,
      scale: xScale,
    },
    y: { title: y, unit, scale: yScale },
    params: Object.fromEntries(others.map((variation) => [variation.name, sliderOf(variation)])),
    curves: formula,
  });
}

function sliderOf({ value, low, high, whole }: Variation): Slider {
  const range = [low.value, high.value] as const;
  return { value: value.value, range, unit: value.unit, ...(whole && { step: 1 }) };
}

function check<A extends object>(
  estimate: (assumptions: A) => Quantity,
  assumptions: A,
  formula: string,
  varied: readonly Variation[],
): void {
  const compute = compileFormula(formula, varied.map(({ name }) => name));
  const { unit } = estimate(assumptions);
  const ends = varied.flatMap((variation) =>
    [variation.low, variation.high].map((end) => ({ name: variation.name, end }))
  );
  for (const { name, end } of [{ name: varied[0].name, end: varied[0].value }, ...ends]) {
    const expected = estimate({ ...assumptions, [name]: end }).in(unit);
    const got = compute(
      ...varied.map((variation) => (variation.name === name ? end : variation.value).value),
    );
    if (Math.abs(got - expected) <= TOLERANCE * Math.abs(expected)) continue;
    throw new RangeError(
      `Cannot chart what if: formula must equal the estimate, ${expected} ${unit} at ${name} = ${end}: received ${got}`,
    );
  }
}
