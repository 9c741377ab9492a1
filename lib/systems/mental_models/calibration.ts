/**
 * How good somebody's predictions are: intervals that should hold the truth nine times in ten, and
 * bets on yes or no.
 *
 * Coverage is the share of intervals that held. The Brier score is the mean square of the distance
 * between what was believed and what came true: 0 is perfect, 0.25 a coin. The curve lays belief
 * beside frequency; on the diagonal 70 % means seven in ten.
 *
 * Simplified: an interval is scored as a bet of 90 % that it holds, so that one number ranks all.
 *
 * @example
 * ```ts
 * import { calibrate } from "lib/systems/mental_models/calibration.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const { coverage, hitRate, worst } = calibrate([
 *   { question: "wait at the peak (s)", low: 1, high: 5, truth: 12 },
 *   { question: "is R + W > N linearizable?", yes: 0.9, truth: false },
 *   { question: "does block lose anything?", yes: 0.2, truth: false },
 * ]);
 * assertEquals([coverage, hitRate, worst.question], [0, 0.5, "wait at the peak (s)"]);
 * ```
 *
 * Source: Brier, "Verification of forecasts expressed in terms of probability", 1950.
 *
 * @module
 */

/** A number that is believed to lie in an interval with 90 %. */
export interface IntervalPrediction {
  readonly question: string;
  readonly low: number;
  readonly high: number;
  readonly truth: number;
}

/** A bet: the probability of yes. */
export interface Bet {
  readonly question: string;
  readonly yes: number;
  readonly truth: boolean;
}

export type Prediction = IntervalPrediction | Bet;

/** A prediction with its score: 0 is perfect, 1 the worst. */
export type Scored = Prediction & { readonly score: number; readonly held: boolean };

export interface Calibration {
  /** Mean score of all predictions. */
  readonly brier: number;
  /** Share of bets whose likelier side came true; NaN without bets. */
  readonly hitRate: number;
  /** Share of intervals that held; NaN without intervals. */
  readonly coverage: number;
  /** Believed and seen, by tenths of belief, both in per cent. */
  readonly curve: { believed: number; seen: number; count: number }[];
  readonly scored: readonly Scored[];
  /** The prediction with the worst score; among equals the one that is further off. */
  readonly worst: Scored;
}

const CONFIDENCE = 0.9;

/**
 * Scores predictions against the truth.
 *
 * @throws {RangeError} When a probability is not from 0 to 1, an interval is upside down, or there is none.
 */
export function calibrate(predictions: readonly Prediction[]): Calibration {
  if (predictions.length === 0) {
    throw new RangeError("Cannot calibrate: predictions must not be empty: received none");
  }
  const scored = predictions.map((prediction): Scored => {
    const { question } = prediction;
    if ("yes" in prediction) {
      const { yes, truth } = prediction;
      if (!(yes >= 0 && yes <= 1)) {
        throw new RangeError(
          `Cannot calibrate "${question}": yes must be from 0 to 1: received ${yes}`,
        );
      }
      const held = truth ? yes > 0.5 : yes < 0.5;
      return { ...prediction, held, score: (yes - Number(truth)) ** 2 };
    }
    const { low, high, truth } = prediction;
    if (!(low <= high)) {
      throw new RangeError(
        `Cannot calibrate "${question}": low must be at most high = ${high}: received ${low}`,
      );
    }
    const held = low <= truth && truth <= high;
    return { ...prediction, held, score: (CONFIDENCE - Number(held)) ** 2 };
  });
  const share = (of: readonly Scored[]) => of.filter(({ held }) => held).length / of.length;
  const believed = scored.map((one) => ({
    belief: "yes" in one ? Math.max(one.yes, 1 - one.yes) : CONFIDENCE,
    held: one.held,
  }));
  const curve = [0.5, 0.6, 0.7, 0.8, 0.9].flatMap((from) => {
    const within = believed.filter(({ belief }) =>
      belief >= from - 1e-9 && (belief < from + 0.1 - 1e-9 || from === 0.9)
    );
    if (within.length === 0) return [];
    const mean = within.reduce((sum, { belief }) => sum + belief, 0) / within.length;
    const seen = within.filter(({ held }) => held).length / within.length;
    return [{ believed: 100 * mean, seen: 100 * seen, count: within.length }];
  });
  return {
    brier: scored.reduce((sum, { score }) => sum + score, 0) / scored.length,
    hitRate: share(scored.filter((one) => "yes" in one)),
    coverage: share(scored.filter((one) => !("yes" in one))),
    curve,
    scored,
    worst: scored.reduce((a, b) =>
      b.score > a.score || b.score === a.score && off(b) > off(a) ? b : a
    ),
  };
}

/** How far beyond its interval the truth is, in lengths of the interval; 0 for bets. */
function off(prediction: Prediction): number {
  if ("yes" in prediction) return 0;
  const { low, high, truth } = prediction;
  return Math.max(low - truth, truth - high, 0) / Math.max(high - low, 1e-12);
}
