/**
 * Which objects are in which cell: a list for every key, in arrays, at 12 bytes an object.
 *
 * The objects of a cell are a doubly linked list through two arrays, so that one leaves without a search. A hash table
 * of open addresses leads from a key to the first of its list; it doubles when half of it is taken.
 *
 * Simplified: ids are 0 … capacity - 1, each in one cell at most. Keys whose lists ran empty are kept until the table
 * grows, since traffic comes back to the same streets.
 *
 * | operation | time |
 * | --- | --- |
 * | `put`, `remove` | O(1), allocates nothing |
 * | `each` | O(objects in the cell) |
 *
 * @example
 * ```ts
 * import { CellLists } from "lib/structures/cell_lists.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const lists = new CellLists(10);
 * lists.put(3, 77);
 * lists.put(4, 77);
 * lists.put(3, 78);
 * const found: number[] = [];
 * lists.each(77, (id) => found.push(id));
 * assertEquals(found, [4]);
 * ```
 *
 * @module
 */

const NONE = -1;

export class CellLists {
  /** The slot of the table whose list holds the object, or NONE. */
  #slot: Int32Array;
  #next: Int32Array;
  #previous: Int32Array;
  /** The table: the key of a slot, whether it has one, and the first object of its list. */
  #keys: Uint32Array;
  #used: Uint8Array;
  #heads: Int32Array;
  #bits = 12;
  #cells = 0;

  constructor(capacity: number) {
    this.#slot = new Int32Array(capacity).fill(NONE);
    this.#next = new Int32Array(capacity);
    this.#previous = new Int32Array(capacity);
    this.#keys = new Uint32Array(2 ** this.#bits);
    this.#used = new Uint8Array(2 ** this.#bits);
    this.#heads = new Int32Array(2 ** this.#bits).fill(NONE);
  }

  /** Cells that hold an object, or held one. */
  get cells(): number {
    return this.#cells;
  }

  /** Places for cells, taken or free: what `eachOfAll` walks through. */
  get slots(): number {
    return this.#heads.length;
  }

  get byteLength(): number {
    return 3 * this.#slot.byteLength + 9 * this.#heads.length;
  }

  has(id: number): boolean {
    return this.#slot[id] >= 0;
  }

  /** The key of the object's cell, or -1. */
  keyOf(id: number): number {
    const slot = this.#slot[id];
    return slot >= 0 ? this.#keys[slot] : NONE;
  }

  /** Puts an object, which may be in another cell, into this one. */
  put(id: number, key: number): void {
    this.remove(id);
    const slot = this.#make(key), head = this.#heads[slot];
    this.#next[id] = head;
    this.#previous[id] = NONE;
    if (head >= 0) this.#previous[head] = id;
    this.#heads[slot] = id;
    this.#slot[id] = slot;
  }

  /** Takes an object out of its cell; false when it was in none. */
  remove(id: number): boolean {
    const slot = this.#slot[id];
    if (slot < 0) return false;
    const before = this.#previous[id], after = this.#next[id];
    if (before >= 0) this.#next[before] = after;
    else this.#heads[slot] = after;
    if (after >= 0) this.#previous[after] = before;
    this.#slot[id] = NONE;
    return true;
  }

  /** Visits the objects of a cell; the count of them. */
  each(key: number, visit: (id: number) => void): number {
    const mask = this.#keys.length - 1;
    let slot = Math.imul(key, 0x9e3779b1) >>> (32 - this.#bits);
    while (this.#used[slot] === 1 && this.#keys[slot] !== key) slot = (slot + 1) & mask;
    return this.#used[slot] === 1 ? this.#walk(slot, visit) : 0;
  }

  /** Visits the objects of all cells; the count of them. */
  eachOfAll(visit: (id: number) => void): number {
    let count = 0;
    for (let slot = 0; slot < this.#heads.length; slot++) count += this.#walk(slot, visit);
    return count;
  }

  #walk(slot: number, visit: (id: number) => void): number {
    let count = 0;
    for (let id = this.#heads[slot]; id >= 0; id = this.#next[id]) {
      count++;
      visit(id);
    }
    return count;
  }

  /** The slot of a key, taken now where there is none. */
  #make(key: number): number {
    const mask = this.#keys.length - 1;
    let slot = Math.imul(key, 0x9e3779b1) >>> (32 - this.#bits);
    while (this.#used[slot] === 1) {
      if (this.#keys[slot] === key) return slot;
      slot = (slot + 1) & mask;
    }
    if (2 * (this.#cells + 1) > this.#keys.length) {
      this.#grow();
      return this.#make(key);
    }
    this.#used[slot] = 1;
    this.#keys[slot] = key;
    this.#cells++;
    return slot;
  }

  /** Doubles the table; keys without objects are forgotten. */
  #grow(): void {
    const keys = this.#keys, heads = this.#heads;
    this.#bits++;
    this.#keys = new Uint32Array(2 ** this.#bits);
    this.#used = new Uint8Array(2 ** this.#bits);
    this.#heads = new Int32Array(2 ** this.#bits).fill(NONE);
    this.#cells = 0;
    for (let old = 0; old < heads.length; old++) {
      if (heads[old] < 0) continue;
      const slot = this.#make(keys[old]);
      this.#heads[slot] = heads[old];
      for (let id = heads[old]; id >= 0; id = this.#next[id]) this.#slot[id] = slot;
    }
  }
}
