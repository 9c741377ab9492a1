import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { missedBeats, phiDetector } from "lib/systems/presence/detectors.ts";
import { simulateDetection } from "lib/systems/presence/simulate/detection.ts";
import { simulateFailover } from "lib/systems/presence/simulate/failover.ts";
import { independent } from "lib/systems/presence/simulate/loss_runs.ts";
import { simulateOutage } from "lib/systems/presence/simulate/outage.ts";
import { simulateOverrides } from "lib/systems/presence/simulate/overrides.ts";
import { stream } from "lib/sim/random.ts";

const fleet = {
  devices: 20_000,
  heartbeatMs: 1500,
  jitter: 0,
  loss: independent(0),
  delayMs: () => 0,
  sweepMs: 250,
  pushMs: () => 200,
};
const mean = (values: Float64Array) => values.reduce((a, b) => a + b) / values.length;

Deno.test("simulateDetection() has the worst case and the mean of the estimate", () => {
  const detector = () => missedBeats({ heartbeatMs: 1500, misses: 3 });
  const { offlineMs, onlineMs } = simulateDetection({ ...fleet, detector }, stream(1));
  assert(offlineMs.at(-1)! <= 4950);
  assert(offlineMs.at(-1)! > 4900);
  assert(offlineMs[0] >= 3000 + 200);
  assertAlmostEquals(mean(offlineMs), 2.5 * 1500 + 125 + 200, 15);
  assertEquals(onlineMs.at(-1), 200);
});

Deno.test("simulateDetection() keeps p99 under 4.95 s with jitter, delay and loss", () => {
  const random = stream(2);
  const rough = {
    ...fleet,
    jitter: 0.2,
    loss: independent(0.01),
    delayMs: () => 20 + 60 * random(),
    pushMs: () => 200 * random(),
  };
  const detector = () => missedBeats({ heartbeatMs: 1500, misses: 3 });
  const { offlineMs } = simulateDetection({ ...rough, detector }, random);
  assert(offlineMs[Math.floor(0.99 * 20_000)] <= 4950);
  const phi = () => phiDetector({ threshold: 8, window: 200, minStdMs: 100 });
  const learned = simulateDetection({ ...rough, devices: 1000, detector: phi, beats: 220 }, random);
  assert(mean(learned.offlineMs) < mean(offlineMs), "phi learns that this network is calm");
});

Deno.test("simulateOutage() forgets nobody for good, and heals within 2 heartbeats and a push", () => {
  const outage = {
    devices: 20_000,
    heartbeatMs: 1500,
    jitter: 0.2,
    misses: 3,
    sweepMs: 250,
    pushMs: 200,
    outageMs: 10_000,
  };
  const { rows, healedAfterMs } = simulateOutage(outage, stream(3));
  assertEquals([rows[0].correctShare, rows.at(-1)!.correctShare], [1, 1]);
  assert(rows.some((row) => row.correctShare === 0), "everyone is shown offline in between");
  assert(healedAfterMs <= 2 * 1500 + 200);
  const random = stream(4);
  const cut = simulateOutage({ ...outage, reconnectMs: () => 8000 * random() }, random);
  assert(cut.healedAfterMs > 7500);
  const short = simulateOutage({ ...outage, outageMs: 1000 }, random);
  assertEquals(short.rows.every((row) => row.correctShare === 1), true, "3 misses ride out 1 s");
});

Deno.test("simulateFailover() loses rate × lag, and repairs all of it by re-announcing", () => {
  for (const lagMs of [100, 500, 1000, 5000]) {
    const { lost, expected, rows } = simulateFailover({
      changesPerSecond: 500_000,
      lagMs,
      sample: 1 / 100,
      heartbeatMs: 1500,
      jitter: 0.2,
      adoptMs: 3000,
    }, stream(5, `${lagMs}`));
    assertEquals(expected, 5 * lagMs);
    assertAlmostEquals(lost, expected, 3 * Math.sqrt(expected));
    assertEquals(rows[0].reannounced, lost);
    assertEquals(rows.find((row) => row.atMs === 3000)?.reannounced, 0);
    assertEquals(rows.at(-1)!.silent, lost);
  }
});

Deno.test("simulateOverrides() loses writes by timestamps only, and more with more skew", () => {
  const pairs = { pairs: 10_000, gapMs: 2000, syncMs: 200 };
  const lost = [0, 100, 500, 1000].map((skewMs) => {
    const result = simulateOverrides({ ...pairs, skewMs }, stream(6));
    assertEquals(result.lostByVectorClocks, 0);
    assertEquals(result.informed + result.conflictsFound, 10_000);
    assertAlmostEquals(result.informed / 10_000, 0.9, 0.01);
    return result.lostByTimestamps;
  });
  assertEquals(lost.slice(0, 2), [0, 0], "a skew below half the sync delay cannot matter");
  assert(lost[2] > 100 && lost[3] > 2 * lost[2], `${lost}`);
});
