/**
 * The best candidates of a search, nearest first, a double each.
 *
 * A distance in single precision leaves the low 29 bits of a double at zero. They take the slot and whether it was
 * expanded, so that to sort the doubles is to sort the candidates, and one array moves where there would be three. A new
 * candidate goes in from the end: a search holds some dozens, and most of the new ones belong far back.
 *
 * | operation | time | memory |
 * | --- | --- | --- |
 * | `insert` | O(candidates), a few on average | 8 bytes a candidate |
 *
 * @example
 * ```ts
 * import { CandidatePool } from "lib/structures/candidate_pool.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const pool = new CandidatePool(8);
 * [0.5, 0.25, 0.75].forEach((distance, slot) => pool.insert(0, slot, distance, slot));
 * assertEquals([0, 1, 2].map((at) => pool.slot(at)), [1, 0, 2]);
 * ```
 *
 * @module
 */

/** The bits of a slot, once the mark has been shifted out. */
const SLOT = 2 ** 28 - 1;

export class CandidatePool {
  /** Distances, with slot and mark in their low bits. */
  readonly keys: Float64Array;
  /** The low half of each key: bit 0 is set when expanded, the 28 above are the slot. */
  readonly bits: Uint32Array;

  constructor(readonly capacity: number) {
    this.keys = new Float64Array(capacity);
    this.bits = new Uint32Array(this.keys.buffer);
  }

  slot(at: number): number {
    return this.bits[2 * at] >>> 1 & SLOT;
  }

  distance(at: number): number {
    return Math.fround(this.keys[at]);
  }

  /** Puts a candidate into its place of the sorted range from `start` to before `end`; returns the place. */
  insert(start: number, end: number, distance: number, slot: number): number {
    const keys = this.keys, key = distance > 0 ? Math.fround(distance) : 0;
    let place = end;
    while (place > start && keys[place - 1] > key) {
      keys[place] = keys[place - 1];
      place--;
    }
    keys[place] = key;
    this.bits[2 * place] |= slot << 1;
    return place;
  }
}
