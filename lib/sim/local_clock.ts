/**
 * The clock of one node: it drifts, is off, and may be set.
 *
 * `wall` is what the node takes for the time, as `Date.now` would tell it, and jumps when it is set;
 * `monotonic` drifts as well, but never jumps, as `performance.now`.
 *
 * Simplified: a drift is constant between changes; timers that run keep the drift of their start.
 *
 * @example
 * ```ts
 * import { LocalClock } from "lib/sim/local_clock.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const world = { now: 0 };
 * const clock = new LocalClock(world, { drift: 0.01, offset: 0.5 });
 * world.now = 100;
 * assertEquals([clock.wall, clock.monotonic], [101.5, 101]);
 * clock.jump(-2); // an NTP correction
 * assertEquals([clock.wall, clock.monotonic], [99.5, 101]);
 * ```
 */
import type { Clock } from "./gauge.ts";

export class LocalClock {
  #world: Clock;
  #drift = 0;
  #offset: number;
  #monotonic = 0; // when the drift last changed
  #changed: number;

  /** `drift` is gained seconds a second (quartz: up to 5e-5), `offset` seconds ahead. */
  constructor(world: Clock, options: { drift?: number; offset?: number } = {}) {
    this.#world = world;
    this.#changed = this.#monotonic = world.now;
    this.#offset = options.offset ?? 0;
    this.drift = options.drift ?? 0;
  }

  /** Seconds gained a second. */
  get drift(): number {
    return this.#drift;
  }

  set drift(drift: number) {
    if (!(drift > -1 && drift < Infinity)) {
      throw new RangeError(`Cannot set clock: drift must be above -1: received ${drift}`);
    }
    this.#monotonic = this.monotonic;
    this.#changed = this.#world.now;
    this.#drift = drift;
  }

  /** Time since the beginning, s; never jumps. */
  get monotonic(): number {
    return this.#monotonic + (this.#world.now - this.#changed) * (1 + this.#drift);
  }

  /** What the node takes for the time, s. */
  get wall(): number {
    return this.monotonic + this.#offset;
  }

  /** Sets the wall clock forward, or back where `seconds` is negative. */
  jump(seconds: number): void {
    this.#offset += seconds;
  }

  /** Seconds of the world in which this clock counts `seconds`. */
  inWorld(seconds: number): number {
    return seconds / (1 + this.#drift);
  }
}
