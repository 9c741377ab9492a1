/**
 * Coalesces concurrent loads of one key: the first caller loads, the others wait for its answer.
 *
 * While a load is under way its promise is kept under the key; when it settles, the key is free
 * again and nothing is kept. So a thousand readers of a cold cache entry cause one query, and a
 * failure reaches everyone who waited for it, once; the next call tries anew. `forget` parts later callers from
 * a load whose answer is about to be out of date: whoever comes after a write must not get what was read before it.
 *
 * Simplified: one process; across processes it takes a lease in a shared store. A load that hangs
 * holds its waiters: give the loader its own time limit.
 *
 * | operation | time | memory |
 * | --- | --- | --- |
 * | `run`, `forget` | O(1) | one entry a load under way |
 *
 * @example
 * ```ts
 * import { SingleFlight } from "lib/structures/single_flight.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const flight = new SingleFlight<number>();
 * let loads = 0;
 * const load = () => Promise.resolve(++loads);
 * assertEquals(await Promise.all([flight.run("alice", load), flight.run("alice", load)]), [1, 1]);
 * ```
 *
 * Source: golang.org/x/sync/singleflight; Nishtala et al., "Scaling Memcache at Facebook", 2013.
 *
 * @module
 */

/** Loads under way, by key. */
export class SingleFlight<T> {
  #underWay = new Map<string, Promise<T>>();

  /** Keys that are being loaded. */
  get size(): number {
    return this.#underWay.size;
  }

  /** The answer of the load of `key` that is under way, or of a new one; `load` is given the key. */
  run(key: string, load: (key: string) => T | PromiseLike<T>): Promise<T> {
    const other = this.#underWay.get(key);
    if (other) return other;
    const mine = Promise.try(load, key).finally(() => {
      if (this.#underWay.get(key) === mine) this.#underWay.delete(key);
    });
    this.#underWay.set(key, mine);
    return mine;
  }

  /** Lets the next caller of `key` load anew; those who wait already keep their load. */
  forget(key: string): void {
    this.#underWay.delete(key);
  }
}
