/**
 * How sure a simulated mean is: batch means within one run, replications over several.
 *
 * Waiting times one after the other are alike, so that the textbook standard error is far too
 * small. `BatchMeans` averages long batches, which are nearly independent of each other, and takes
 * the error from those: between 32 and 63 batches, whose length doubles as the run goes on, in
 * constant memory. `replications` runs the model once a seed.
 *
 * Simplified: no test that batches are long enough; a run of a few hundred times the model's memory
 * (1 / (1 - load)² services for a queue) is.
 *
 * @example
 * ```ts
 * import { replications } from "lib/sim/interval.ts";
 * import { stream } from "lib/sim/random.ts";
 * import { assert } from "@std/assert";
 *
 * const coin = replications(30, (seed) => Math.round(stream(seed)()));
 * assert(coin.low < 0.5 && 0.5 < coin.high);
 * ```
 *
 * Source: Law, Simulation Modeling and Analysis, 5th ed., section 9.5.
 */

/** A mean with its uncertainty. */
export interface Estimate {
  readonly mean: number;
  readonly standardError: number;
  /** Bounds of the 95 % confidence interval. */
  readonly low: number;
  readonly high: number;
  /** Values that went in. */
  readonly count: number;
  /** Batches or runs that the error is taken from. */
  readonly groups: number;
}

const MAX_BATCHES = 64;

/** Mean and error of a sequence of values that depend on each other. */
export class BatchMeans {
  #batches = new Float64Array(MAX_BATCHES); // sums of full batches
  #full = 0;
  #length = 1; // values a batch
  #filled = 0; // values in the batch that is being filled
  #open = 0;
  #sum = 0;
  #count = 0;

  add(value: number): void {
    this.#sum += value;
    this.#count++;
    this.#open += value;
    if (++this.#filled < this.#length) return;
    this.#batches[this.#full++] = this.#open;
    this.#open = this.#filled = 0;
    if (this.#full === MAX_BATCHES) this.#double();
  }

  /** The estimate so far; the mean is that of all values. */
  estimate(): Estimate {
    const means = this.#batches.subarray(0, this.#full).map((sum) => sum / this.#length);
    return { ...estimate([...means]), mean: this.#sum / this.#count, count: this.#count };
  }

  #double(): void {
    this.#full /= 2;
    this.#length *= 2;
    for (let i = 0; i < this.#full; i++) {
      this.#batches[i] = this.#batches[2 * i] + this.#batches[2 * i + 1];
    }
  }
}

/** Runs a model with seeds 1 to `runs`, and estimates the mean of what it returns. */
export function replications(runs: number, model: (seed: number) => number): Estimate {
  if (!(Number.isInteger(runs) && runs >= 2)) {
    throw new RangeError(`Cannot replicate: runs must be an integer above 1: received ${runs}`);
  }
  return estimate(Array.from({ length: runs }, (_, i) => model(i + 1)));
}

/** The mean of independent values; with fewer than two of them the error is infinite. */
export function estimate(values: readonly number[]): Estimate {
  const count = values.length;
  let mean = 0;
  for (const value of values) mean += value / count;
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  const standardError = count > 1 ? Math.sqrt(squares / (count - 1) / count) : Infinity;
  const reach = count > 1 ? studentT(count - 1) * standardError : Infinity;
  return { mean, standardError, low: mean - reach, high: mean + reach, count, groups: count };
}

/**
 * The 97.5 % point of Student's t distribution, to 0.1 % (Cornish and Fisher; exact below 3).
 *
 * Source: Abramowitz and Stegun, 26.7.5.
 */
export function studentT(degrees: number): number {
  if (degrees === 1) return 12.706204736;
  if (degrees === 2) return 4.30265273;
  const z = 1.959963984540054;
  const [z3, z5, z7, z9] = [3, 5, 7, 9].map((power) => z ** power);
  return z + (z3 + z) / (4 * degrees) + (5 * z5 + 16 * z3 + 3 * z) / (96 * degrees ** 2) +
    (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / (384 * degrees ** 3) +
    (79 * z9 + 776 * z7 + 1482 * z5 - 1920 * z3 - 945 * z) / (92160 * degrees ** 4);
}
