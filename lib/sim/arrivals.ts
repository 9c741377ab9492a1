/**
 * When requests come: arrival processes.
 *
 * An arrival process is started with a random stream; what it returns tells, for the present time,
 * the seconds to the next arrival. Rates are per second. A rate that changes with time
 * (`varying`, and with it `diurnal` and `flashCrowd`) is drawn by thinning: candidates come at the
 * highest rate, and each stays with probability rate / highest.
 *
 * @example
 * ```ts
 * import { arrive, poisson } from "lib/sim/arrivals.ts";
 * import { Simulation } from "lib/sim/simulation.ts";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const sim = new Simulation({ seed: 1 });
 * let count = 0;
 * arrive(sim, poisson(50), () => count++);
 * sim.run({ until: 1000 });
 * assertAlmostEquals(count, 50_000, 3 * Math.sqrt(50_000));
 * ```
 *
 * Source: Lewis and Shedler, "Simulation of nonhomogeneous Poisson processes by thinning", Naval
 * Research Logistics Quarterly 26, 1979.
 */
import type { Random } from "./random.ts";
import type { Simulation } from "./simulation.ts";

/** Starts an arrival process: the result gives the seconds from `now` to the next arrival. */
export type Arrivals = (random: Random) => (now: number) => number;

/** At equal distances. */
export function constant(rate: number): Arrivals {
  check("constant", "rate", rate);
  return () => () => 1 / rate;
}

/** Each independent of all others, as from very many clients. */
export function poisson(rate: number): Arrivals {
  check("poisson", "rate", rate);
  return (random) => () => -Math.log(1 - random()) / rate;
}

/**
 * Bursts: a Poisson process that switches between two rates (a Markov-modulated one). It is `peak`
 * times as fast for `burst` seconds in the mean, `share` of all time; `rate` is the overall mean.
 */
export function bursty(
  options: { rate: number; peak: number; burst: number; share: number },
): Arrivals {
  const { rate, peak, burst, share } = options;
  for (const [name, value] of Object.entries(options)) check("bursty", name, value);
  if (!(share < 1)) {
    throw new RangeError(`Cannot create bursty: share must be below 1: received ${share}`);
  }
  const calm = rate / (1 + share * (peak - 1));
  const quiet = burst * (1 - share) / share;
  return (random) => {
    let fast = random() >= share; // switches at the first arrival
    let change = -Infinity;
    return (now) => {
      if (change === -Infinity) change = now;
      for (let at = now;;) {
        const next = at + exponential(random, 1 / (fast ? calm * peak : calm));
        if (next <= change) return next - now;
        at = change;
        fast = !fast;
        change += exponential(random, fast ? burst : quiet);
      }
    };
  };
}

/** Poisson with a rate that changes over time and never exceeds `highest`. */
export function varying(rateAt: (now: number) => number, highest: number): Arrivals {
  check("varying", "highest", highest);
  return (random) => (now) => {
    for (let at = now;;) {
      at += exponential(random, 1 / highest);
      const rate = rateAt(at);
      if (!(rate >= 0 && rate <= highest * (1 + 1e-12))) {
        throw new RangeError(
          `Cannot draw arrival: rate at ${at} s must be between 0 and ${highest}: received ${rate}`,
        );
      }
      if (random() * highest < rate) return at - now;
    }
  };
}

/** A day: a sine around `mean` whose top is `peak` times the mean; the top is at `peakAt` seconds. */
export function diurnal(
  options: { mean: number; peak: number; peakAt?: number; period?: number },
): Arrivals {
  const { mean, peak, peakAt = 0, period = 86_400 } = options;
  check("diurnal", "mean", mean);
  check("diurnal", "period", period);
  if (!(peak >= 1 && peak <= 2)) {
    throw new RangeError(
      `Cannot create diurnal: peak must be between 1 and 2 times the mean: received ${peak}`,
    );
  }
  const wave = (now: number) => Math.cos(2 * Math.PI * (now - peakAt) / period);
  return varying((now) => mean * (1 + (peak - 1) * wave(now)), mean * peak);
}

/** A flash crowd: from `base` up to `peak` within `rise` seconds from `at` on, then decaying. */
export function flashCrowd(
  options: { base: number; peak: number; at: number; rise: number; decay: number },
): Arrivals {
  const { base, peak, at, rise, decay } = options;
  for (const name of ["base", "peak", "rise", "decay"] as const) {
    check("flashCrowd", name, options[name]);
  }
  if (!(peak >= base)) {
    throw new RangeError(
      `Cannot create flashCrowd: peak must be ${base}, the base, or more: received ${peak}`,
    );
  }
  return varying((now) => {
    if (now < at) return base;
    const height = Math.min(1, (now - at) / rise) * Math.exp(-Math.max(0, now - at - rise) / decay);
    return base + (peak - base) * height;
  }, peak);
}

/** At the given times, s, ascending; then never again. */
export function atTimes(times: readonly number[]): Arrivals {
  times.forEach((time, i) => {
    if (!(time >= (times[i - 1] ?? 0))) {
      throw new RangeError(
        `Cannot replay: times must ascend from 0: received ${time} after ${times[i - 1] ?? 0}`,
      );
    }
  });
  return () => {
    let next = 0;
    return (now) => next < times.length ? times[next++] - now : Infinity;
  };
}

/** Calls `onArrival` with 0, 1, 2 … at each arrival, for as long as the simulation runs. */
export function arrive(
  sim: Simulation,
  arrivals: Arrivals,
  onArrival: (index: number) => void,
  options: { name?: string; count?: number } = {},
): void {
  const { name = "arrivals", count = Infinity } = options;
  const gap = arrivals(sim.random(name));
  let index = -1;
  function next(): void {
    if (index + 1 >= count) return;
    const seconds = gap(sim.now);
    if (seconds < Infinity) sim.schedule(Math.max(0, seconds), step);
  }
  function step(): void {
    index++;
    next();
    onArrival(index);
  }
  next();
}

function exponential(random: Random, mean: number): number {
  return -Math.log(1 - random()) * mean;
}

function check(kind: string, name: string, value: number): void {
  if (value > 0 && value < Infinity) return;
  throw new RangeError(
    `Cannot create ${kind}: ${name} must be finite and above 0: received ${value}`,
  );
}
