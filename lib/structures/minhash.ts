/**
 * How alike two sets are, from a signature of fixed size: MinHash.
 *
 * Under a random order of all elements, two sets have the same first element with a probability that is their Jaccard
 * similarity, |A ∩ B| / |A ∪ B|. A signature keeps the first element under each of some hundred orders; the share of
 * places where two signatures agree estimates the similarity, with standard deviation √(s(1 − s) / orders). An order is
 * a keyed mix of the element's 32 bits.
 *
 * Simplified: elements are 32-bit integers; hash longer names first (`murmur2.ts`).
 *
 * | operation | time | memory |
 * | --- | --- | --- |
 * | `signature` | O(elements × permutations) | 4 bytes a permutation |
 * | `estimate` | O(permutations) | |
 *
 * @example
 * ```ts
 * import { MinHash } from "lib/structures/minhash.ts";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const minHash = new MinHash(400);
 * const [a, b] = [[1, 2, 3, 4], [2, 3, 4, 5]].map((set) => minHash.signature(set));
 * assertAlmostEquals(minHash.estimate(a, b), 3 / 5, 0.1);
 * ```
 *
 * Source: Broder, "On the resemblance and containment of documents", SEQUENCES 1997; Leskovec, Rajaraman, Ullman, Mining
 * of Massive Datasets, 3rd edition, 3.3.
 *
 * @module
 */
export class MinHash {
  readonly permutations: number;
  #keys: Int32Array;

  /** Signatures compare only with those of the same count and seed. */
  constructor(permutations = 100, seed = 1) {
    if (!Number.isInteger(permutations) || permutations < 1) {
      throw new RangeError(
        `Cannot make MinHash: permutations must be a positive integer: received ${permutations}`,
      );
    }
    this.permutations = permutations;
    this.#keys = Int32Array.from(
      { length: permutations },
      (_, i) => mix(Math.imul(seed, 0x9e3779b1) + Math.imul(i + 1, 0x632be5ab) | 0),
    );
  }

  /**
   * The least hash of the set under each order.
   *
   * @throws {RangeError} for an empty set, which has no least element
   */
  signature(set: Iterable<number>): Uint32Array {
    const elements = Int32Array.from(set);
    if (elements.length === 0) {
      throw new RangeError("Cannot sign set: it must have an element: received none");
    }
    for (let e = 0; e < elements.length; e++) elements[e] = mix(elements[e]);
    const result = new Uint32Array(this.permutations), keys = this.#keys;
    for (let i = 0; i < result.length; i++) {
      const key = keys[i];
      let least = 0xffffffff;
      for (let e = 0; e < elements.length; e++) {
        let h = Math.imul(elements[e] ^ key, 0x7feb352d);
        h = Math.imul(h ^ h >>> 15, 0x846ca68b);
        h = (h ^ h >>> 16) >>> 0;
        if (h < least) least = h;
      }
      result[i] = least;
    }
    return result;
  }

  /** The estimated Jaccard similarity of the sets behind two signatures. */
  estimate(a: Uint32Array, b: Uint32Array): number {
    if (a.length !== this.permutations || b.length !== this.permutations) {
      throw new RangeError(
        `Cannot compare signatures: both must have ${this.permutations} values: received ${a.length} and ${b.length}`,
      );
    }
    let same = 0;
    for (let i = 0; i < a.length; i++) if (a[i] === b[i]) same++;
    return same / a.length;
  }
}

function mix(value: number): number {
  let h = Math.imul(value ^ value >>> 16, 0x21f0aaad);
  h = Math.imul(h ^ h >>> 15, 0x735a2d97);
  return h ^ h >>> 15;
}
