/**
 * How often detectors take living devices for gone: hundreds of millions of beats in about a second.
 *
 * Nothing happens between losses, so the simulation jumps from one run of losses to the next: it
 * draws how many beats arrive before the run and how many are lost in it, and asks every detector
 * whether the run was long enough. One trace judges all detectors. The phi detector's window is
 * kept the same way: only intervals that contain losses are stored, as all others are alike.
 *
 * Simplified: beats that are not lost arrive on time, and all devices form one long trace, so a run
 * may cross from one device to the next; at 2,400 beats an hour that is far below the sampling
 * error. `simulate/detection.ts` has jitter and delay.
 *
 * @module
 */
import { deviationsAt } from "../detectors.ts";
import type { LossRuns } from "./loss_runs.ts";

/** A detector that sees only how many beats in a row were lost. */
export interface RunJudge {
  /** Whether the run makes the device look gone, after the beats that arrived since the last. */
  (arrived: number, lost: number): boolean;
}

/** Gone after `misses` lost beats in a row. */
export function judgeMisses(misses: number): RunJudge {
  return (_arrived, lost) => lost >= misses;
}

/** The phi detector of `detectors.ts`, for beats that arrive on time. */
export function judgePhi(options: {
  heartbeatMs: number;
  threshold: number;
  window: number;
  minStdMs: number;
}): RunJudge {
  const { heartbeatMs, threshold, window, minStdMs } = options;
  const deviations = deviationsAt(threshold);
  const minStd = minStdMs / heartbeatMs;
  // Intervals that were longer than a heartbeat, oldest first, in a ring.
  const positions = new Float64Array(window);
  const losses = new Float64Array(window);
  let [oldest, count, position, sum, squares] = [0, 0, 0, 0, 0];
  return (arrived, lost) => {
    position += arrived - 1; // intervals of exactly one heartbeat
    while (count > 0 && positions[oldest] <= position - window) {
      sum -= losses[oldest];
      squares -= losses[oldest] ** 2;
      if (++oldest === window) oldest = 0;
      count--;
    }
    // Silence of lost + 1 heartbeats passes mean + deviations × std, all in heartbeats.
    const mean = sum / window;
    const std = Math.max(minStd, Math.sqrt(squares / window - mean * mean));
    const gone = lost > mean + deviations * std;
    position++; // the interval that ends with the beat after the run
    const slot = oldest + count < window ? oldest + count : oldest + count - window;
    positions[slot] = position;
    losses[slot] = lost;
    count++;
    sum += lost;
    squares += lost * lost;
    return gone;
  };
}

/** The size of a fleet and how it is judged. */
export interface FalseOfflineOptions {
  devices: number;
  hours: number;
  heartbeatMs: number;
  loss: LossRuns;
  judges: Readonly<Record<string, RunJudge>>;
  /**
   * Stops after this many runs of losses, about 0.1 μs each; rates are of the beats up to there.
   * High loss has its answer long before the fleet is through, rare events use all of it.
   */
  maxRuns?: number;
}

/** What was seen. */
export interface FalseOffline {
  beats: number;
  lost: number;
  runs: number;
  /** By judge: how often it was wrong, and that per device and hour. */
  wrong: Record<string, { count: number; perDeviceHour: number }>;
}

/** Runs the fleet; O(runs of losses), whatever the number of beats. */
export function simulateFalseOffline(
  options: FalseOfflineOptions,
  random: () => number,
): FalseOffline {
  const { devices, hours, heartbeatMs, loss, judges, maxRuns = 4e6 } = options;
  const beats = Math.round(devices * hours * 3_600_000 / heartbeatMs);
  const names = Object.keys(judges);
  const verdicts = Object.values(judges);
  const counts = new Float64Array(names.length);
  const lnArrive = Math.log1p(-loss.start);
  let [beat, lost, runs] = [0, 0, 0];
  while (runs < maxRuns && beat < beats) {
    const arrived = loss.start === 0 ? beats : 1 + Math.floor(Math.log(1 - random()) / lnArrive);
    let length = 1;
    while (random() < loss.stay) length++; // short runs: cheaper than a logarithm
    beat += arrived + length;
    if (beat > beats) break; // the fleet's hours are over
    lost += length;
    runs++;
    for (let j = 0; j < verdicts.length; j++) if (verdicts[j](arrived, length)) counts[j]++;
  }
  beat = Math.min(beat, beats);
  const deviceHours = beat * heartbeatMs / 3_600_000;
  const wrong = Object.fromEntries(
    names.map((name, j) => [name, { count: counts[j], perDeviceHour: counts[j] / deviceHours }]),
  );
  return { beats: beat, lost, runs, wrong };
}
