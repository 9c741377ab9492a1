/**
 * A total outage and its end: what share of devices is shown right, over time.
 *
 * Beats stop at 0 and come through again at `outageMs`. Until its detector gives up, a device is
 * rightly shown online; then it is wrongly shown offline, until its first beat after the healing
 * has been pushed. Where connections broke, the device must come back first.
 *
 * @module
 */

/** A fleet that beats through an outage; times in ms. */
export interface OutageOptions {
  devices: number;
  heartbeatMs: number;
  jitter: number;
  misses: number;
  sweepMs: number;
  pushMs: number;
  outageMs: number;
  /** Draws how long after the healing a device connects again; none when connections survive. */
  reconnectMs?: () => number;
}

/** What the watchers see. */
export interface Outage {
  /** Every `sampleMs` from the start of the outage. */
  rows: { atMs: number; correctShare: number }[];
  /** After the healing, until 99 % of devices were shown right. */
  healedAfterMs: number;
}

/** Every device lives through the outage once. */
export function simulateOutage(
  options: OutageOptions,
  random: () => number,
  sampleMs = 250,
): Outage {
  const { devices, heartbeatMs, jitter, misses, sweepMs, pushMs, outageMs } = options;
  const interval = () => heartbeatMs * (1 + jitter * (2 * random() - 1));
  const wrongFrom = new Float64Array(devices);
  const wrongUntil = new Float64Array(devices);
  for (let device = 0; device < devices; device++) {
    let beatMs = random() * interval();
    const lastMs = beatMs - interval();
    wrongFrom[device] = lastMs + misses * heartbeatMs + random() * sweepMs + pushMs;
    const healedMs = outageMs + (options.reconnectMs?.() ?? 0);
    if (options.reconnectMs) beatMs = healedMs; // to connect is to beat
    else while (beatMs < healedMs) beatMs += interval();
    wrongUntil[device] = Math.max(wrongFrom[device], beatMs + pushMs);
  }
  const lastMs = wrongUntil.reduce((a, b) => Math.max(a, b), 0);
  const rows: Outage["rows"] = [];
  for (let atMs = 0; atMs <= lastMs + sampleMs; atMs += sampleMs) {
    let wrong = 0;
    for (let device = 0; device < devices; device++) {
      if (wrongFrom[device] <= atMs && atMs < wrongUntil[device]) wrong++;
    }
    rows.push({ atMs, correctShare: 1 - wrong / devices });
  }
  const until = wrongUntil.sort();
  return { rows, healedAfterMs: Math.max(0, until[Math.ceil(devices * 0.99) - 1] - outageMs) };
}
