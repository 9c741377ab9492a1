/**
 * Finds the pairs that are alike without comparing all pairs: locality-sensitive hashing of MinHash signatures.
 *
 * A signature is cut into bands of some rows each. Two sets become candidates when at least one band is equal in all its
 * rows. With similarity s, b bands and r rows that has probability 1 − (1 − s^r)^b: an S-curve that is steep near
 * (1 / b)^(1 / r). More bands find more, more rows ask for more agreement.
 *
 * Simplified: a band is kept as a hash of 32 bits, so that one pair in four billion shares a bucket by chance; whoever
 * asks compares the candidates anyway.
 *
 * | operation | time | memory |
 * | --- | --- | --- |
 * | `add`, `remove` | O(bands × rows) | about 40 bytes a band and set |
 * | `query` | O(bands × rows + candidates) | |
 *
 * @example
 * ```ts
 * import { LshIndex } from "lib/structures/lsh.ts";
 * import { MinHash } from "lib/structures/minhash.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const minHash = new MinHash(100), index = new LshIndex({ bands: 20, rows: 5 });
 * index.add(7, minHash.signature([1, 2, 3, 4, 5, 6, 7, 8, 9]));
 * index.add(8, minHash.signature([21, 22, 23]));
 * assertEquals(index.query(minHash.signature([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])), [7]);
 * ```
 *
 * Source: Leskovec, Rajaraman, Ullman, Mining of Massive Datasets, 3rd edition, 3.4.
 *
 * @module
 */

export interface LshShape {
  bands: number;
  rows: number;
}

/** The probability that two sets of this similarity become candidates. */
export function candidateProbability(similarity: number, { bands, rows }: LshShape): number {
  return 1 - (1 - similarity ** rows) ** bands;
}

/** About the similarity where the S-curve is steepest. */
export function lshThreshold({ bands, rows }: LshShape): number {
  return (1 / bands) ** (1 / rows);
}

export class LshIndex {
  readonly bands: number;
  readonly rows: number;
  #buckets: Map<number, number[]>[];
  /** The bucket of each band, for removal. */
  #keys = new Map<number, Uint32Array>();

  constructor({ bands, rows }: LshShape) {
    for (const [name, value] of Object.entries({ bands, rows })) {
      if (!Number.isInteger(value) || value < 1) {
        throw new RangeError(
          `Cannot make index: ${name} must be a positive integer: received ${value}`,
        );
      }
    }
    this.bands = bands;
    this.rows = rows;
    this.#buckets = Array.from({ length: bands }, () => new Map());
  }

  get size(): number {
    return this.#keys.size;
  }

  /** Adds a set by its signature, in the place of an earlier one with this id. */
  add(id: number, signature: Uint32Array): void {
    const keys = this.#bandKeys(signature);
    this.remove(id);
    this.#keys.set(id, keys);
    for (let band = 0; band < this.bands; band++) {
      const bucket = this.#buckets[band].get(keys[band]);
      if (bucket === undefined) this.#buckets[band].set(keys[band], [id]);
      else bucket.push(id);
    }
  }

  remove(id: number): boolean {
    const keys = this.#keys.get(id);
    if (keys === undefined) return false;
    for (let band = 0; band < this.bands; band++) {
      const bucket = this.#buckets[band].get(keys[band])!;
      if (bucket.length === 1) this.#buckets[band].delete(keys[band]);
      else bucket.splice(bucket.indexOf(id), 1);
    }
    return this.#keys.delete(id);
  }

  /** The candidates, those that share the most bands first. */
  query(signature: Uint32Array): number[] {
    const keys = this.#bandKeys(signature), shared = new Map<number, number>();
    for (let band = 0; band < this.bands; band++) {
      for (const id of this.#buckets[band].get(keys[band]) ?? []) {
        shared.set(id, (shared.get(id) ?? 0) + 1);
      }
    }
    return [...shared].sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(([id]) => id);
  }

  #bandKeys(signature: Uint32Array): Uint32Array {
    if (signature.length !== this.bands * this.rows) {
      throw new RangeError(
        `Cannot cut signature: it must have ${this.bands} × ${this.rows} values: received ${signature.length}`,
      );
    }
    const keys = new Uint32Array(this.bands);
    for (let band = 0; band < this.bands; band++) {
      let hash = band;
      for (let row = 0; row < this.rows; row++) {
        hash = Math.imul(hash ^ signature[band * this.rows + row], 0x7feb352d);
        hash = hash >>> 15 ^ hash;
      }
      keys[band] = Math.imul(hash, 0x846ca68b) >>> 0;
    }
    return keys;
  }
}
