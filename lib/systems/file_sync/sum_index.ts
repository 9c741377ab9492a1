/**
 * Finds blocks by their weak sum: a table in typed arrays, with a bitmap in front that answers most misses.
 *
 * @module
 */

/** Fibonacci hashing: the topmost bits of a product. */
function slotOf(sum: number, shift: number): number {
  return Math.imul(sum, 0x9e3779b1) >>> shift;
}

/** The blocks of one file; several may have the same sum. */
export class SumIndex {
  readonly #sums: Uint32Array;
  readonly #heads: Int32Array;
  readonly #next: Int32Array;
  readonly #seen: Uint8Array;
  readonly #shift: number;
  readonly #seenShift: number;

  /** `sums[i]` is the weak sum of block `i`. */
  constructor(sums: Uint32Array) {
    const bits = Math.min(24, Math.max(8, Math.ceil(Math.log2(2 * sums.length + 1))));
    this.#sums = sums;
    this.#shift = 32 - bits;
    this.#heads = new Int32Array(1 << bits).fill(-1);
    this.#next = new Int32Array(sums.length);
    // Eight bits a slot of the table.
    this.#seenShift = 32 - Math.min(27, bits + 3);
    this.#seen = new Uint8Array(1 << (29 - this.#seenShift));
    // Backwards, so that the first of several is found first.
    for (let block = sums.length - 1; block >= 0; block--) {
      const slot = slotOf(sums[block], this.#shift);
      this.#next[block] = this.#heads[slot];
      this.#heads[slot] = block;
      const bit = slotOf(sums[block], this.#seenShift);
      this.#seen[bit >>> 3] |= 1 << (bit & 7);
    }
  }

  /** False when no block has the sum; true when one probably has. */
  mayHave(sum: number): boolean {
    const bit = slotOf(sum, this.#seenShift);
    return (this.#seen[bit >>> 3] & (1 << (bit & 7))) !== 0;
  }

  /** The first block after `after` with the sum, or -1. */
  find(sum: number, after = -1): number {
    let block = after < 0 ? this.#heads[slotOf(sum, this.#shift)] : this.#next[after];
    while (block >= 0 && this.#sums[block] !== sum) block = this.#next[block];
    return block;
  }
}
