/**
 * Distributions of times and sizes: service times, latencies, think times, payloads.
 *
 * A distribution is a sampler over a random stream, with the mean and variance that the formulas
 * of queueing theory ask for. Both are exact for the distribution, not measured.
 *
 * Simplified: `normal` can be negative, as the normal distribution is; the network counts a
 * negative latency as zero.
 *
 * @example
 * ```ts
 * import { exponential, mixture, deterministic } from "lib/sim/distribution.ts";
 * import { stream } from "lib/sim/random.ts";
 * import { assert, assertAlmostEquals } from "@std/assert";
 *
 * // One answer in a hundred takes a second instead of about ten milliseconds.
 * const latency = mixture([[0.99, exponential(0.01)], [0.01, deterministic(1)]]);
 * assertAlmostEquals(latency.mean, 0.0199);
 * assert(latency.sample(stream(1, "latency")) > 0);
 * ```
 */
import type { Random } from "./random.ts";

export interface Distribution {
  /** What it is, with its parameters, for tables and errors. */
  readonly name: string;
  readonly mean: number;
  /** `Infinity` for heavy tails. */
  readonly variance: number;
  sample(random: Random): number;
}

/** Squared coefficient of variation, variance / mean²: 0 is regular, 1 exponential. */
export function variability(distribution: Distribution): number {
  return distribution.variance / distribution.mean ** 2;
}

/** Always `value`. */
export function deterministic(value: number): Distribution {
  require("deterministic", "value", value, 0);
  return { name: `deterministic(${value})`, mean: value, variance: 0, sample: () => value };
}

/** Uniform from `low` to `high`. */
export function uniform(low: number, high: number): Distribution {
  require("uniform", "low", low, -Infinity);
  require("uniform", "high", high, low);
  return {
    name: `uniform(${low}, ${high})`,
    mean: (low + high) / 2,
    variance: (high - low) ** 2 / 12,
    sample: (random) => low + (high - low) * random(),
  };
}

/** Exponential with this mean: memoryless. */
export function exponential(mean: number): Distribution {
  require("exponential", "mean", mean, 0);
  return {
    name: `exponential(${mean})`,
    mean,
    variance: mean ** 2,
    sample: (random) => -Math.log(1 - random()) * mean,
  };
}

/** Sum of `stages` exponentials, together with this mean: between exponential and regular. */
export function erlang(stages: number, mean: number): Distribution {
  require("erlang", "stages", stages, 1);
  require("erlang", "mean", mean, 0);
  return {
    name: `erlang(${stages}, ${mean})`,
    mean,
    variance: mean ** 2 / stages,
    sample(random) {
      let product = 1;
      for (let i = 0; i < stages; i++) product *= 1 - random();
      return -Math.log(product) * (mean / stages);
    },
  };
}

/** Normal; negative values occur (Box and Muller). */
export function normal(mean: number, standardDeviation: number): Distribution {
  require("normal", "mean", mean, -Infinity);
  require("normal", "standardDeviation", standardDeviation, 0);
  return {
    name: `normal(${mean}, ${standardDeviation})`,
    mean,
    variance: standardDeviation ** 2,
    sample: (random) => mean + standardDeviation * standardNormal(random),
  };
}

/** Lognormal with this median and 99th percentile, as latencies are reported. */
export function lognormal(quantiles: { median: number; p99: number }): Distribution {
  const { median, p99 } = quantiles;
  require("lognormal", "median", median, Number.MIN_VALUE);
  require("lognormal", "p99", p99, median);
  const sigma = Math.log(p99 / median) / 2.3263478740408408; // the normal 99 % point
  return {
    name: `lognormal(median ${median}, p99 ${p99})`,
    mean: median * Math.exp(sigma ** 2 / 2),
    variance: median ** 2 * Math.exp(sigma ** 2) * Math.expm1(sigma ** 2),
    sample: (random) => median * Math.exp(sigma * standardNormal(random)),
  };
}

/** Pareto: P(X > x) = (minimum / x)^shape, cut off at `maximum` where one is given. */
export function pareto(shape: number, minimum: number, maximum = Infinity): Distribution {
  require("pareto", "shape", shape, Number.MIN_VALUE);
  require("pareto", "minimum", minimum, Number.MIN_VALUE);
  if (!(maximum > minimum)) {
    throw new RangeError(
      `Cannot create pareto: maximum must be above ${minimum}: received ${maximum}`,
    );
  }
  const cut = 1 - (minimum / maximum) ** shape;
  function moment(k: number): number {
    if (maximum === Infinity) return shape > k ? (shape * minimum ** k) / (shape - k) : Infinity;
    const scale = (shape * minimum ** shape) / cut;
    if (shape === k) return scale * Math.log(maximum / minimum);
    return (scale * (maximum ** (k - shape) - minimum ** (k - shape))) / (k - shape);
  }
  const mean = moment(1);
  return {
    name: `pareto(${shape}, ${minimum}${maximum < Infinity ? `, ${maximum}` : ""})`,
    mean,
    variance: moment(2) === Infinity ? Infinity : moment(2) - mean ** 2,
    sample: (random) => minimum * (1 - random() * cut) ** (-1 / shape),
  };
}

/** One of the measured `values`, each as likely. */
export function empirical(values: readonly number[]): Distribution {
  if (values.length === 0) {
    throw new RangeError("Cannot create empirical: values must not be empty: received []");
  }
  let mean = 0;
  for (const value of values) {
    require("empirical", "each value", value, -Infinity);
    mean += value / values.length;
  }
  let variance = 0;
  for (const value of values) variance += (value - mean) ** 2 / values.length;
  return {
    name: `empirical(${values.length} values)`,
    mean,
    variance,
    sample: (random) => values[Math.floor(random() * values.length)],
  };
}

/** `offset` plus a draw of `rest`: propagation plus jitter. */
export function shifted(offset: number, rest: Distribution): Distribution {
  require("shifted", "offset", offset, -Infinity);
  return {
    name: `${offset} + ${rest.name}`,
    mean: offset + rest.mean,
    variance: rest.variance,
    sample: (random) => offset + rest.sample(random),
  };
}

/** One of several distributions, chosen by weight. */
export function mixture(parts: readonly (readonly [weight: number, Distribution])[]): Distribution {
  let total = 0;
  for (const [weight] of parts) {
    require("mixture", "each weight", weight, 0);
    total += weight;
  }
  if (!(total > 0)) {
    throw new RangeError(
      `Cannot create mixture: weights must add up to more than 0: received ${total}`,
    );
  }
  let mean = 0;
  let square = 0;
  for (const [weight, part] of parts) {
    mean += (weight / total) * part.mean;
    square += (weight / total) * (part.variance + part.mean ** 2);
  }
  return {
    name: parts.map(([weight, part]) => `${weight} × ${part.name}`).join(" + "),
    mean,
    variance: square - mean ** 2,
    sample(random) {
      let rest = random() * total;
      for (const [weight, part] of parts) {
        rest -= weight;
        if (rest < 0) return part.sample(random);
      }
      return parts[parts.length - 1][1].sample(random);
    },
  };
}

function standardNormal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

function require(kind: string, name: string, value: number, least: number): void {
  if (value >= least && value < Infinity && value > -Infinity) return;
  const rule = least === -Infinity ? "finite" : `finite and ${least} or more`;
  throw new RangeError(`Cannot create ${kind}: ${name} must be ${rule}: received ${value}`);
}
