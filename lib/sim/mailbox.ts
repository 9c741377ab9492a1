/**
 * A mailbox: messages wait for the process that takes them, or the process for messages.
 *
 * @example
 * ```ts
 * import { Mailbox } from "lib/sim/mailbox.ts";
 * import { Simulation } from "lib/sim/simulation.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const sim = new Simulation();
 * const inbox = new Mailbox<string>(sim);
 * const seen: string[] = [];
 * sim.spawn(function* () {
 *   for (;;) {
 *     seen.push(`${yield* inbox.take()} at ${sim.now}`);
 *     yield 1;
 *   }
 * });
 * inbox.put("a");
 * sim.schedule(3, () => inbox.put("b"));
 * sim.run();
 * assertEquals(seen, ["a at 0", "b at 3"]);
 * ```
 */
import type { Process, Task } from "./process.ts";
import type { Simulation } from "./simulation.ts";

export class Mailbox<T> {
  #sim: Simulation;
  #items: T[] = [];
  #taken = 0; // items before this one are gone
  #takers: Taker<T>[] = [];

  constructor(sim: Simulation) {
    this.#sim = sim;
  }

  /** Messages that wait. */
  get size(): number {
    return this.#items.length - this.#taken;
  }

  /** Hands a message to the process that has waited longest, or keeps it. */
  put(item: T): void {
    if (!this.#hand(item)) this.#items.push(item);
  }

  /** Takes the oldest message; waits for one if there is none. */
  *take(): Process<T> {
    if (this.size > 0) return this.#shift();
    const taker: Taker<T> = { task: this.#sim.current as Task, item: undefined, served: false };
    this.#takers.push(taker);
    try {
      yield;
    } catch (error) {
      if (!taker.served) this.#takers.splice(this.#takers.indexOf(taker), 1);
      else if (!this.#hand(taker.item as T)) this.#items.splice(this.#taken, 0, taker.item as T);
      throw error;
    }
    return taker.item as T;
  }

  #hand(item: T): boolean {
    const taker = this.#takers.shift();
    if (taker === undefined) return false;
    taker.item = item;
    taker.served = true;
    taker.task.wake();
    return true;
  }

  #shift(): T {
    const item = this.#items[this.#taken++];
    if (this.#taken > 32 && 2 * this.#taken > this.#items.length) {
      this.#items.splice(0, this.#taken);
      this.#taken = 0;
    }
    return item;
  }
}

interface Taker<T> {
  readonly task: Task;
  item: T | undefined;
  served: boolean;
}
