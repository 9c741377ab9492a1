/**
 * Approximate nearest neighbours by cosine: a navigable small world in layers.
 *
 * Each vector is linked to some that are near it and lie in different directions. A search walks towards the query,
 * first in a thin upper layer, where links are long, then layer by layer down; in the lowest it keeps the best `ef` that
 * it has seen, and stops when it has looked at the links of all of them. Links, marks and the best are typed arrays, and
 * the cosines of all links of a vector are one call of a SIMD kernel (`vector_slab.ts`).
 *
 * Simplified: `remove` leaves a tombstone that searches walk over and never return; rebuild when many are.
 *
 * | operation | time | memory |
 * | --- | --- | --- |
 * | `add` | O(log n) layers, some `efConstruction` × 2m distances | 4 × (dimensions + 2m + 3) bytes, and a little |
 * | `search` | some ef × 2m distances, whatever n | |
 *
 * @example
 * ```ts
 * import { Hnsw } from "lib/structures/hnsw.ts";
 * import { stream } from "lib/sim/random.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const index = new Hnsw({ dimensions: 2, capacity: 100, random: stream(1) });
 * for (let degree = 0; degree < 90; degree++) {
 *   index.add(degree, [Math.cos(degree * Math.PI / 180), Math.sin(degree * Math.PI / 180)]);
 * }
 * assertEquals(index.search([1, 1], 3).map(({ id }) => id).sort(), [44, 45, 46]);
 * ```
 *
 * Source: Malkov and Yashunin, "Efficient and robust approximate nearest neighbor search using Hierarchical Navigable
 * Small World graphs", IEEE TPAMI 42(4), 2020: algorithms 1, 2, 4 and 5.
 *
 * @module
 */
import { CandidatePool } from "./candidate_pool.ts";
import { LayeredLinks } from "./layered_links.ts";
import { VectorSlab } from "./vector_slab.ts";

export interface HnswOptions {
  dimensions: number;
  capacity: number;
  /** Links a vector makes; twice as many may lead to it in the lowest layer. */
  m?: number;
  /** Candidates looked at when a vector is added. */
  efConstruction?: number;
  /** Draws the layers. */
  random: () => number;
}

export interface Similar {
  id: number;
  cosine: number;
}

/** The highest layer that a vector may reach; at m = 16 one in 10^14 would be higher. */
const TOP = 12;

export class Hnsw {
  /** Distances computed so far, for whoever counts work rather than time. */
  evaluations = 0;
  #slab: VectorSlab;
  #m: number;
  #efConstruction: number;
  #random: () => number;
  #entry = -1;
  #top = -1;
  #ids: Int32Array;
  #slots = new Map<number, number>();
  #isRemoved: Uint8Array;

  #links: LayeredLinks;
  #marks: Uint8Array;
  #mark = 0;
  #pool = new CandidatePool(1024);
  #chosen = new Int32Array(64);

  /** @throws {RangeError} when a size is out of range */
  constructor(options: HnswOptions) {
    const { dimensions, capacity, m = 16, efConstruction = 128, random } = options;
    if (!(m >= 2 && m <= 256) || !(efConstruction >= 1) || !(capacity < 2 ** 28)) {
      throw new RangeError(
        "Cannot make index: m must be 2 to 256, efConstruction at least 1, capacity below 2^28: " +
          `received ${m}, ${efConstruction}, ${capacity}`,
      );
    }
    this.#slab = new VectorSlab({ dimensions, capacity });
    this.#m = m;
    this.#efConstruction = Math.max(m, efConstruction);
    this.#random = random;
    this.#ids = new Int32Array(capacity);
    this.#isRemoved = new Uint8Array(capacity);
    this.#links = new LayeredLinks({ capacity, m });
    this.#marks = new Uint8Array(capacity);
    this.#reserve(this.#efConstruction);
  }

  /** Vectors that a search can return. */
  get size(): number {
    return this.#slots.size;
  }

