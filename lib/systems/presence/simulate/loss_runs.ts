/**
 * Packet loss as alternating runs: beats that arrive, then beats that are lost.
 *
 * Independent loss and the simple Gilbert model of bursts are both a chain with two numbers: how
 * likely a loss begins after a beat that came (`start`), and how likely the next is lost too
 * (`stay`). Only the mean of the two is the loss rate, and what a failure detector sees is `stay`.
 *
 * @example
 * ```ts
 * import { bursts, falseOfflinePerDeviceHour, independent } from "lib/systems/presence/simulate/loss_runs.ts";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const detector = { heartbeatMs: 1500, misses: 3 };
 * assertAlmostEquals(falseOfflinePerDeviceHour(independent(0.01), detector), 0.002376);
 * assertAlmostEquals(falseOfflinePerDeviceHour(bursts(0.01, 5), detector), 3.072);
 * ```
 *
 * Source: Gilbert, "Capacity of a Burst-Noise Channel", Bell System Technical Journal 1960.
 *
 * @module
 */

/** A two-state chain over beats. */
export interface LossRuns {
  /** Chance that a beat is lost when the one before came. */
  readonly start: number;
  /** Chance that a beat is lost when the one before was. */
  readonly stay: number;
}

/** Every beat is lost with the same chance, whatever happened before. */
export function independent(loss: number): LossRuns {
  checkLoss(loss);
  return { start: loss, stay: loss };
}

/** The same share of beats is lost, in bursts of `meanBurst` on average. */
export function bursts(loss: number, meanBurst: number): LossRuns {
  checkLoss(loss);
  if (!(meanBurst >= 1)) {
    throw new RangeError(
      `Cannot model bursts: meanBurst must be at least 1: received ${meanBurst}`,
    );
  }
  const start = loss / (meanBurst * (1 - loss));
  if (start > 1) {
    throw new RangeError(
      `Cannot model bursts: loss must be at most ${
        meanBurst / (meanBurst + 1)
      } for bursts of ${meanBurst}: received ${loss}`,
    );
  }
  return { start, stay: 1 - 1 / meanBurst };
}

/** The share of beats that the chain loses in the long run. */
export function lossOf({ start, stay }: LossRuns): number {
  return start === 0 ? 0 : start / (start + 1 - stay);
}

/** How often `misses` losses in a row are expected of one living device, per hour. */
export function falseOfflinePerDeviceHour(
  runs: LossRuns,
  { heartbeatMs, misses }: { heartbeatMs: number; misses: number },
): number {
  const perBeat = (1 - lossOf(runs)) * runs.start * runs.stay ** (misses - 1);
  return perBeat * 3_600_000 / heartbeatMs;
}

/** Draws for one device after the other whether its next beat is lost; starts in the long run. */
export function lossOfNext(runs: LossRuns, random: () => number): () => boolean {
  let lost = random() < lossOf(runs);
  let first = true;
  return () => {
    if (!first) lost = random() < (lost ? runs.stay : runs.start);
    first = false;
    return lost;
  };
}

function checkLoss(loss: number): void {
  if (!(loss >= 0 && loss < 1)) {
    throw new RangeError(`Cannot model loss: loss must be from 0 to below 1: received ${loss}`);
  }
}
