/**
 * A cache of limited size whose hits cost one byte: SIEVE.
 *
 * Entries stay in the order of their arrival. A hit only marks its entry as visited. To make room a hand
 * walks from the oldest entry to the newest, takes the marks off those it passes and evicts the first
 * without one; it stays there for the next time. What nobody asks for again is thus gone soon, which on
 * skewed workloads keeps more of what is asked for often than LRU does.
 *
 * Simplified: entries count one each, and none expires. Not for scans in a loop, where a hand finds every
 * entry equally useless.
 *
 * | operation | time | memory |
 * | --- | --- | --- |
 * | `get` | O(1), writes one byte | a Map entry, two references and 9 bytes an entry |
 * | `set` | O(1) amortised, as each step of the hand takes back a mark that a hit made | |
 *
 * @example
 * ```ts
 * import { SieveCache } from "lib/structures/sieve_cache.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const cache = new SieveCache<string, number>(2);
 * cache.set("a", 1).set("b", 2);
 * cache.get("a");
 * cache.set("c", 3);
 * assertEquals([cache.has("a"), cache.has("b"), cache.has("c")], [true, false, true]);
 * ```
 *
 * Source: Zhang et al., "SIEVE is simpler than LRU: an efficient turn-key eviction algorithm for web
 * caches", NSDI 2024.
 *
 * @module
 */
import type { OnEvict } from "./lru_cache.ts";

/** Keeps `capacity` entries, those that are asked for again. */
export class SieveCache<K, V> {
  readonly capacity: number;
  #slots = new Map<K, number>();
  #keys: K[] = [];
  #values: V[] = [];
  #visited: Uint8Array;
  #newer: Int32Array;
  #older: Int32Array;
  #hand = 0;
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
    this.#visited = new Uint8Array(capacity + 1);
    this.#newer = new Int32Array(capacity + 1);
    this.#older = new Int32Array(capacity + 1);
    this.#onEvict = options.onEvict;
  }

  get size(): number {
    return this.#slots.size;
  }

  has(key: K): boolean {
    return this.#slots.has(key);
  }

  /** The value of `key`, which is marked as visited. */
  get(key: K): V | undefined {
    const slot = this.#slots.get(key);
    if (slot === undefined) return undefined;
    this.#visited[slot] = 1;
    return this.#values[slot];
  }

  set(key: K, value: V): this {
    let slot = this.#slots.get(key);
    if (slot !== undefined) {
      this.#values[slot] = value;
      this.#visited[slot] = 1;
      return this;
    }
    slot = this.#free.pop() ?? (this.size < this.capacity ? this.size + 1 : this.#evict());
    this.#slots.set(key, slot);
    this.#keys[slot] = key;
    this.#values[slot] = value;
    const newest = this.#older[0];
    this.#older[slot] = newest;
    this.#newer[newest] = slot;
    this.#newer[slot] = 0;
    this.#older[0] = slot;
    return this;
  }

  /** Forgets `key`; false when it was not there. */
  delete(key: K): boolean {
    const slot = this.#slots.get(key);
    if (slot === undefined) return false;
    this.#remove(slot);
    this.#keys[slot] = this.#values[slot] = undefined!;
    this.#free.push(slot);
    return true;
  }

  #remove(slot: number): void {
    this.#slots.delete(this.#keys[slot]);
    const newer = this.#newer[slot], older = this.#older[slot];
    this.#older[newer] = older;
    this.#newer[older] = newer;
    this.#visited[slot] = 0;
    if (this.#hand === slot) this.#hand = newer;
  }

  #evict(): number {
    const visited = this.#visited, newer = this.#newer;
    let slot = this.#hand || newer[0];
    while (visited[slot] === 1) {
      visited[slot] = 0;
      slot = newer[slot] || newer[0];
    }
    this.#hand = slot;
    this.#onEvict?.(this.#keys[slot], this.#values[slot]);
    this.#remove(slot);
    return slot;
  }
}
