/**
 * A concurrency limit that finds its own value: up by one while calls are quick, down by a tenth when they slow.
 *
 * Additive increase, multiplicative decrease, as TCP does it, a round at a time: a round is as many calls as the limit,
 * ten at least. It is quick when its mean is within `tolerance` times the quickest round of the last `windowMs`; the
 * mean, since single calls differ by more than load does. The limit rises only while it is in use. A health signal, such
 * as lock waits at the database, makes it fall too. Twice a window the limit is halved for two rounds: at the limit all
 * calls are somewhat slow, and without that it would take their time for the quickest there is, and rise for ever.
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
 * assertEquals(limit.quickestMs, 5);
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
  /** A round is slow beyond this many times the quickest. Default: 2. */
  tolerance?: number;
  /** What is left of the limit after a slow round. Default: 0.9. */
  decrease?: number;
  /** How long the quickest round is remembered. Default: 10,000. */
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

/** Calls whose mean says something. */
const LEAST_ROUND = 10;

export class AdaptiveLimit {
  readonly options: Readonly<Required<AdaptiveLimitOptions>>;
  #limit: number;
  /** The quickest round of this half of the window, and of the half before. */
  #quickest = Infinity;
  #quickestBefore = Infinity;
  #halfEndsMs = -Infinity;
  /** Rounds for which the limit is still halved. */
  #probing = 0;
  #calls = 0;
  #sumMs = 0;
  #wasUsed = false;
  #wasHealthy = true;

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

  /** The mean of the quickest round of the last `windowMs`, more or less half of it. */
  get quickestMs(): number {
    return Math.min(this.#quickest, this.#quickestBefore);
  }

  allow(inFlight: number): boolean {
    return inFlight < this.limit;
  }

  /** Learns from a call that has ended. */
  sample(nowMs: number, { tookMs, inFlight, healthy = true }: CallSample): void {
    this.#calls++;
    this.#sumMs += tookMs;
    if (2 * inFlight >= this.limit) this.#wasUsed = true;
    if (!healthy) this.#wasHealthy = false;
    if (this.#calls >= Math.max(LEAST_ROUND, this.limit)) this.#endRound(nowMs);
  }

  #endRound(nowMs: number): void {
    const { min, max, tolerance, decrease, windowMs } = this.options;
    const meanMs = this.#sumMs / this.#calls;
    if (this.#probing > 0) this.#probing--;
    if (nowMs >= this.#halfEndsMs) {
      const isLongAgo = nowMs >= this.#halfEndsMs + windowMs / 2;
      this.#quickestBefore = isLongAgo ? Infinity : this.#quickest;
      this.#quickest = Infinity;
      this.#probing = isLongAgo ? 0 : 2;
      this.#halfEndsMs = nowMs + windowMs / 2;
    }
    this.#quickest = Math.min(this.#quickest, meanMs);
    if (!this.#wasHealthy || meanMs > tolerance * this.quickestMs) {
      this.#limit = Math.max(min, this.#limit * decrease);
    } else if (this.#wasUsed && this.#probing === 0) {
      this.#limit = Math.min(max, this.#limit + 1);
    }
    this.#calls = this.#sumMs = 0;
    this.#wasUsed = false;
    this.#wasHealthy = true;
  }
}
