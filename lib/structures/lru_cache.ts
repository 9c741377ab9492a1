/**
 * A cache of limited size that forgets what was used least recently.
 *
 * A Map finds an entry's slot; two Int32Arrays link the slots from the most to the least recently used. A
 * hit relinks one slot to the front, a full cache reuses the slot at the back. Slot 0 is the ring's anchor,
 * so no link is ever missing.
 *
 * Simplified: entries count one each whatever their size, and none expires. A Map alone can do the same
 * (delete and set again on a hit, evict the first key), but V8 rescans the deleted head at each eviction.
 *
 * | operation | time | memory |
 * | --- | --- | --- |
 * | `get`, `set`, `delete` | O(1) | a Map entry, two references and 8 bytes an entry |
 *
 * @example
 * ```ts
 * import { LruCache } from "lib/structures/lru_cache.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const cache = new LruCache<string, number>(2);
 * cache.set("a", 1).set("b", 2);
 * cache.get("a");
 * cache.set("c", 3);
 * assertEquals([...cache.keys()], ["c", "a"]); // b was used least recently
 * ```
 *
 * Source: Mattson, Gecsei, Slutz and Traiger, "Evaluation techniques for storage hierarchies", IBM Systems
 * Journal 9(2), 1970.
 *
 * @module
 */

/** Called with an entry that had to make room. */
export type OnEvict<K, V> = (key: K, value: V) => void;

/** Keeps the `capacity` most recently used entries. */
export class LruCache<K, V> {
  readonly capacity: number;
  #slots = new Map<K, number>();
  #keys: K[] = [];
  #values: V[] = [];
  #newer: Int32Array;
  #older: Int32Array;
  #free: number[] = [];
  #onEvict: OnEvict<K, V> | undefined;

  /** @throws {RangeError} when the capacity is not an integer from 1 to 2^30 */
  constructor(capacity: number, options: { onEvict?: OnEvict<K, V> } = {}) {
    if (!(Number.isInteger(capacity) && capacity >= 1 && capacity <= 2 ** 30)) {
      throw new RangeError(
        `Cannot create cache: capacity must be an integer from 1 to 2^30: received ${capacity}`,
      );
    }
    this.capacity = capacity;
    this.#newer = new Int32Array(capacity + 1);
    this.#older = new Int32Array(capacity + 1);
    this.#onEvict = options.onEvict;
  }

  get size(): number {
    return this.#slots.size;
  }

  /** The value of `key`, which becomes the most recently used. */
  get(key: K): V | undefined {
    const slot = this.#slots.get(key);
    if (slot === undefined) return undefined;
    this.#touch(slot);
    return this.#values[slot];
  }

  /** The value of `key`, without using it. */
  peek(key: K): V | undefined {
    const slot = this.#slots.get(key);
    return slot === undefined ? undefined : this.#values[slot];
  }

  set(key: K, value: V): this {
    let slot = this.#slots.get(key);
    if (slot !== undefined) {
      this.#values[slot] = value;
      this.#touch(slot);
      return this;
    }
    slot = this.#free.pop() ?? (this.size < this.capacity ? this.size + 1 : this.#evict());
    this.#slots.set(key, slot);
    this.#keys[slot] = key;
    this.#values[slot] = value;
    this.#linkFirst(slot);
    return this;
  }

  /** Forgets `key`; false when it was not there. */
  delete(key: K): boolean {
    const slot = this.#slots.get(key);
    if (slot === undefined) return false;
    this.#slots.delete(key);
    this.#unlink(slot);
    this.#keys[slot] = this.#values[slot] = undefined!;
    this.#free.push(slot);
    return true;
  }

  /** The keys, from the most to the least recently used. */
  *keys(): Generator<K> {
    for (let slot = this.#older[0]; slot !== 0; slot = this.#older[slot]) yield this.#keys[slot];
  }

  #touch(slot: number): void {
    if (this.#older[0] === slot) return;
    this.#unlink(slot);
    this.#linkFirst(slot);
  }

  #linkFirst(slot: number): void {
    const first = this.#older[0];
    this.#older[slot] = first;
    this.#newer[slot] = 0;
    this.#newer[first] = slot;
    this.#older[0] = slot;
  }

  #unlink(slot: number): void {
    const newer = this.#newer[slot], older = this.#older[slot];
    this.#older[newer] = older;
    this.#newer[older] = newer;
  }

  #evict(): number {
    const slot = this.#newer[0];
    const key = this.#keys[slot];
    this.#slots.delete(key);
    this.#unlink(slot);
    this.#onEvict?.(key, this.#values[slot]);
    return slot;
  }
}
