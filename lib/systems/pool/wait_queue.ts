/**
 * Who waits for a resource: first in, first out within a priority; anyone may leave from anywhere.
 *
 * One linked list for each priority in use, through the waiters themselves, so that a timeout or an abort takes a waiter
 * out at once and nobody is ever granted to the absent. Lower priorities are served first.
 *
 * | operation | time |
 * | --- | --- |
 * | `push`, `remove` | O(1) |
 * | `shift`, `first` | O(priorities in use) |
 *
 * @example
 * ```ts
 * import { type Waiter, WaitQueue } from "lib/systems/pool/wait_queue.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const queue = new WaitQueue<Waiter & { name: string }>();
 * const [ann, bob, cid] = ["ann", "bob", "cid"].map((name) => ({ name, priority: 1 }));
 * for (const one of [ann, bob, cid]) queue.push(one);
 * queue.push({ name: "urgent", priority: 0 });
 * queue.remove(bob);
 * assertEquals([queue.shift(), queue.shift(), queue.shift()].map((one) => one!.name), ["urgent", "ann", "cid"]);
 * ```
 *
 * @module
 */

/** One who can wait. */
export interface Waiter {
  /** Lower is served first. */
  readonly priority: number;
  before?: Waiter;
  after?: Waiter;
}

interface Level {
  priority: number;
  first: Waiter | undefined;
  last: Waiter | undefined;
}

export class WaitQueue<T extends Waiter> {
  size = 0;
  #levels: Level[] = [];

  push(one: T): void {
    const level = this.#level(one.priority);
    one.before = level.last;
    one.after = undefined;
    if (level.last === undefined) level.first = one;
    else level.last.after = one;
    level.last = one;
    this.size++;
  }

  /** The one to be served next. */
  first(): T | undefined {
    for (const { first } of this.#levels) if (first !== undefined) return first as T;
    return undefined;
  }

  /** Takes the one to be served next. */
  shift(): T | undefined {
    const one = this.first();
    if (one !== undefined) this.remove(one);
    return one;
  }

  /** Takes out one that waits in this queue. */
  remove(one: T): void {
    const { before, after } = one;
    if (before === undefined || after === undefined) {
      const level = this.#level(one.priority);
      if (before === undefined) level.first = after;
      if (after === undefined) level.last = before;
    }
    if (before !== undefined) before.after = after;
    if (after !== undefined) after.before = before;
    one.before = one.after = undefined;
    this.size--;
  }

  #level(priority: number): Level {
    const levels = this.#levels;
    for (let i = 0; i < levels.length; i++) {
      if (levels[i].priority === priority) return levels[i];
    }
    const level: Level = { priority, first: undefined, last: undefined };
    const place = levels.findIndex((other) => other.priority > priority);
    levels.splice(place === -1 ? levels.length : place, 0, level);
    return level;
  }
}
