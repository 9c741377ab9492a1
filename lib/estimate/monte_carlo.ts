/**
 * How uncertain an estimate is when all its assumptions are: Monte Carlo over their ranges.
 *
 * Every assumption is drawn independently, the estimate computed, and the outcomes kept in order. The
 * default distribution is log-uniform where a variation spans a factor of three or more and stays
 * above zero, because "somewhere between 10 and 1,000" means the order of magnitude; else uniform.
 *
 * @example
 * ```ts
 * import { assert, assertEquals } from "@std/assert";
 * import { monteCarlo } from "lib/estimate/monte_carlo.ts";
 * import { quantity } from "lib/estimate/quantity.ts";
 * import { withRanges } from "lib/estimate/ranges.ts";
 *
 * const a = withRanges({ load: quantity(100, "requests/s"), service: quantity(5, "ms") }, {
 *   load: { low: 50, high: 200 },
 *   service: { low: 4, high: 6 },
 * });
 * let draw = 0;
 * const random = () => (draw += 0.618034) % 1; // a fixed sequence; notebooks use a seeded generator
 * const busy = monteCarlo(({ load, service }) => load.times(service), a, { random, by: "range" });
 * assertEquals(busy.samples.length, 10_000);
 * assert(busy.quantile(0.05).lessThan(busy.quantile(0.5)));
 * ```
 */
import { quantile } from "./quantile.ts";
import type { Quantity } from "./quantity.ts";
import { type Variation, type VariationOptions, variations } from "./ranges.ts";

/** Even over the range, even over its orders of magnitude, or peaked at the assumption's value. */
export type Distribution = "uniform" | "loguniform" | "triangular";

/** What is drawn, how often and from which generator. */
export interface MonteCarloOptions extends VariationOptions {
  /** A seeded generator of numbers from 0 to 1. */
  readonly random: () => number;
  /** Ten thousand unless given. */
  readonly samples?: number;
  /** By name; the others get the default. */
  readonly distributions?: Readonly<Record<string, Distribution>>;
}

/** The outcomes of all draws, in one unit. */
export interface Outcomes {
  readonly unit: string;
  /** In ascending order. */
  readonly samples: Float64Array;
  readonly mean: Quantity;
  readonly sd: number;
  /** The quantile at `p`, linear between samples. */
  quantile(p: number): Quantity;
  /** Share of the outcomes that exceed a limit. */
  exceeds(limit: Quantity): number;
}

/**
 * Draws all assumptions `samples` times and returns the outcomes.
 *
 * @throws {RangeError} When samples is not a whole number from 2, a name has no range, or a log-uniform
 * or triangular one cannot be drawn.
 */
export function monteCarlo<A extends object>(
  estimate: (assumptions: A) => Quantity,
  assumptions: A,
  { random, samples = 10_000, distributions = {}, ...options }: MonteCarloOptions,
): Outcomes {
  if (!Number.isInteger(samples) || samples < 2) {
    throw new RangeError(
      `Cannot draw samples: samples must be a whole number from 2: received ${samples}`,
    );
  }
  const varied = variations(assumptions, options);
  // Naming one that does not vary is a mistake that `variations` explains.
  variations(assumptions, { names: Object.keys(distributions) });
  const draws = varied.map((variation) => ({
    variation,
    draw: inverse(variation, distributions[variation.name] ?? usual(variation)),
  }));
  const base = estimate(assumptions);
  const outcomes = new Float64Array(samples);
  for (let i = 0; i < samples; i++) {
    const drawn: Record<string, Quantity> = {};
    for (const { variation, draw } of draws) {
      const value = draw(random());
      drawn[variation.name] = variation.value.withValue(
        variation.whole ? Math.round(value) : value,
      );
    }
    outcomes[i] = estimate({ ...assumptions, ...drawn }).in(base.unit);
  }
  return summary(outcomes.sort(), base);
}

function usual({ low, high }: Variation): Distribution {
  return low.value > 0 && high.value / low.value >= 3 ? "loguniform" : "uniform";
}

/** Returns the inverse of the distribution function, which turns an even number into a draw. */
function inverse(
  { name, low: { value: low }, high: { value: high }, value: { value: mode } }: Variation,
  distribution: Distribution,
): (u: number) => number {
  if (distribution === "uniform") return (u) => low + u * (high - low);
  if (distribution === "loguniform") {
    if (low > 0) return (u) => low * (high / low) ** u;
    throw new RangeError(
      `Cannot draw ${name} log-uniformly: range must be above 0: received ${low} to ${high}`,
    );
  }
  const peak = (mode - low) / (high - low);
  return (u) =>
    u < peak
      ? low + Math.sqrt(u * (high - low) * (mode - low))
      : high - Math.sqrt((1 - u) * (high - low) * (high - mode));
}

function summary(samples: Float64Array, base: Quantity): Outcomes {
  const mean = samples.reduce((a, b) => a + b, 0) / samples.length;
  const squares = samples.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  return {
    unit: base.unit,
    samples,
    mean: base.withValue(mean),
    sd: Math.sqrt(squares / (samples.length - 1)),
    quantile: (p) => base.withValue(quantile(samples, p, "R-7")),
    exceeds: (limit) => {
      const bound = limit.in(base.unit);
      return samples.reduce((count, x) => x > bound ? count + 1 : count, 0) / samples.length;
    },
  };
}
