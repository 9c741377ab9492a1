/**
 * A vector clock: one counter a replica, from which two versions tell whether one saw the other.
 *
 * Whoever writes increments its own counter; whoever learns of another version merges, taking the
 * larger counter of each replica. A version whose counters are all at most those of another
 * happened before it; when each has a counter that the other lacks, they are concurrent, which no
 * wall clock can tell. Clocks are values: `increment` and `merge` return new ones.
 *
 * Simplified: replicas that are gone are never pruned, so a clock grows with every replica that
 * ever wrote. That is right where the writers are few, such as the devices of one user.
 *
 * | operation | time | memory |
 * | --- | --- | --- |
 * | `increment`, `merge`, `compare` | O(replicas) | one entry a replica that wrote |
 *
 * @example
 * ```ts
 * import { VectorClock } from "lib/structures/vector_clock.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const start = new VectorClock();
 * const laptop = start.increment("laptop");
 * const phone = start.increment("phone");
 * assertEquals(laptop.compare(phone), "concurrent");
 * assertEquals(laptop.compare(laptop.merge(phone)), "before");
 * ```
 *
 * Source: Fidge 1988; Mattern, "Virtual Time and Global States of Distributed Systems", 1989.
 *
 * @module
 */

/** How one version relates to another. */
export type Causality = "before" | "after" | "equal" | "concurrent";

/** The version of a replicated value. */
export class VectorClock {
  readonly #counters: ReadonlyMap<string, number>;

  /** A clock with the given counters; a replica that is not named has counted 0. */
  constructor(counters: Readonly<Record<string, number>> = {}) {
    for (const [replica, count] of Object.entries(counters)) {
      if (!Number.isSafeInteger(count) || count < 0) {
        throw new RangeError(
          `Cannot create vector clock: counter of ${replica} must be an integer of at least 0: received ${count}`,
        );
      }
    }
    this.#counters = new Map(Object.entries(counters).filter(([, count]) => count > 0));
  }

  /** Writes of the replica that this version includes. */
  get(replica: string): number {
    return this.#counters.get(replica) ?? 0;
  }

  /** The version of the replica's next write. */
  increment(replica: string): VectorClock {
    return new VectorClock({ ...this.toJSON(), [replica]: this.get(replica) + 1 });
  }

  /** The smallest version that includes both. */
  merge(other: VectorClock): VectorClock {
    const counters = this.toJSON();
    for (const [replica, count] of other.#counters) {
      counters[replica] = Math.max(count, this.get(replica));
    }
    return new VectorClock(counters);
  }

  /** Whether this version came before or after the other, or neither saw the other. */
  compare(other: VectorClock): Causality {
    const behind = [...other.#counters].some(([replica, count]) => count > this.get(replica));
    const ahead = [...this.#counters].some(([replica, count]) => count > other.get(replica));
    if (behind) return ahead ? "concurrent" : "before";
    return ahead ? "after" : "equal";
  }

  /** The counters, ordered by replica: what `JSON.stringify` writes and the constructor reads. */
  toJSON(): Record<string, number> {
    return Object.fromEntries([...this.#counters].sort(([a], [b]) => a < b ? -1 : 1));
  }
}
