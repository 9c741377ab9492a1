/**
 * A quantity over virtual time, such as the length of a queue, and its mean weighted by time.
 *
 * @example
 * ```ts
 * import { Gauge } from "lib/sim/gauge.ts";
 * import { Simulation } from "lib/sim/simulation.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const sim = new Simulation();
 * const queue = new Gauge(sim);
 * sim.schedule(2, () => queue.add(3));
 * sim.run({ until: 6 });
 * assertEquals([queue.value, queue.max, queue.mean], [3, 3, 2]); // 2 s of 0, 4 s of 3
 * ```
 */

/** Whatever knows the present time, s. */
export interface Clock {
  readonly now: number;
}

export class Gauge {
  value: number;
  /** Largest value since the beginning, or since `cut`. */
  max: number;
  #clock: Clock;
  #since: number;
  #changed: number;
  #area = 0;

  constructor(clock: Clock, value = 0) {
    this.value = this.max = value;
    this.#clock = clock;
    this.#since = this.#changed = clock.now;
  }

  set(value: number): void {
    const now = this.#clock.now;
    this.#area += this.value * (now - this.#changed);
    this.#changed = now;
    this.value = value;
    if (value > this.max) this.max = value;
  }

  add(difference: number): void {
    this.set(this.value + difference);
  }

  /** Integral over time: value × s. */
  get area(): number {
    return this.#area + this.value * (this.#clock.now - this.#changed);
  }

  /** Mean weighted by time; NaN before any time has passed. */
  get mean(): number {
    return this.area / (this.#clock.now - this.#since);
  }

  /** Forgets the past, as at the end of a warm-up. */
  cut(): void {
    this.#since = this.#changed = this.#clock.now;
    this.#area = 0;
    this.max = this.value;
  }
}
