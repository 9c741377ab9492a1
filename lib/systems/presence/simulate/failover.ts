/**
 * A regional failover: what asynchronous replication loses, and what re-announcing repairs.
 *
 * Changes of state happen in region A at a steady rate and reach region B after the lag. At the
 * failover everything on its way is lost, and B shows those users as they were before. Then devices
 * connect to B within about a heartbeat. If they announce their state, B corrects the users who
 * came online; those who had gone offline have no device left to say so, and B gives up on them
 * when they have not shown up within `adoptMs`.
 *
 * Simplified: lag is constant, every user changes at most once on its way, and the sample is small
 * enough to count each one; rates scale with 1 / `sample`.
 *
 * @module
 */

/** The two regions; times in ms. */
export interface FailoverOptions {
  /** Changes of state a second, of all users. */
  changesPerSecond: number;
  lagMs: number;
  /** The share of users that is simulated, such as 1/100. */
  sample: number;
  heartbeatMs: number;
  jitter: number;
  /** How long B waits for users whom A had as online: two heartbeats. */
  adoptMs: number;
}

/** What was lost, in the sample. */
export interface Failover {
  /** Changes that B had not heard of. */
  lost: number;
  /** What `lost` should be: rate × lag × sample. */
  expected: number;
  /** Users that B shows wrongly, over the time since the failover. */
  rows: { atMs: number; silent: number; reannounced: number }[];
}

/** One failover. */
export function simulateFailover(
  options: FailoverOptions,
  random: () => number,
  sampleEveryMs = 250,
): Failover {
  const { changesPerSecond, lagMs, sample, heartbeatMs, jitter, adoptMs } = options;
  const perMs = changesPerSecond * sample / 1000;
  const historyMs = 2 * lagMs + 1000;
  const repairedAt: number[] = [];
  let lost = 0;
  for (let atMs = -historyMs;;) {
    atMs -= Math.log(1 - random()) / perMs; // a Poisson process up to the failover at 0
    if (atMs > 0) break;
    const cameOnline = random() < 0.5;
    if (atMs + lagMs <= 0) continue; // B knows
    lost++;
    repairedAt.push(cameOnline ? random() * heartbeatMs * (1 + jitter) : adoptMs);
  }
  repairedAt.sort((a, b) => a - b);
  const rows: Failover["rows"] = [];
  for (let atMs = 0, repaired = 0; atMs <= adoptMs + sampleEveryMs; atMs += sampleEveryMs) {
    while (repaired < lost && repairedAt[repaired] <= atMs) repaired++;
    rows.push({ atMs, silent: lost, reannounced: lost - repaired });
  }
  return { lost, expected: perMs * lagMs, rows };
}
