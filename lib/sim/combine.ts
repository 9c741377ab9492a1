/**
 * Several processes at once: one with a time limit, all of them, the first of them.
 *
 * @example
 * ```ts
 * import { first, TimedOut, within } from "lib/sim/combine.ts";
 * import { type Process, Simulation } from "lib/sim/simulation.ts";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const sim = new Simulation();
 * function* answer(after: number): Process<number> {
 *   yield after;
 *   return after;
 * }
 * const hedged = sim.spawn(first(sim, [answer(9), answer(2)]));
 * const late = sim.spawn(function* () {
 *   try {
 *     return yield* within(sim, 1, answer(5));
 *   } catch (error) {
 *     return error;
 *   }
 * });
 * sim.run();
 * assertEquals([hedged.value, sim.now], [2, 2]); // the losers were interrupted
 * assert(late.value instanceof TimedOut);
 * ```
 */
import { ModelError } from "./model_error.ts";
import type { Process, Task } from "./process.ts";
import { Signal } from "./signal.ts";
import type { Simulation } from "./simulation.ts";

/** Thrown when a time limit has passed. */
export class TimedOut extends ModelError {}

/** Waits until `task` has ended, however it ended, or until `seconds` have passed; false then. */
export function* settled(sim: Simulation, task: Task, seconds?: number): Process<boolean> {
  const end = new Signal<boolean>(sim);
  const timer = seconds === undefined ? -1 : sim.schedule(seconds, () => {
    end.fire(false);
  });
  task.watch(() => end.fire(true));
  try {
    return yield* end.wait();
  } finally {
    sim.cancel(timer);
  }
}

/** The result of `process`; it is interrupted when it takes longer than `seconds`. */
export function* within<T>(sim: Simulation, seconds: number, process: Process<T>): Process<T> {
  const task = sim.spawn(process, "limited process");
  try {
    if (yield* settled(sim, task, seconds)) return task.result();
    throw new TimedOut(`${task.name} took longer than ${seconds} s`);
  } finally {
    task.interrupt();
  }
}

/** The results of all, in their order; when one fails, the others are interrupted. */
export function* all<T>(sim: Simulation, processes: readonly Process<T>[]): Process<T[]> {
  const tasks = processes.map((process) => sim.spawn(process));
  const end = new Signal<Task>(sim);
  let left = tasks.length;
  for (const task of tasks) {
    task.watch(() => {
      if (task.state !== "done" || --left === 0) end.fire(task);
    });
  }
  try {
    if (tasks.length > 0) (yield* end.wait()).result();
    return tasks.map((task) => task.result());
  } finally {
    for (const task of tasks) task.interrupt();
  }
}

/** The result of the first that succeeds, while the others are interrupted; fails when all fail. */
export function* first<T>(sim: Simulation, processes: readonly Process<T>[]): Process<T> {
  if (processes.length === 0) {
    throw new RangeError("Cannot wait for the first: processes must not be empty: received []");
  }
  const tasks = processes.map((process) => sim.spawn(process));
  const end = new Signal<Task<T>>(sim);
  let left = tasks.length;
  for (const task of tasks) {
    task.watch(() => {
      if (--left === 0 || task.state === "done") end.fire(task);
    });
  }
  try {
    return (yield* end.wait()).result();
  } finally {
    for (const task of tasks) task.interrupt();
  }
}
