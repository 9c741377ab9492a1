/**
 * A call that can fail: time limit, retries with back-off, circuit breaker.
 *
 * Each attempt is a process of its own. When it takes longer than `timeout` it is interrupted, so
 * that a server drops its work, or with `onTimeout: "abandon"` left to itself, so that the server
 * goes on working for nobody, as most do. The pause before attempt n + 1 is `backoff(n)`.
 *
 * @example
 * ```ts
 * import { call } from "lib/sim/call.ts";
 * import { type Process, Simulation } from "lib/sim/simulation.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const sim = new Simulation();
 * function* attempt(n: number): Process<string> {
 *   yield n === 3 ? 0.1 : 60; // the first two hang
 *   return `attempt ${n}`;
 * }
 * const task = sim.spawn(
 *   call(sim, attempt, { timeout: 1, attempts: 5, backoff: (failed) => 0.2 * 2 ** failed }),
 * );
 * sim.run();
 * assertEquals([task.value, sim.now], ["attempt 3", 1 + 0.4 + 1 + 0.8 + 0.1]);
 * ```
 */
import { settled, TimedOut } from "./combine.ts";
import { ModelError } from "./model_error.ts";
import type { Process } from "./process.ts";
import type { Simulation } from "./simulation.ts";

/** What stops calls to a target that keeps failing; `now` in s. */
export interface Breaker {
  allows(now: number): boolean;
  record(succeeded: boolean, now: number): void;
}

export interface CallOptions {
  /** Time limit of each attempt, s; default none. */
  readonly timeout?: number;
  /** Attempts in all; default 1, so no retry. */
  readonly attempts?: number;
  /** Pause after `failed` attempts, s; default none. Draw its jitter from a stream of its own. */
  readonly backoff?: (failed: number) => number;
  readonly breaker?: Breaker;
  /** What becomes of an attempt whose time is up. */
  readonly onTimeout?: "interrupt" | "abandon";
}

/** Thrown instead of an attempt that the breaker forbids. */
export class BreakerOpen extends ModelError {}

/** The result of the first attempt that succeeds; throws what the last one threw. */
export function* call<T>(
  sim: Simulation,
  attempt: (n: number) => Process<T>,
  options: CallOptions = {},
): Process<T> {
  const { timeout, attempts = 1, backoff, breaker, onTimeout = "interrupt" } = options;
  if (!(attempts >= 1)) {
    throw new RangeError(`Cannot call: attempts must be 1 or more: received ${attempts}`);
  }
  for (let n = 1;; n++) {
    let error: unknown;
    if (breaker?.allows(sim.now) === false) error = new BreakerOpen("circuit breaker is open");
    else {
      const task = sim.spawn(attempt(n), `attempt ${n}`);
      let inTime = false;
      try {
        inTime = yield* settled(sim, task, timeout);
      } catch (interruption) {
        task.interrupt(); // the caller itself is cancelled: no retry
        throw interruption;
      }
      const succeeded = inTime && task.state === "done";
      breaker?.record(succeeded, sim.now);
      if (succeeded) return task.result();
      if (!inTime && onTimeout === "interrupt") task.interrupt();
      error = inTime ? task.error : new TimedOut(`attempt ${n} took longer than ${timeout} s`);
    }
    if (n >= attempts) throw error;
    if (backoff) yield backoff(n);
  }
}
