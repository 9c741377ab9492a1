/**
 * An alert on consumer lag that looks ahead, and says what to do.
 *
 * **Lag in seconds** is how long the producers took to write what is waiting: records waiting, by the rate at which they
 * come. A line through the last samples tells how fast it grows, and so when it will pass the limit. The alert fires when
 * it has, or when it will within the horizon. The remedy follows from the same numbers: consumers enough for the rate and
 * for the backlog in the time wanted, at most one a partition; if that is not enough, the producers slow down by the
 * rest, or topics that can wait are shed.
 *
 * @example
 * ```ts
 * import { assessLag } from "lib/operate/lag_alert.ts";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const samples = [0, 10, 20].map((s) => ({ atMs: s * 1000, records: s * 500, producedPerSecond: 1000 }));
 * const seen = assessLag(samples, { limitSeconds: 60, horizonSeconds: 300 });
 * assertEquals([seen.lagSeconds, seen.slope, seen.breachInSeconds, seen.isFiring], [10, 0.5, 100, true]);
 * ```
 *
 * Source: Prometheus, `predict_linear`; catch-up time from Little's law for a fluid queue.
 *
 * @module
 */

/** What was seen of a group at a moment. */
export interface LagSample {
  atMs: number;
  /** Records that wait. */
  records: number;
  producedPerSecond: number;
}

export interface LagLimits {
  /** Lag that must not be passed. */
  limitSeconds: number;
  /** How far to look ahead. */
  horizonSeconds: number;
}

export interface LagAssessment {
  lagSeconds: number;
  /** Seconds of lag gained a second; below 0 it shrinks. */
  slope: number;
  /** When the limit will be passed: 0 when it is, Infinity when it will not. */
  breachInSeconds: number;
  isFiring: boolean;
}

function lagSecondsOf({ records, producedPerSecond }: LagSample): number {
  return records === 0 ? 0 : records / producedPerSecond;
}

/** Slope of the line through points that is nearest in squares; 0 for less than two moments. */
function slopeOf(points: readonly (readonly [x: number, y: number])[]): number {
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / points.length;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / points.length;
  const above = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
  const below = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  return below === 0 ? 0 : above / below;
}

/** Lag, where it goes, and whether to ring. @throws {RangeError} without a sample */
export function assessLag(
  samples: readonly LagSample[],
  { limitSeconds, horizonSeconds }: LagLimits,
): LagAssessment {
  const last = samples.at(-1);
  if (last === undefined) {
    throw new RangeError("Cannot assess lag: samples must be at least 1: received 0");
  }
  const lagSeconds = lagSecondsOf(last);
  const slope = slopeOf(samples.map((each) => [each.atMs / 1000, lagSecondsOf(each)]));
  const left = limitSeconds - lagSeconds;
  const breachInSeconds = left <= 0 ? 0 : slope > 0 ? left / slope : Infinity;
  return { lagSeconds, slope, breachInSeconds, isFiring: breachInSeconds <= horizonSeconds };
}

/** What the remedy is worked out from. */
export interface LagSituation {
  records: number;
  producedPerSecond: number;
  /** Of one consumer, as it is now. */
  consumedPerSecond: number;
  consumers: number;
  partitions: number;
  /** In what time the backlog is to be gone. */
  catchUpSeconds: number;
  /** Rate of topics that can wait, of those produced. */
  optionalPerSecond?: number;
  /** The consumer that is furthest behind, for the first step. */
  slowest?: string;
}

export interface LagRemedy {
  /** Consumers to have. */
  scaleTo: number;
  /** Share of the optional topics to shed, 0 … 1. */
  shed: number;
  /** Share by which producers must slow down, 0 … 1. */
  throttle: number;
  /** When the backlog will be gone, with all of this done. */
  catchUpSeconds: number;
  /** What to do, in order. */
  steps: string[];
}

const percent = (share: number) => `${Math.ceil(share * 100)} %`;

/** What brings a group back within the time wanted. */
export function remedyFor(situation: LagSituation): LagRemedy {
  const { records, producedPerSecond, consumedPerSecond, consumers, partitions } = situation;
  const { optionalPerSecond = 0, slowest, catchUpSeconds: wanted } = situation;
  const needed = producedPerSecond + records / wanted;
  const scaleTo = Math.max(consumers, Math.min(partitions, Math.ceil(needed / consumedPerSecond)));
  const capacity = scaleTo * consumedPerSecond;
  const missing = Math.max(0, needed - capacity);
  const shedRate = Math.min(missing, optionalPerSecond);
  const rest = producedPerSecond - shedRate;
  const slowed = Math.min(missing - shedRate, rest);
  const throttle = rest > 0 ? slowed / rest : 0,
    shed = optionalPerSecond > 0 ? shedRate / optionalPerSecond : 0;
  const spare = capacity - (rest - slowed);
  return {
    scaleTo,
    shed,
    throttle,
    catchUpSeconds: records === 0 ? 0 : spare > 0 ? records / spare : Infinity,
    steps: [
      ...(slowest === undefined ? [] : [`Look at ${slowest}: it is furthest behind`]),
      ...(scaleTo > consumers ? [`Scale from ${consumers} to ${scaleTo} consumers`] : []),
      ...(shed > 0 ? [`Shed ${percent(shed)} of the optional topics`] : []),
      ...(throttle > 0 ? [`Throttle the producers by ${percent(throttle)}`] : []),
      `Expect the backlog to be gone after ${
        spare > 0 ? `${Math.ceil(records / spare)} s` : "never: add partitions"
      }`,
    ],
  };
}
