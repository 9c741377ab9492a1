/**
 * Embeddings from who engaged with what: alternating least squares on implicit feedback.
 *
 * Each person and each item gets a vector such that their product is near 1 where there was an engagement and near 0
 * elsewhere, the former counting `confidence` times more. With one side fixed, each vector of the other solves a small
 * linear system; the two sides take turns. The part of the system that all share, YᵀY, is computed once a turn.
 *
 * | operation | time | memory |
 * | --- | --- | --- |
 * | `factorise`, one turn | O(engagements × d² + (people + items) × d³) | 4 bytes × (people + items) × d |
 *
 * @example
 * ```ts
 * import { factorise } from "lib/systems/affinity/factorise.ts";
 * import { stream } from "lib/sim/random.ts";
 * import { assert } from "@std/assert";
 *
 * const sets = [[0, 1], [0, 1], [2, 3], [2, 3]];
 * const { people } = factorise(sets, 4, { dimensions: 2, random: stream(1) });
 * const dot = (a: number, b: number) => people[2 * a] * people[2 * b] + people[2 * a + 1] * people[2 * b + 1];
 * assert(dot(0, 1) > 5 * Math.abs(dot(0, 2)));
 * ```
 *
 * Source: Hu, Koren, Volinsky, "Collaborative filtering for implicit feedback datasets", ICDM 2008.
 *
 * @module
 */
export interface FactoriseOptions {
  dimensions: number;
  random: () => number;
  turns?: number;
  confidence?: number;
  penalty?: number;
}

export interface Factors {
  dimensions: number;
  /** `dimensions` numbers each. */
  people: Float32Array;
  items: Float32Array;
  /** The vector of somebody who engaged with these items. */
  foldIn(items: ArrayLike<number>): Float32Array;
}

export function factorise(
  sets: readonly ArrayLike<number>[],
  itemCount: number,
  options: FactoriseOptions,
): Factors {
  const { dimensions: d, random, turns = 4, confidence = 20, penalty = 0.1 } = options;
  const people = new Float32Array(sets.length * d);
  const items = Float32Array.from({ length: itemCount * d }, () => (random() - 0.5) / Math.sqrt(d));
  const counts = new Int32Array(itemCount + 1);
  for (const set of sets) for (let i = 0; i < set.length; i++) counts[set[i] + 1]++;
  for (let item = 0; item < itemCount; item++) counts[item + 1] += counts[item];
  const fans = new Int32Array(counts[itemCount]), next = counts.slice();
  sets.forEach((set, person) => {
    for (let i = 0; i < set.length; i++) fans[next[set[i]]++] = person;
  });
  const solver = new Solver(d, confidence, penalty);
  for (let turn = 0; turn < turns; turn++) {
    solver.fix(items);
    sets.forEach((set, person) => people.set(solver.solve(set), person * d));
    solver.fix(people);
    for (let item = 0; item < itemCount; item++) {
      items.set(solver.solve(fans.subarray(counts[item], counts[item + 1])), item * d);
    }
  }
  solver.fix(items);
  sets.forEach((set, person) => people.set(solver.solve(set), person * d));
  return { dimensions: d, people, items, foldIn: (set) => Float32Array.from(solver.solve(set)) };
}

/** Solves (YᵀY + confidence · Σ y yᵀ + penalty) x = (1 + confidence) Σ y over the rows that were engaged with. */
class Solver {
  #shared: Float64Array;
  #matrix: Float64Array;
  #x: Float64Array;
  #rows: Float32Array = new Float32Array();

  constructor(readonly d: number, readonly confidence: number, readonly penalty: number) {
    this.#shared = new Float64Array(d * d);
    this.#matrix = new Float64Array(d * d);
    this.#x = new Float64Array(d);
  }

  fix(rows: Float32Array): void {
    const { d } = this, shared = this.#shared;
    this.#rows = rows;
    shared.fill(0);
    for (let at = 0; at < rows.length; at += d) this.#addSquare(shared, at, 1);
    for (let i = 0; i < d; i++) shared[i * d + i] += this.penalty;
  }

  solve(set: ArrayLike<number>): Float64Array {
    const { d } = this, a = this.#matrix, x = this.#x;
    a.set(this.#shared);
    x.fill(0);
    for (let n = 0; n < set.length; n++) {
      const at = set[n] * d;
      this.#addSquare(a, at, this.confidence);
      for (let i = 0; i < d; i++) x[i] += (1 + this.confidence) * this.#rows[at + i];
    }
    // Cholesky in the lower half, then both triangles.
    for (let i = 0; i < d; i++) {
      for (let j = 0; j <= i; j++) {
        let value = a[i * d + j];
        for (let k = 0; k < j; k++) value -= a[i * d + k] * a[j * d + k];
        a[i * d + j] = i === j ? Math.sqrt(value) : value / a[j * d + j];
      }
      for (let k = 0; k < i; k++) x[i] -= a[i * d + k] * x[k];
      x[i] /= a[i * d + i];
    }
    for (let i = d - 1; i >= 0; i--) {
      for (let k = i + 1; k < d; k++) x[i] -= a[k * d + i] * x[k];
      x[i] /= a[i * d + i];
    }
    return x;
  }

  /** Adds weight · y yᵀ, lower half. */
  #addSquare(into: Float64Array, at: number, weight: number): void {
    const { d } = this, rows = this.#rows;
    for (let i = 0; i < d; i++) {
      const value = weight * rows[at + i];
      for (let j = 0; j <= i; j++) into[i * d + j] += value * rows[at + j];
    }
  }
}
