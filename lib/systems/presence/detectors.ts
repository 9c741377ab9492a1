/**
 * Failure detectors behind one interface: when does silence mean that a device is gone?
 *
 * - `missedBeats` with `misses: 1` is a fixed timeout: one lost beat is enough, so it flaps.
 * - `missedBeats` with more misses has hysteresis: only that many in a row count.
 * - `phiDetector` learns the rhythm of the beats and turns silence into a probability.
 *
 * All can say in advance when they will give up (`offlineAtMs`), so a timing wheel can wait for it
 * instead of asking every device again and again.
 *
 * @example
 * ```ts
 * import { missedBeats } from "lib/systems/presence/detectors.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const detector = missedBeats({ heartbeatMs: 1500, misses: 3 });
 * detector.beat(1000);
 * assertEquals([detector.isOffline(5500), detector.isOffline(5501)], [false, true]);
 * ```
 *
 * @module
 */
import { normalTailPhi, PhiAccrual, type PhiAccrualOptions } from "../../structures/phi_accrual.ts";

/** Judges one device by its beats; times in ms, of one clock. */
export interface Detector {
  beat(atMs: number): void;
  /** How suspicious the silence is, on the detector's own scale; 0 before the first beat. */
  suspicion(nowMs: number): number;
  /** Whether the device counts as gone; false before the first beat. */
  isOffline(nowMs: number): boolean;
  /** The time after which it counts as gone if no beat comes. */
  offlineAtMs(): number;
}

/** How many beats may be missed. */
export interface MissedBeatsOptions {
  heartbeatMs: number;
  misses: number;
  /** Added for late beats: the jitter of the interval and the round trip. */
  graceMs?: number;
}

/** Offline after `misses` beats in a row have not come. Its suspicion is the beats missed. */
export function missedBeats(options: MissedBeatsOptions): Detector {
  const { heartbeatMs, misses, graceMs = 0 } = options;
  if (!(heartbeatMs > 0)) {
    throw new RangeError(`Cannot detect: heartbeatMs must be positive: received ${heartbeatMs}`);
  }
  if (!(misses >= 1)) {
    throw new RangeError(`Cannot detect: misses must be at least 1: received ${misses}`);
  }
  const timeoutMs = heartbeatMs * misses + graceMs;
  let lastMs = Infinity;
  return {
    beat(atMs) {
      if (lastMs === Infinity || atMs > lastMs) lastMs = atMs;
    },
    suspicion: (nowMs) => Math.max(0, nowMs - lastMs - graceMs) / heartbeatMs,
    isOffline: (nowMs) => nowMs > lastMs + timeoutMs,
    offlineAtMs: () => lastMs + timeoutMs,
  };
}

/** Offline when phi passes `threshold`: a wrong guess once in 10^threshold beats. */
export function phiDetector(
  options: Omit<PhiAccrualOptions, "tail"> & { threshold: number },
): Detector {
  const { threshold } = options;
  if (!(threshold > 0)) {
    throw new RangeError(`Cannot detect: threshold must be positive: received ${threshold}`);
  }
  const phi = new PhiAccrual(options);
  const deviations = deviationsAt(threshold);
  const pauseMs = options.acceptablePauseMs ?? 0;
  let lastMs = Infinity;
  const offlineAtMs = () => lastMs + phi.meanMs + pauseMs + deviations * phi.stdMs;
  return {
    beat(atMs) {
      phi.beat(atMs);
      if (lastMs === Infinity || atMs > lastMs) lastMs = atMs;
    },
    suspicion: (nowMs) => phi.phi(nowMs),
    isOffline: (nowMs) => nowMs > offlineAtMs(),
    offlineAtMs,
  };
}

/** How many deviations late a beat must be for phi to reach the threshold. */
export function deviationsAt(threshold: number): number {
  let [low, high] = [-10, 10 + 3 * threshold];
  while (high - low > 1e-12 * (1 + Math.abs(high))) {
    const middle = (low + high) / 2;
    if (normalTailPhi(middle) < threshold) low = middle;
    else high = middle;
  }
  return high;
}
