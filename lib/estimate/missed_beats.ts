/**
 * How often a live device misses enough heartbeats in a row to look dead.
 *
 * A run of losses starts with probability p/b a beat, b being the mean length of a run, and goes on
 * with probability 1 - 1/b, so k in a row complete with probability (p/b)(1 - 1/b)^(k-1) a beat.
 * Independent losses have b = 1/(1-p), which gives (1-p) p^k; a Gilbert–Elliott channel that loses all in
 * its bad state has any b. The same mean loss in bursts is far worse.
 *
 * Simplified: beats are evenly spaced, and the channel's state changes only between beats.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { falseOfflineRate } from "lib/estimate/missed_beats.ts";
 * import { quantity } from "lib/estimate/quantity.ts";
 *
 * const beat = { loss: quantity(1, "%"), misses: 3, heartbeat: quantity(1.5, "s") };
 * const [independent, bursts] = [falseOfflineRate(beat), falseOfflineRate({ ...beat, burst: 5 })];
 * assertEquals(independent.to("/h").toString({ digits: 4 }), "0.002376 /h");
 * assertEquals(`${bursts.to("/h")}, ${bursts.per(independent)} times as often`,
 *   "3.07 /h, 1,293 times as often");
 * ```
 *
 * Source: Feller, An Introduction to Probability Theory and Its Applications, volume 1, chapter XIII.7;
 * Gilbert, Capacity of a Burst-Noise Channel, Bell System Technical Journal 39, 1960.
 */
import { type Quantity, quantity } from "./quantity.ts";
import { type Share, share } from "./share.ts";

/** Losses of heartbeats. */
export interface Losses {
  /** Share of the beats that is lost. */
  readonly loss: Share;
  /** How many in a row make a device look dead. */
  readonly misses: number;
  /** Mean number of beats lost in a row; independent losses unless given. */
  readonly burst?: number;
}

/**
 * Returns the probability that a beat completes a run of `misses` lost ones.
 *
 * @throws {RangeError} When misses is not a whole number from 1, or so much loss needs longer bursts.
 */
export function missedInARow({ loss, misses, burst }: Losses): Quantity<"ratio"> {
  const p = share(loss, "estimate missed beats", "loss");
  if (!Number.isInteger(misses) || misses < 1) {
    throw new RangeError(
      `Cannot estimate missed beats: misses must be a whole number from 1: received ${misses}`,
    );
  }
  if (p === 1) return quantity(0); // dead for good: no run starts
  const shortest = Math.max(1, p / (1 - p)); // every good stretch lasts a beat or more
  const mean = burst ?? 1 / (1 - p);
  if (!(mean >= shortest)) {
    throw new RangeError(
      `Cannot estimate missed beats: burst must be at least ${shortest} beats: received ${mean}`,
    );
  }
  return quantity(p / mean * (1 - 1 / mean) ** (misses - 1));
}

/** Returns how often a live device is taken for dead; `to("/h")` makes it false alarms per device-hour. */
export function falseOfflineRate(
  { heartbeat, ...losses }: Losses & { heartbeat: Quantity<"time"> },
): Quantity<"rate"> {
  return missedInARow(losses).per(heartbeat);
}
