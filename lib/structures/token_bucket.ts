/**
 * A token bucket: a rate limit that lets short bursts through.
 *
 * The bucket holds up to `burst` tokens and gains `ratePerSecond` of them; each unit of work takes
 * one. It is refilled when it is asked, from the time that has passed, so an idle bucket costs
 * nothing. Over any stretch of time it lets at most burst + rate × time through.
 *
 * A leaky bucket used as a meter is the same object seen from the other side: its level is
 * `burst` minus the tokens.
 *
 * | operation | time | memory |
 * | --- | --- | --- |
 * | `take`, `waitMs` | O(1), allocates nothing | four numbers |
 *
 * @example
 * ```ts
 * import { TokenBucket } from "lib/structures/token_bucket.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const bucket = new TokenBucket({ ratePerSecond: 10, burst: 2 });
 * assertEquals([bucket.take(0), bucket.take(0), bucket.take(0)], [true, true, false]);
 * assertEquals(bucket.waitMs(0), 100);
 * assertEquals(bucket.take(100), true);
 * ```
 *
 * Source: Turner, "New Directions in Communications", IEEE Communications Magazine 1986; RFC 2697.
 *
 * @module
 */

/** How much a bucket lets through. */
export interface TokenBucketOptions {
  /** Tokens gained a second. */
  ratePerSecond: number;
  /** Tokens that it holds at most, and at the start. */
  burst: number;
}

/** Many small refills add up to a little less than their sum. */
const ROUNDING = 1e-9;

/** Limits a rate; times in ms, of one clock. */
export class TokenBucket {
  readonly ratePerSecond: number;
  readonly burst: number;
  #tokens: number;
  #atMs = -Infinity;

  constructor(options: TokenBucketOptions) {
    const { ratePerSecond, burst } = options;
    if (!(ratePerSecond >= 0 && ratePerSecond < Infinity)) {
      throw new RangeError(
        `Cannot create token bucket: ratePerSecond must be at least 0: received ${ratePerSecond}`,
      );
    }
    if (!(burst > 0)) {
      throw new RangeError(`Cannot create token bucket: burst must be positive: received ${burst}`);
    }
    this.ratePerSecond = ratePerSecond;
    this.burst = burst;
    this.#tokens = burst;
  }

  /** Takes `count` tokens if they are there, all or none. */
  take(nowMs: number, count = 1): boolean {
    this.#refill(nowMs);
    if (this.#tokens < count - ROUNDING) return false;
    this.#tokens = Math.max(0, this.#tokens - count);
    return true;
  }

  /** Ms until `count` tokens are there; `Infinity` when they never will be. */
  waitMs(nowMs: number, count = 1): number {
    this.#refill(nowMs);
    if (this.#tokens >= count - ROUNDING) return 0;
    if (count > this.burst || this.ratePerSecond === 0) return Infinity;
    return (count - this.#tokens) / this.ratePerSecond * 1000;
  }

  /** Tokens there now. */
  tokens(nowMs: number): number {
    this.#refill(nowMs);
    return this.#tokens;
  }

  #refill(nowMs: number): void {
    if (nowMs <= this.#atMs) return; // a clock that steps back gains nothing
    if (this.#atMs > -Infinity) {
      const gained = (nowMs - this.#atMs) / 1000 * this.ratePerSecond;
      this.#tokens = Math.min(this.burst, this.#tokens + gained);
    }
    this.#atMs = nowMs;
  }
}
