/**
 * How long until watchers hear that a device is gone, or that it is back.
 *
 * Each device beats with jitter and loss through a network with delay, and dies at a random moment.
 * Its detector gives up some time after the last beat that arrived; the next sweep notices, and the
 * push tells the watchers. A device that connects is told of at once.
 *
 * @module
 */
import type { Detector } from "../detectors.ts";
import { lossOfNext, type LossRuns } from "./loss_runs.ts";

/** A fleet of devices of one source; times in ms. */
export interface DetectionOptions {
  devices: number;
  detector: () => Detector;
  heartbeatMs: number;
  /** Each interval is heartbeatMs × (1 ± jitter). */
  jitter: number;
  loss: LossRuns;
  /** Draws the way of one beat to the gateway. */
  delayMs: () => number;
  sweepMs: number;
  /** Draws the time from the gateway to the watcher. */
  pushMs: () => number;
  /** Beats before the death: at least what the detector needs to learn the rhythm. */
  beats?: number;
}

/** Delays of all devices, ascending. */
export interface Detection {
  /** From the death to the watchers; 0 when they thought so before. */
  offlineMs: Float64Array;
  /** From the connection to the watchers. */
  onlineMs: Float64Array;
}

/** Lets every device live and die once. */
export function simulateDetection(options: DetectionOptions, random: () => number): Detection {
  const { devices, heartbeatMs, jitter, loss, delayMs, sweepMs, pushMs, beats = 20 } = options;
  const offlineMs = new Float64Array(devices);
  const onlineMs = new Float64Array(devices);
  for (let device = 0; device < devices; device++) {
    const detector = options.detector();
    const loses = lossOfNext(loss, random);
    let sentMs = 0;
    let intervalMs = 0;
    detector.beat(delayMs()); // the connection itself is not lost
    for (let beat = 1; beat <= beats; beat++) {
      intervalMs = heartbeatMs * (1 + jitter * (2 * random() - 1));
      sentMs += intervalMs;
      if (!loses()) detector.beat(sentMs + delayMs());
    }
    const diedMs = sentMs + random() * heartbeatMs * (1 + jitter * (2 * random() - 1));
    const sweepPhaseMs = random() * sweepMs;
    const sweeps = Math.ceil((detector.offlineAtMs() - sweepPhaseMs) / sweepMs);
    const toldMs = sweepPhaseMs + sweeps * sweepMs + pushMs();
    offlineMs[device] = Math.max(0, toldMs - diedMs);
    onlineMs[device] = delayMs() + pushMs();
  }
  return { offlineMs: offlineMs.sort(), onlineMs: onlineMs.sort() };
}
