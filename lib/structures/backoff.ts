/**
 * Waiting times between retries: exponential back-off, with and without jitter.
 *
 * Each failed attempt doubles the wait, up to a cap, so that clients of a broken server back away
 * from it. Alone that keeps clients that failed together in step, and they collide again; jitter
 * draws the wait at random, and pulls them apart:
 *
 * | kind | wait after n failures, e = min(cap, base × 2ⁿ) |
 * | --- | --- |
 * | none | 0 |
 * | exponential | e |
 * | equal | half of e, and up to as much again |
 * | full | anything from 0 to e |
 * | decorrelated | anything from base to three times the last wait, at most cap |
 *
 * Full jitter needs the fewest calls, decorrelated the least time; see the source.
 *
 * @example
 * ```ts
 * import { delays } from "lib/structures/backoff.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const waits = delays("exponential", { baseMs: 100, capMs: 1000 }, Math.random);
 * assertEquals([...waits.take(5)], [100, 200, 400, 800, 1000]);
 * ```
 *
 * Source: Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog 2015.
 *
 * @module
 */

/** A rule for the wait before the next attempt. */
export type BackoffKind = "none" | "exponential" | "equal" | "full" | "decorrelated";

/** The first and the longest wait. */
export interface BackoffOptions {
  baseMs: number;
  capMs: number;
}

/** Endless waits in ms: the first is the one after the first failure. `random` draws from [0, 1). */
export function* delays(
  kind: BackoffKind,
  options: BackoffOptions,
  random: () => number,
): Generator<number, never> {
  const { baseMs, capMs } = options;
  if (!(baseMs > 0 && baseMs < Infinity)) {
    throw new RangeError(`Cannot back off: baseMs must be positive: received ${baseMs}`);
  }
  if (!(capMs >= baseMs)) {
    throw new RangeError(
      `Cannot back off: capMs must be at least baseMs (${baseMs}): received ${capMs}`,
    );
  }
  let wait = baseMs;
  for (let exponential = baseMs;; exponential = Math.min(capMs, exponential * 2)) {
    switch (kind) {
      case "none":
        wait = 0;
        break;
      case "exponential":
        wait = exponential;
        break;
      case "equal":
        wait = exponential * (1 + random()) / 2;
        break;
      case "full":
        wait = exponential * random();
        break;
      case "decorrelated":
        wait = Math.min(capMs, baseMs + (3 * wait - baseMs) * random());
        break;
      default:
        throw new TypeError(
          `Cannot back off: kind must be none, exponential, equal, full or decorrelated: received ${kind}`,
        );
    }
    yield wait;
  }
}
