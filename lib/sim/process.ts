/**
 * Processes: generators that live in virtual time.
 *
 * A process yields the seconds that it waits, or nothing, which parks it until `task.wake(value)`;
 * the value is what its `yield` returns. `yield*` calls another process and gets its result.
 * `task.interrupt(reason)` throws into a process wherever it waits, so that its `finally` blocks
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
import { ModelError } from "./model_error.ts";
import type { Simulation } from "./simulation.ts";

/** What a process function returns: it yields seconds, or nothing to be parked. */
// deno-lint-ignore no-explicit-any
export type Process<T = void> = Generator<number | void, T, any>;

/** Thrown into a process that is interrupted. */
export class Interrupted extends ModelError {}

/** Where a process lives: the simulation itself, or a node in it that can fail. */
export interface Host {
  schedule<A>(delay: number, action: (argument: A) => void, argument: A): Timer;
  cancel(timer: Timer): boolean;
  /** Told when a process has ended. */
  ended?(task: Task): void;
}

const NOBODY: readonly (() => void)[] = [];

/** A process under way. */
export class Task<T = unknown> {
  readonly name: string;
  state: "scheduled" | "running" | "parked" | "done" | "failed" | "interrupted" = "scheduled";
  /** What the process returned, once it is done. */
  value: T | undefined;
  /** What it threw, once it has failed or was interrupted. */
  error: unknown;
  #sim: Simulation;
  #host: Host;
  #process: Process<T>;
  #timer: Timer;
  #received: unknown; // what its `yield` returns
  #thrown: Error | undefined; // what its `yield` throws
  #interruption: Error | undefined;
  #watchers = NOBODY;

  #killed = false;

  /** Use `spawn` of the simulation or of a node. */
  constructor(sim: Simulation, process: Process<T>, name: string, host: Host = sim) {
    this.name = name;
    this.#sim = sim;
    this.#host = host;
    this.#process = process;
    this.#timer = host.schedule(0, Task.#step, this as Task);
  }

  /** True once the process has ended, in whatever way. */
  get ended(): boolean {
    return this.state === "done" || this.state === "failed" || this.state === "interrupted";
  }

  /** Resumes the process if it is parked, at the present time; its `yield` returns `value`. */
  wake(value?: unknown): boolean {
    if (this.state !== "parked") return false;
    this.#received = value;
    this.#schedule();
    return true;
  }

  /** Throws `reason` into the process where it waits. Does nothing once it has ended. */
  interrupt(reason?: Error): void {
    if (this.ended) return;
    const error = reason ?? new Interrupted(`${this.name} was interrupted`);
    if (this.state === "running") throw error; // it interrupts itself
    if (this.state === "scheduled") this.#host.cancel(this.#timer);
    this.#thrown = this.#interruption = error;
    this.#schedule();
  }

  /** Ends the process at once: only its `finally` blocks run, and nothing in it can object. */
  kill(): void {
    if (this.ended) return;
    this.#killed = true;
    if (this.state === "running") return; // at its next yield
    if (this.state === "scheduled") this.#host.cancel(this.#timer);
    this.error = new Interrupted(`${this.name} was killed`);
    this.#process.return(undefined as never);
    this.#end("interrupted");
  }

  /** Calls `watcher` at its end. A process that is watched may fail without failing the run. */
  watch(watcher: () => void): void {
    if (this.ended) watcher();
    else this.#watchers = [...this.#watchers, watcher];
  }

  /** What the process returned, once it has ended; throws what it threw. */
  result(): T {
    if (this.state !== "done") throw this.error;
    return this.value as T;
  }

  /** Waits for the end, then returns what the process returned or throws what it threw. */
  *join(): Process<T> {
    const joiner = this.#sim.current!;
    const wake = () => joiner.wake();
    try {
      if (!this.ended) {
        this.watch(wake);
        yield;
      }
    } finally {
      this.#watchers = this.#watchers.filter((watcher) => watcher !== wake);
    }
    return this.result();
  }

  #schedule(): void {
    this.state = "scheduled";
    this.#timer = this.#host.schedule(0, Task.#step, this as Task);
  }

  static #step(task: Task): void {
    const sim = task.#sim;
    sim.current = task;
    task.state = "running";
    try {
      const step = task.#advance();
      if (step.done) {
        task.value = step.value;
        task.#end("done");
      } else if (step.value === undefined || task.#killed) {
        task.state = "parked";
        if (task.#killed) task.kill();
      } else {
        task.#timer = task.#host.schedule(step.value, Task.#step, task);
        task.state = "scheduled";
      }
    } catch (error) {
      task.error = error;
      const failed = error !== task.#interruption;
      const watched = task.#watchers.length > 0;
      task.#end(failed ? "failed" : "interrupted");
      if (failed && !watched) throw error; // nobody takes care of it: the run fails
    } finally {
      sim.current = undefined;
    }
  }

  #advance(): IteratorResult<number | void, T> {
    const thrown = this.#thrown;
    const received = this.#received;
    this.#thrown = this.#received = undefined;
    return thrown === undefined ? this.#process.next(received) : this.#process.throw(thrown);
  }

  #end(state: "done" | "failed" | "interrupted"): void {
    this.state = state;
    const watchers = this.#watchers;
    this.#watchers = NOBODY;
    for (const watcher of watchers) watcher();
    this.#host.ended?.(this as Task);
  }
}
