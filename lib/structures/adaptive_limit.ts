/**
 * A concurrency limit that finds its own value: up by one while calls are quick, down by a tenth when they slow.
 *
 * Additive increase, multiplicative decrease, as TCP does it. Quick means: within `tolerance` times the shortest call of
 * the last `windowMs`. It rises only while the limit is in use, by one for each limit's worth of calls, and falls at
 * most once for each limit's worth. A health signal, such as lock waits at the database, makes it fall too.
 *
 * | operation | time | memory |
 * | --- | --- | --- |
 * | `sample` | O(1), allocates nothing | ten numbers |
 *
 * @example
 * ```ts
 * import { AdaptiveLimit } from "lib/structures/adaptive_limit.ts";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const limit = new AdaptiveLimit({ initial: 20, min: 2, max: 100 });
 * for (let n = 0; n < 200; n++) limit.sample(n, { tookMs: 5, inFlight: limit.limit });
 * const rose = limit.limit;
 * for (let n = 200; n < 400; n++) limit.sample(n, { tookMs: 50, inFlight: limit.limit });
 * assert(rose > 20 && limit.limit < rose);
 * assertEquals(limit.shortestMs, 5);
 * ```
 *
 * Source: Chiu and Jain, "Analysis of the Increase and Decrease Algorithms for Congestion Avoidance in Computer
 * Networks", 1989; Netflix concurrency-limits, `AIMDLimit` and `VegasLimit`.
 *
 * @module
 */

export interface AdaptiveLimitOptions {
  initial: number;
  min: number;
  max: number;
  /** A call is slow beyond this many times the shortest. Default: 2. */
  tolerance?: number;
  /** What is left of the limit after a slow call. Default: 0.9. */
  decrease?: number;
  /** How long the shortest call is remembered. Default: 10,000. */
  windowMs?: number;
}

/** A call that has ended. */
export interface CallSample {
  tookMs: number;
  /** Calls under way when it began, itself included. */
  inFlight: number;
  /** False when the server says itself that it is in trouble. */
  healthy?: boolean;
}

export class AdaptiveLimit {
  readonly options: Readonly<Required<AdaptiveLimitOptions>>;
  #limit: number;
  /** The shortest call of this half of the window, and of the half before. */
  #shortest = Infinity;
  #shortestBefore = Infinity;
  #halfEndsMs = -Infinity;
  #sinceDecrease = Infinity;
  /** Calls for which the limit is still halved. */
  #probing = 0;

  constructor(options: AdaptiveLimitOptions) {
    const { initial, min, max, tolerance = 2, decrease = 0.9, windowMs = 10_000 } = options;
    const check = (name: string, isGood: boolean, rule: string, value: number) => {
      if (isGood) return;
      throw new RangeError(
        `Cannot create adaptive limit: ${name} must be ${rule}: received ${value}`,
      );
    };
    check("min", min >= 1, "at least 1", min);
    check("max", max >= min, `at least min (${min})`, max);
    check("initial", initial >= min && initial <= max, `from ${min} to ${max}`, initial);
    check("tolerance", tolerance > 1, "above 1", tolerance);
    check("decrease", decrease > 0 && decrease < 1, "above 0 and below 1", decrease);
    check("windowMs", windowMs > 0, "above 0", windowMs);
    this.options = { initial, min, max, tolerance, decrease, windowMs };
    this.#limit = initial;
  }

  /** How many calls may be under way. */
  get limit(): number {
    const { min } = this.options;
    return Math.floor(this.#probing > 0 ? Math.max(min, this.#limit / 2) : this.#limit);
  }

  /** The shortest call of the last `windowMs`, more or less half of it. */
  get shortestMs(): number {
    return Math.min(this.#shortest, this.#shortestBefore);
  }

  allow(inFlight: number): boolean {
    return inFlight < this.limit;
  }

  /** Learns from a call that has ended. */
  sample(nowMs: number, { tookMs, inFlight, healthy = true }: CallSample): void {
    const { min, max, tolerance, decrease, windowMs } = this.options;
    if (nowMs >= this.#halfEndsMs) {
      const isLongAgo = nowMs >= this.#halfEndsMs + windowMs / 2;
      this.#shortestBefore = isLongAgo ? Infinity : this.#shortest;
      this.#shortest = Infinity;
      this.#probing = isLongAgo ? 0 : Math.ceil(2 * this.#limit);
      this.#halfEndsMs = nowMs + windowMs / 2;
    }
    this.#shortest = Math.min(this.#shortest, tookMs);
    this.#sinceDecrease++;
    if (this.#probing > 0) {
      this.#probing--;
      return;
    }
    if (!healthy || tookMs > tolerance * this.shortestMs) {
      if (this.#sinceDecrease < this.#limit) return; // they were under way when it fell
      this.#limit = Math.max(min, this.#limit * decrease);
      this.#sinceDecrease = 0;
    } else if (2 * inFlight >= this.#limit) {
      this.#limit = Math.min(max, this.#limit + 1 / this.#limit);
    }
  }
}
