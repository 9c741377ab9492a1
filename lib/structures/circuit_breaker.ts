/**
 * A circuit breaker: after too many failures no more calls for a while, then a few to try.
 *
 * | state | lets through | leaves it |
 * | --- | --- | --- |
 * | closed | everything | when the share of failures among the last `window` calls reaches `failureShare` |
 * | open | nothing | after `openMs`, to halfOpen |
 * | halfOpen | `probes` calls | closed when all of them succeed, open when one fails |
 *
 * Failing at once costs the caller nothing and gives the server time to work off its queue. The caller asks `allow`
 * before a call and reports `succeed` or `fail` after it.
 *
 * Simplified: counts calls, not seconds, so a rarely used breaker remembers old failures; probes that never report keep
 * it half open until `openMs` has passed again.
 *
 * | operation | time | memory |
 * | --- | --- | --- |
 * | `allow`, `succeed`, `fail` | O(1), allocates nothing | 1 B a call of the window |
 *
 * @example
 * ```ts
 * import { CircuitBreaker } from "lib/structures/circuit_breaker.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const breaker = new CircuitBreaker({ window: 4, failureShare: 0.5, openMs: 1000 });
 * for (let n = 0; n < 4; n++) breaker.fail(0);
 * assertEquals([breaker.state(10), breaker.allow(10)], ["open", false]);
 * assertEquals([breaker.allow(1000), breaker.state(1000)], [true, "halfOpen"]);
 * breaker.succeed(1001);
 * assertEquals(breaker.state(1001), "closed");
 * ```
 *
 * Source: Nygard, Release It!, 2nd edition, 2018, "Circuit Breaker".
 *
 * @module
 */

export type BreakerState = "closed" | "open" | "halfOpen";

export interface CircuitBreakerOptions {
  /** Calls that are judged together; with fewer the breaker stays closed. */
  window: number;
  /** Share of failures that opens it, above 0 and at most 1. */
  failureShare: number;
  openMs: number;
  /** Calls that try a server that failed. Default: 1. */
  probes?: number;
}

export class CircuitBreaker {
  readonly options: Readonly<Required<CircuitBreakerOptions>>;
  /** How often it has opened. */
  opened = 0;
  #failed: Uint8Array;
  #next = 0;
  #seen = 0;
  #failures = 0;
  #state: BreakerState = "closed";
  #sinceMs = 0;
  #probesLeft = 0;
  #probesGood = 0;

  constructor(options: CircuitBreakerOptions) {
    const { window, failureShare, openMs, probes = 1 } = options;
    const check = (name: string, isGood: boolean, rule: string, value: number) => {
      if (isGood) return;
      throw new RangeError(
        `Cannot create circuit breaker: ${name} must be ${rule}: received ${value}`,
      );
    };
    check("window", Number.isInteger(window) && window >= 1, "an integer above 0", window);
    check("failureShare", failureShare > 0 && failureShare <= 1, "above 0, up to 1", failureShare);
    check("openMs", openMs > 0 && openMs < Infinity, "above 0", openMs);
    check("probes", Number.isInteger(probes) && probes >= 1, "an integer above 0", probes);
    this.options = { window, failureShare, openMs, probes };
    this.#failed = new Uint8Array(window);
  }

  state(nowMs: number): BreakerState {
    const isOver = nowMs - this.#sinceMs >= this.options.openMs;
    return this.#state === "open" && isOver ? "halfOpen" : this.#state;
  }

  /** Whether a call may go out; a probe that is allowed is counted. */
  allow(nowMs: number): boolean {
    if (this.#state === "closed") return true;
    const isOver = nowMs - this.#sinceMs >= this.options.openMs;
    if (isOver && (this.#state === "open" || this.#probesLeft === 0)) {
      this.#state = "halfOpen";
      this.#sinceMs = nowMs;
      this.#probesLeft = this.options.probes;
      this.#probesGood = 0;
    }
    if (this.#state === "open" || this.#probesLeft === 0) return false;
    this.#probesLeft--;
    return true;
  }

  succeed(nowMs: number): void {
    if (this.#state === "closed") return this.#record(0, nowMs);
    if (this.#state === "open") return; // one that was under way when it opened
    if (++this.#probesGood === this.options.probes) this.#reset(nowMs);
  }

  fail(nowMs: number): void {
    if (this.#state === "closed") this.#record(1, nowMs);
    else if (this.#state === "halfOpen") this.#open(nowMs);
  }

  #record(failed: 0 | 1, nowMs: number): void {
    const { window, failureShare } = this.options;
    this.#failures += failed - this.#failed[this.#next];
    this.#failed[this.#next] = failed;
    this.#next = (this.#next + 1) % window;
    this.#seen = Math.min(window, this.#seen + 1);
    if (this.#seen === window && this.#failures >= failureShare * window) this.#open(nowMs);
  }

  #open(nowMs: number): void {
    this.#state = "open";
    this.#sinceMs = nowMs;
    this.opened++;
  }

  #reset(nowMs: number): void {
    this.#state = "closed";
    this.#sinceMs = nowMs;
    this.#failed.fill(0);
    this.#failures = this.#seen = this.#next = 0;
  }
}
