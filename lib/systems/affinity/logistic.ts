/**
 * A logistic ranker that can say why: each feature's contribution adds up to the score.
 *
 * Features are scaled to mean 0 and deviation 1, and weights learned by stochastic gradient descent. The score is
 * bias + Σ weight × scaled value, so that the terms of the sum explain it without a remainder.
 *
 * Simplified: no crossed features. What they would gain is a question to measure, and they cost the exact explanation.
 *
 * @example
 * ```ts
 * import { LogisticModel } from "lib/systems/affinity/logistic.ts";
 * import { stream } from "lib/sim/random.ts";
 * import { assert } from "@std/assert";
 *
 * const rows = [[0, 1], [1, 1], [2, 1], [3, 1]], labels = [0, 0, 1, 1];
 * const model = LogisticModel.train(rows, labels, { names: ["x", "one"], random: stream(1), rounds: 200 });
 * assert(model.score([3, 1]) > 0 && model.score([0, 1]) < 0);
 * ```
 *
 * Source: Bottou, "Stochastic gradient descent tricks", 2012.
 *
 * @module
 */
export interface Contribution {
  feature: string;
  contribution: number;
}

export interface TrainOptions {
  names: readonly string[];
  random: () => number;
  rounds?: number;
  rate?: number;
  penalty?: number;
}

export class LogisticModel {
  constructor(
    readonly names: readonly string[],
    readonly bias: number,
    readonly weights: readonly number[],
    readonly means: readonly number[],
    readonly deviations: readonly number[],
  ) {
    if (![weights, means, deviations].every((list) => list.length === names.length)) {
      throw new RangeError(
        `Cannot make model: there must be a weight, mean and deviation for each of ${names.length} features: ` +
          `received ${weights.length}, ${means.length}, ${deviations.length}`,
      );
    }
  }

  static train(
    rows: readonly (readonly number[])[],
    labels: readonly number[],
    { names, random, rounds = 8, rate = 0.05, penalty = 1e-5 }: TrainOptions,
  ): LogisticModel {
    const mean = (at: number) => rows.reduce((sum, row) => sum + row[at], 0) / rows.length;
    const means = names.map((_, at) => mean(at));
    const deviations = means.map((centre, at) =>
      Math.sqrt(rows.reduce((sum, row) => sum + (row[at] - centre) ** 2, 0) / rows.length) || 1
    );
    const weights = names.map(() => 0);
    let bias = 0;
    for (let step = 0; step < rounds * rows.length; step++) {
      const n = Math.floor(random() * rows.length), row = rows[n];
      let score = bias;
      for (let i = 0; i < weights.length; i++) {
        score += weights[i] * (row[i] - means[i]) / deviations[i];
      }
      const pace = rate / (1 + step / rows.length), error = labels[n] - 1 / (1 + Math.exp(-score));
      bias += pace * error;
      for (let i = 0; i < weights.length; i++) {
        weights[i] += pace * (error * (row[i] - means[i]) / deviations[i] - penalty * weights[i]);
      }
    }
    return new LogisticModel(names, bias, weights, means, deviations);
  }

  /** The log odds. */
  score(row: ArrayLike<number>): number {
    this.#check(row);
    let score = this.bias;
    for (let i = 0; i < this.weights.length; i++) score += this.#term(row, i);
    return score;
  }

  /** What each feature adds, largest first; with the bias they add up to the score. */
  explain(row: ArrayLike<number>): Contribution[] {
    this.#check(row);
    return this.names.map((feature, i) => ({ feature, contribution: this.#term(row, i) }))
      .sort((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution));
  }

  #term(row: ArrayLike<number>, i: number): number {
    return this.weights[i] * (row[i] - this.means[i]) / this.deviations[i];
  }

  #check(row: ArrayLike<number>): void {
    if (row.length !== this.names.length) {
      throw new RangeError(
        `Cannot score: a row must have ${this.names.length} features (${this.names}): received ${row.length}`,
      );
    }
  }
}
