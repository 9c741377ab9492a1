/**
 * Links between slots in layers, in two arrays: the lowest layer for all, the upper ones for the few that are there.
 *
 * A list is a count and then as many slots. In the lowest layer every slot has a list of the same size, found by a
 * multiplication; the lists of a slot's upper layers lie one after the other in a second array that grows.
 *
 * @example
 * ```ts
 * import { LayeredLinks } from "lib/structures/layered_links.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const links = new LayeredLinks({ capacity: 10, m: 2 });
 * links.makeRoom(7, 1);
 * links.set(7, 1, [3, 5]);
 * assertEquals(links.get(7, 1), [3, 5]);
 * assertEquals(links.get(7, 0), []);
 * ```
 *
 * @module
 */
export class LayeredLinks {
  /** Links of a list in an upper layer, and half of those in the lowest. */
  readonly m: number;
  #ground: Int32Array;
  #upper = new Int32Array(1024);
  /** Where a slot's upper layers begin. */
  #upperAt: Int32Array;
  #upperEnd = 0;

  constructor({ capacity, m }: { capacity: number; m: number }) {
    this.m = m;
    this.#ground = new Int32Array(capacity * (2 * m + 1));
    this.#upperAt = new Int32Array(capacity);
  }

  get byteLength(): number {
    return this.#ground.byteLength + this.#upper.byteLength + this.#upperAt.byteLength;
  }

  /** Links that a list of this layer takes. */
  most(layer: number): number {
    return layer === 0 ? 2 * this.m : this.m;
  }

  /** The array of a layer; it changes when `makeRoom` grows it. */
  array(layer: number): Int32Array {
    return layer === 0 ? this.#ground : this.#upper;
  }

  /** Where in `array(layer)` the list of a slot begins, with its count. */
  at(slot: number, layer: number): number {
    return layer === 0 ? slot * (2 * this.m + 1) : this.#upperAt[slot] + (layer - 1) * (this.m + 1);
  }

  /** Gives a slot its lists in the layers up to `top`. */
  makeRoom(slot: number, top: number): void {
    this.#upperAt[slot] = this.#upperEnd;
    this.#upperEnd += top * (this.m + 1);
    if (this.#upperEnd <= this.#upper.length) return;
    const larger = new Int32Array(2 * this.#upperEnd);
    larger.set(this.#upper);
    this.#upper = larger;
  }

  get(slot: number, layer: number): number[] {
    const links = this.array(layer), at = this.at(slot, layer);
    return Array.from(links.subarray(at + 1, at + 1 + links[at]));
  }

  /** Replaces a list by the first `count` of `slots`. */
  set(slot: number, layer: number, slots: ArrayLike<number>, count = slots.length): void {
    const links = this.array(layer), at = this.at(slot, layer);
    links[at] = count;
    for (let i = 0; i < count; i++) links[at + 1 + i] = slots[i];
  }
}
