/**
 * Processes: generators that live in virtual time.
 *
 * A process yields the seconds that it waits, or nothing, which parks it until `task.wake(value)`;
 * the value is what its `yield` returns. `yield*` calls another process and gets its result.
 * `task.interrupt(error)` throws into a process wherever it waits, so that its `finally` blocks
 * give back what it holds. All waits, queues and timeouts of this folder stand on these.
 *
 * Simplified: one who wakes and one who interrupts at the same instant: the interrupt wins.
 *
 * @example
 * ```ts
 * import { type Process, Simulation } from "lib/sim/simulation.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const sim = new Simulation();
 * function* work(seconds: number): Process<string> {
 *   yield seconds;
 *   return `done at ${sim.now} s`;
 * }
 * const parent = sim.spawn(function* () {
 *   const child = sim.spawn(work(2));
 *   return [yield* work(1), yield* child.join()];
 * });
 * sim.run();
 * assertEquals(parent.value, ["done at 1 s", "done at 2 s"]);
 * ```
 */
import type { Timer } from "./event_queue.ts";
import type { Simulation } from "./simulation.ts";

/** What a process function returns: it yields seconds, or nothing to be parked. */
// deno-lint-ignore no-explicit-any
export type Process<T = void> = Generator<number | void, T, any>;

/** Thrown into a process that is interrupted. */
export class Interrupted extends Error {
  override name = "Interrupted";
}

/** A process under way. */
export class Task<T = unknown> {
  readonly name: string;
  state: "scheduled" | "running" | "parked" | "done" | "failed" | "interrupted" = "scheduled";
  /** What the process returned, once it is done. */
  value: T | undefined;
  /** What it threw, once it has failed or was interrupted. */
  error: unknown;
  #sim: Simulation;
  #process: Process<T>;
  #timer: Timer;
  #received: unknown; // what its `yield` returns
  #thrown: Error | undefined; // what its `yield` throws
  #joiners: Task<unknown>[] | undefined;

  /** Use `sim.spawn`. */
  constructor(sim: Simulation, process: Process<T>, name: string) {
    this.name = name;
    this.#sim = sim;
    this.#process = process;
    this.#timer = sim.schedule(0, Task.#step, this);
  }

  /** True once the process has ended, in whatever way. */
  get ended(): boolean {
    return this.state === "done" || this.state === "failed" || this.state === "interrupted";
  }

  /** Resumes a parked process at the present time; its `yield` returns `value`. */
  wake(value?: unknown): void {
    if (this.state !== "parked") {
      throw new TypeError(
        `Cannot wake ${this.name}: it must be parked: received one ${this.state}`,
      );
    }
    this.#received = value;
    this.state = "scheduled";
    this.#timer = this.#sim.schedule(0, Task.#step, this);
  }

  /** Throws `error` into the process where it waits. Does nothing once it has ended. */
  interrupt(error: Error = new Interrupted(`${this.name} was interrupted`)): void {
    if (this.ended) return;
    if (this.state === "running") throw error; // it interrupts itself
    if (this.state === "scheduled") this.#sim.cancel(this.#timer);
    this.#thrown = error;
    this.state = "scheduled";
    this.#timer = this.#sim.schedule(0, Task.#step, this);
  }

  /** Waits for the end; returns what the process returned or throws what it threw. */
  *join(): Process<T> {
    if (!this.ended) {
      const joiner = this.#sim.current!;
      const joiners = this.#joiners ??= [];
      joiners.push(joiner);
      try {
        yield;
      } finally {
        if (!this.ended) joiners.splice(joiners.indexOf(joiner), 1);
      }
    }
    if (this.state !== "done") throw this.error;
    return this.value as T;
  }

  static #step(task: Task): void {
    const sim = task.#sim;
    const thrown = task.#thrown;
    sim.current = task;
    task.state = "running";
    try {
      let step;
      if (thrown === undefined) step = task.#process.next(task.#received);
      else {
        task.#thrown = undefined;
        step = task.#process.throw(thrown);
      }
      task.#received = undefined;
      if (step.done) {
        task.value = step.value;
        task.#end("done");
      } else if (step.value === undefined) task.state = "parked";
      else {
        task.#timer = sim.schedule(step.value, Task.#step, task);
        task.state = "scheduled";
      }
    } catch (error) {
      task.error = error;
      const expected = error === thrown || task.#joiners !== undefined;
      task.#end(error === thrown ? "interrupted" : "failed");
      if (!expected) throw error; // nobody waits for it: the run fails
    } finally {
      sim.current = undefined;
    }
  }

  #end(state: "done" | "failed" | "interrupted"): void {
    this.state = state;
    if (this.#joiners === undefined) return;
    for (const joiner of this.#joiners) if (joiner.state === "parked") joiner.wake();
  }
}
