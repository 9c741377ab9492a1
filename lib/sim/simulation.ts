/**
 * A discrete-event simulation: virtual time that jumps from one event to the next.
 *
 * `schedule(delay, action)` puts an event into the queue; `run()` takes the earliest one, moves
 * `now` to its time, and calls its action, which schedules more. Events at the same time happen in
 * the order in which they were scheduled, so that a run depends on nothing but its seed; the
 * `fingerprint` of two equal runs is equal. A process (`spawn`, see `process.ts`) is a generator
 * that yields the seconds that it waits. Time is in seconds.
 *
 * Simplified: one thread. A loop that never yields cannot be interrupted; one that yields without
 * virtual time passing is caught.
 *
 * @example
 * ```ts
 * import { Simulation } from "lib/sim/simulation.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const sim = new Simulation({ seed: 1 });
 * const seen: string[] = [];
 * const timer = sim.schedule(2, () => seen.push("never"));
 * sim.schedule(1, () => sim.cancel(timer));
 * sim.spawn(function* () {
 *   yield 1.5;
 *   seen.push(`beat at ${sim.now} s`);
 * });
 * const { events, pending } = sim.run({ until: 10 });
 * assertEquals(seen, ["beat at 1.5 s"]);
 * assertEquals([sim.now, events, pending], [10, 3, 0]);
 * ```
 */
import { EventQueue, type Timer } from "./event_queue.ts";
import { type Process, Task } from "./process.ts";
import { type Random, stream } from "./random.ts";

export type { Process, Random, Timer };

/** How a run ended. */
export interface Outcome {
  readonly seed: number | string;
  /** Virtual time at the end, s. */
  readonly now: number;
  /** Events that happened since the simulation began. */
  readonly events: number;
  /** Events past the horizon, still pending. */
  readonly pending: number;
  readonly stopped: "empty" | "horizon" | "stop";
  /** Hash over time and slot of every event: equal runs have equal fingerprints. */
  readonly fingerprint: number;
}

/** What a simulation writes its steps to; `trace.ts` has one. */
export interface Recorder {
  /** The last steps that led to where the run is now, one a line. */
  explain(): string;
}

/** A run that failed: its message names the time, the seed and the last steps; `cause` is what was thrown. */
export class SimulationError extends Error {
  override name = "SimulationError";
}

export class Simulation {
  readonly seed: number | string;
  /** Virtual time, s. */
  now = 0;
  /** The process that is running, if one is. */
  current: Task<unknown> | undefined;
  #queue = new EventQueue();
  #actions: ((argument: never) => void)[] = [];
  #arguments: unknown[] = [];
  #streams = new Set<string>();
  #trace: Recorder | undefined;
  #maxPerInstant: number;
  #events = 0;
  #hash = 0;
  #stopped = false;

  /**
   * `trace` explains a failed run; `maxPerInstant` is how many events may happen before virtual
   * time has to move on.
   */
  constructor(options: { seed?: number | string; trace?: Recorder; maxPerInstant?: number } = {}) {
    this.seed = options.seed ?? 1;
    this.#trace = options.trace;
    this.#maxPerInstant = options.maxPerInstant ?? 1e7;
  }

  /** The random stream of the component called `name`; each name can be taken once. */
  random(name: string): Random {
    if (this.#streams.has(name)) {
      throw new RangeError(
        `Cannot open random stream: name must be new: received ${Deno.inspect(name)} twice; ` +
          "two components with one name would draw the same numbers",
      );
    }
    this.#streams.add(name);
    return stream(this.seed, name);
  }

  /** Calls `action(argument)` after `delay` seconds; the timer can be cancelled. */
  schedule(delay: number, action: () => void): Timer;
  schedule<A>(delay: number, action: (argument: A) => void, argument: A): Timer;
  schedule<A>(delay: number, action: (argument: A) => void, argument?: A): Timer {
    if (!(delay >= 0 && delay < Infinity)) {
      throw new RangeError(
        `Cannot schedule event: delay must be finite and 0 s or more: received ${delay}`,
      );
    }
    const slot = this.#queue.push(this.now + delay);
    this.#actions[slot] = action;
    this.#arguments[slot] = argument;
    return this.#queue.timer(slot);
  }

  /** Cancels a timer; false when it has fired or was cancelled before. */
  cancel(timer: Timer): boolean {
    return this.#queue.cancel(timer);
  }

  /** Starts a process at the present time, after the events that are due already. */
  spawn<T>(process: Process<T> | (() => Process<T>), name = "process"): Task<T> {
    return new Task(this, typeof process === "function" ? process() : process, name);
  }

  /** Ends `run` after the present event. */
  stop(): void {
    this.#stopped = true;
  }

  /**
   * Runs until no event is left, or up to and including virtual time `until` (s), where `now` then
   * stands. A run without horizon may take `maxEvents`, since most models never run dry.
   */
  run(options: { until?: number; maxEvents?: number } = {}): Outcome {
    const until = options.until ?? Infinity;
    if (!(until >= this.now)) {
      throw new RangeError(
        `Cannot run simulation: until must be ${this.now} s, the present, or later: received ${until}`,
      );
    }
    const last = this.#events + (options.maxEvents ?? (until === Infinity ? 1e8 : Infinity));
    this.#stopped = false;
    try {
      this.#loop(until, last);
    } catch (cause) {
      throw this.#explain(cause);
    }
    const stopped = this.#stopped ? "stop" : this.#queue.size > 0 ? "horizon" : "empty";
    if (!this.#stopped && until < Infinity) this.now = until;
    return {
      seed: this.seed,
      now: this.now,
      events: this.#events,
      pending: this.#queue.size,
      stopped,
      fingerprint: this.#hash >>> 0,
    };
  }

  #loop(until: number, last: number): void {
    const queue = this.#queue;
    const clock = new Float64Array(1);
    const bits = new Int32Array(clock.buffer);
    let atThisInstant = 0;
    while (!this.#stopped) {
      const time = queue.time;
      if (time > until || time === Infinity) return;
      if (this.#events >= last) {
        throw new RangeError(
          `it must end within ${last} events: received more; name a horizon with run({ until })`,
        );
      }
      if (time > this.now) atThisInstant = 0;
      else if (++atThisInstant > this.#maxPerInstant) {
        throw new RangeError(
          `virtual time must pass: received ${this.#maxPerInstant} events at one instant; ` +
            "a process yields 0 for ever, or events schedule each other without delay",
        );
      }
      this.now = time;
      this.#events++;
      const slot = queue.pop();
      clock[0] = time;
      this.#hash = Math.imul(this.#hash ^ bits[0], 0x9e3779b1) ^ (bits[1] + slot);
      const action = this.#actions[slot] as (argument: unknown) => void;
      action(this.#arguments[slot]);
    }
  }

  #explain(cause: unknown): Error {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const at = `at ${this.now} s, event ${this.#events}, seed ${this.seed}`;
    const steps = this.#trace?.explain();
    return new SimulationError(
      `Cannot go on with the simulation ${at}: ${reason}${steps ? `\n${steps}` : ""}`,
      { cause },
    );
  }
}
