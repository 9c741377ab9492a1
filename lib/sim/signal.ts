/**
 * A signal that processes wait for: an answer, a commit, the end of a partition.
 *
 * It fires once, with a value; whoever waits then or later goes on at once.
 *
 * @example
 * ```ts
 * import { Signal } from "lib/sim/signal.ts";
 * import { Simulation } from "lib/sim/simulation.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const sim = new Simulation();
 * const answer = new Signal<number>(sim);
 * const task = sim.spawn(function* () {
 *   return [yield* answer.wait(), sim.now];
 * });
 * sim.schedule(3, () => answer.fire(42));
 * sim.run();
 * assertEquals(task.value, [42, 3]);
 * ```
 */
import type { Process, Task } from "./process.ts";
import type { Simulation } from "./simulation.ts";

export class Signal<T = void> {
  fired = false;
  value: T | undefined;
  #sim: Simulation;
  #waiting = new Set<Task>();

  constructor(sim: Simulation) {
    this.#sim = sim;
  }

  /** Fires, unless it has fired before; false then. */
  fire(value: T): boolean {
    if (this.fired) return false;
    this.fired = true;
    this.value = value;
    for (const task of this.#waiting) task.wake();
    this.#waiting.clear();
    return true;
  }

  /** Waits until it has fired. */
  *wait(): Process<T> {
    if (!this.fired) {
      const task = this.#sim.current as Task;
      this.#waiting.add(task);
      try {
        yield;
      } finally {
        this.#waiting.delete(task);
      }
    }
    return this.value as T;
  }
}