  get byteLength(): number {
    return [this.#slab, this.#links, this.#ids, this.#isRemoved, this.#marks]
      .reduce((sum, { byteLength }) => sum + byteLength, 0);
  }

  has(id: number): boolean {
    return this.#slots.has(id);
  }

  /** Adds a vector, or puts it in the place of the one that had this id. */
  add(id: number, vector: ArrayLike<number>): void {
    if (!Number.isInteger(id) || id < -(2 ** 31) || id >= 2 ** 31) {
      throw new RangeError(`Cannot add vector: id must be an integer of 32 bits: received ${id}`);
    }
    const slot = this.#slab.push(vector);
    this.remove(id);
    this.#ids[slot] = id;
    this.#slots.set(id, slot);
    const level = Math.min(TOP, Math.floor(-Math.log(1 - this.#random()) / Math.log(this.#m)));
    this.#links.makeRoom(slot, level);
    if (this.#entry < 0) [this.#entry, this.#top] = [slot, level];
    else this.#link(slot, level, vector);
  }

  /** Takes a vector out of all later answers. */
  remove(id: number): boolean {
    const slot = this.#slots.get(id);
    if (slot === undefined) return false;
    this.#isRemoved[slot] = 1;
    return this.#slots.delete(id);
  }

  /** About the `k` nearest, nearest first; a larger `ef` finds more of them and takes longer. */
  search(vector: ArrayLike<number>, k: number, ef = 64): Similar[] {
    if (!(k >= 1)) throw new RangeError(`Cannot search: k must be at least 1: received ${k}`);
    this.#slab.ask(vector);
    if (this.#entry < 0) return [];
    const width = Math.max(k, ef);
    this.#reserve(width);
    let size = this.#start(this.#entry);
    for (let layer = this.#top; layer > 0; layer--) size = this.#walk(layer, 1, size);
    size = this.#walk(0, width, size);
    const result: Similar[] = [];
    for (let at = 0; at < size && result.length < k; at++) {
      const slot = this.#pool.slot(at);
      if (this.#isRemoved[slot] === 0) {
        result.push({ id: this.#ids[slot], cosine: 1 - this.#pool.distance(at) });
      }
    }
    return result;
  }

  /** The `k` nearest by comparing with all. */
  exact(vector: ArrayLike<number>, k: number): Similar[] {
    return this.#slab.nearest(vector, k, (slot) => this.#isRemoved[slot] === 0)
      .map(({ slot, cosine }) => ({ id: this.#ids[slot], cosine }));
  }

  #link(slot: number, level: number, vector: ArrayLike<number>): void {
    this.#slab.ask(vector);
    let size = this.#start(this.#entry);
    for (let layer = this.#top; layer > level; layer--) size = this.#walk(layer, 1, size);
    for (let layer = Math.min(level, this.#top); layer >= 0; layer--) {
      size = this.#walk(layer, this.#efConstruction, size);
      const count = this.#choose(size, this.#m);
      this.#links.set(slot, layer, this.#chosen, count);
      this.#linkBack(slot, layer, count);
    }
    if (level > this.#top) [this.#entry, this.#top] = [slot, level];
  }

  /** Links the neighbours of `slot` to it; where a list is full, the best of it stay. */
  #linkBack(slot: number, layer: number, count: number): void {
    const { list, found } = this.#slab, links = this.#links.array(layer);
    const most = this.#links.most(layer), own = this.#links.at(slot, layer);
    for (let i = 1; i <= count; i++) {
      const other = links[own + i], from = this.#links.at(other, layer);
      if (links[from] < most) {
        links[from + ++links[from]] = slot;
        continue;
      }
      for (let n = 0; n < most; n++) list[n] = links[from + 1 + n];
      list[most] = slot;
      this.#slab.cosinesOf(other, most + 1);
      this.evaluations += most + 1;
      // In a part of the pool that the walk does not use: what it found is needed for the next layer.
      const start = this.#pool.capacity - most - 1;
      for (let n = 0; n <= most; n++) this.#pool.insert(start, start + n, 1 - found[n], list[n]);
      const kept = this.#choose(most + 1, most, start);
      this.#links.set(other, layer, this.#chosen, kept);
    }
  }

  /** Of `size` in the pool, nearest first, those that are nearer to the query than to any chosen before. */
  #choose(size: number, most: number, start = 0): number {
    const { list } = this.#slab;
    let count = 0;
    for (let at = start; at < start + size && count < most; at++) {
      const slot = this.#pool.slot(at), cosine = 1 - this.#pool.distance(at);
      if (count > 0 && this.#slab.anyAtLeast(slot, cosine, count)) continue;
      list[count] = slot;
      this.#chosen[count++] = slot;
    }
    return count;
  }

  /** Forgets what was seen, and starts at one slot. */
  #start(slot: number): number {
    this.#slab.list[0] = slot;
    this.#slab.cosines(1);
    this.evaluations++;
    this.#pool.insert(0, 0, 1 - this.#slab.found[0], slot);
    return 1;
  }

  /** Follows links from the best of the pool until the links of the best `width` have all been seen. */
  #walk(layer: number, width: number, size: number): number {
    const slab = this.#slab, list = slab.list, found = slab.found, marks = this.#marks;
    const pool = this.#pool, keys = pool.keys, bits = pool.bits;
    const links = this.#links.array(layer), mark = this.#nextMark();
    if (size > width) size = width;
    for (let at = 0; at < size; at++) {
      bits[2 * at] &= ~1;
      marks[pool.slot(at)] = mark;
    }
    let at = 0;
    while (at < size) {
      const head = bits[2 * at];
      if ((head & 1) === 1) {
        at++;
        continue;
      }
      bits[2 * at] = head | 1;
      const slot = pool.slot(at);
      const from = this.#links.at(slot, layer), end = from + links[from];
      let count = 0;
      for (let i = from + 1; i <= end; i++) {
        const next = links[i];
        if (marks[next] !== mark) {
          marks[next] = mark;
          list[count++] = next;
        }
      }
      slab.cosines(count);
      this.evaluations += count;
      for (let i = 0; i < count; i++) {
        const distance = 1 - found[i];
        if (size === width) {
          if (distance >= keys[size - 1]) continue;
          size--;
        }
        const place = pool.insert(0, size++, distance, list[i]);
        if (place < at) at = place;
      }
    }
    return size;
  }

  #nextMark(): number {
    if (++this.#mark > 255) {
      this.#marks.fill(0);
      this.#mark = 1;
    }
    return this.#mark;
  }

  /** The pool takes `width` candidates, and a list of links beside them. */
  #reserve(width: number): void {
    const need = width + 2 * this.#m + 2;
    if (this.#chosen.length < need) this.#chosen = new Int32Array(need);
    if (this.#pool.capacity < need) this.#pool = new CandidatePool(2 * need);
  }
}
