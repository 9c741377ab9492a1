/**
 * The phi accrual failure detector: how suspicious the silence of a peer is, on a scale.
 *
 * It keeps the last `window` intervals between heartbeats and takes them for normally distributed.
 * After `t` ms of silence, phi = -log10 P(interval > t): at phi 1 a suspicion is wrong once in ten
 * beats, at 2 once in a hundred, at 3 once in a thousand. Callers choose a threshold instead of a
 * timeout, and the timeout follows the network that the beats really see. The sums are recomputed
 * whenever the window wraps, so that rounding errors do not build up.
 *
 * The mean and deviation of a finite window are themselves uncertain, so real suspicions are a
 * little more often wrong than phi says (0.108 % instead of 0.1 % with 200 intervals).
 *
 * | operation | time | memory |
 * | --- | --- | --- |
 * | `beat` | O(1), allocates nothing | 8 B × window |
 * | `phi` | O(1) | |
 *
 * @example
 * ```ts
 * import { PhiAccrual } from "lib/structures/phi_accrual.ts";
 * import { assert } from "@std/assert";
 *
 * const detector = new PhiAccrual({ window: 10, minStdMs: 50 });
 * for (let beat = 0; beat <= 10; beat++) detector.beat(beat * 1000);
 * assert(detector.phi(10_900) < 0.1);
 * assert(detector.phi(11_300) > 8); // 6 deviations late
 * ```
 *
 * Source: Hayashibara, Défago, Yared, Katayama, "The φ Accrual Failure Detector", SRDS 2004;
 * options, minimum deviation and the logistic approximation as in Akka's `PhiAccrualFailureDetector`.
 *
 * @module
 */

/** The upper tail of the normal distribution: exact, or the approximation that Akka uses. */
export type NormalTail = "normal" | "logistic";

/** How a detector judges silence. */
export interface PhiAccrualOptions {
  /** Intervals remembered. */
  window?: number;
  /** A lower bound for the deviation: very regular beats must not make it jumpy. */
  minStdMs?: number;
  /** Silence that is forgiven on top of the mean interval, for pauses of the peer. */
  acceptablePauseMs?: number;
  /** The interval to expect before any was seen, so that one beat is enough to be missed. */
  firstIntervalMs?: number;
  tail?: NormalTail;
}

/** Judges the silence of one peer from its heartbeats; times in ms, of one clock. */
export class PhiAccrual {
  #intervals: Float64Array;
  #count = 0;
  #sum = 0;
  #squares = 0;
  /** Intervals are stored as differences from the first guess: smaller numbers, smaller errors. */
  #origin = 0;
  #lastMs = NaN;
  #minStdMs: number;
  #pauseMs: number;
  #tail: (deviations: number) => number;

  constructor(options: PhiAccrualOptions = {}) {
    const { window = 200, minStdMs = 100, acceptablePauseMs = 0, firstIntervalMs = 1000 } = options;
    if (!Number.isInteger(window) || window < 2) {
      throw new RangeError(
        `Cannot create phi accrual detector: window must be an integer of at least 2: received ${window}`,
      );
    }
    if (!(minStdMs > 0)) {
      throw new RangeError(
        `Cannot create phi accrual detector: minStdMs must be positive: received ${minStdMs}`,
      );
    }
    this.#intervals = new Float64Array(window);
    this.#minStdMs = minStdMs;
    this.#pauseMs = acceptablePauseMs;
    if (!(firstIntervalMs > 0)) {
      throw new RangeError(
        `Cannot create phi accrual detector: firstIntervalMs must be positive: received ${firstIntervalMs}`,
      );
    }
    this.#tail = options.tail === "logistic" ? logisticTailPhi : normalTailPhi;
    this.#origin = firstIntervalMs;
    this.#remember(firstIntervalMs * 0.75); // mean and deviation as Akka starts with
    this.#remember(firstIntervalMs * 1.25);
  }

  /** Records a heartbeat. One that is older than the last counts for nothing. */
  beat(atMs: number): void {
    const interval = atMs - this.#lastMs;
    if (interval < 0) return;
    this.#lastMs = atMs;
    if (!Number.isNaN(interval)) this.#remember(interval);
  }

  /** Mean of the remembered intervals, in ms. */
  get meanMs(): number {
    return this.#origin + this.#sum / this.#size;
  }

  /** Deviation of the remembered intervals, in ms, at least `minStdMs`. */
  get stdMs(): number {
    const mean = this.#sum / this.#size;
    return Math.max(this.#minStdMs, Math.sqrt(Math.max(0, this.#squares / this.#size - mean ** 2)));
  }

  /** Suspicion now: 0 before the first beat, then -log10 of the chance that one still comes. */
  phi(nowMs: number): number {
    if (Number.isNaN(this.#lastMs)) return 0;
    const silenceMs = nowMs - this.#lastMs;
    return this.#tail((silenceMs - this.meanMs - this.#pauseMs) / this.stdMs);
  }

  get #size(): number {
    return Math.min(this.#count, this.#intervals.length);
  }

  #remember(interval: number): void {
    const window = this.#intervals.length;
    const slot = this.#count % window;
    const value = interval - this.#origin;
    const gone = this.#count < window ? 0 : this.#intervals[slot];
    this.#intervals[slot] = value;
    this.#count++;
    this.#sum += value - gone;
    this.#squares += value * value - gone * gone;
    if (slot === window - 1) this.#recompute();
  }

  #recompute(): void {
    this.#sum = 0;
    this.#squares = 0;
    for (const value of this.#intervals) {
      this.#sum += value;
      this.#squares += value * value;
    }
  }
}

/**
 * Akka's approximation of {@link normalTailPhi}: -log10(e / (1 + e)) with e the logistic's power.
 * Equal within 0.002 up to 2 deviations; beyond that too suspicious, by 0.04 at 3 and 1.8 at 6.
 */
export function logisticTailPhi(deviations: number): number {
  const x = deviations * (1.5976 + 0.070566 * deviations * deviations);
  return (x > 40 ? x : Math.log1p(Math.exp(x))) / Math.LN10;
}

/**
 * -log10 of the share of a normal distribution that lies more than `deviations` above the mean.
 * Relative error of the share below 1.2e-7 (Numerical Recipes, `erfcc`); finite for every input.
 */
export function normalTailPhi(deviations: number): number {
  const z = Math.abs(deviations) / Math.SQRT2;
  const t = 1 / (1 + 0.5 * z);
  const polynomial = COEFFICIENTS.reduceRight((sum, c) => sum * t + c, 0);
  const lnTail = Math.log(t) - z * z + polynomial - Math.LN2;
  return deviations >= 0 ? -lnTail / Math.LN10 : -Math.log1p(-Math.exp(lnTail)) / Math.LN10;
}

const COEFFICIENTS = [
  -1.26551223,
  1.00002368,
  0.37409196,
  0.09678418,
  -0.18628806,
  0.27886807,
  -1.13520398,
  1.48851587,
  -0.82215223,
  0.17087277,
];
