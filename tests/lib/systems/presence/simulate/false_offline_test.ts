import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { missedBeats, phiDetector } from "lib/systems/presence/detectors.ts";
import {
  judgeMisses,
  judgePhi,
  simulateFalseOffline,
} from "lib/systems/presence/simulate/false_offline.ts";
import {
  bursts,
  falseOfflinePerDeviceHour,
  independent,
  lossOfNext,
} from "lib/systems/presence/simulate/loss_runs.ts";
import { stream } from "lib/sim/random.ts";

const heartbeatMs = 1500;

Deno.test("simulateFalseOffline() agrees with the formula within 3 standard errors", () => {
  for (const loss of [0.01, 0.05, 0.1, 0.2, 0.3]) {
    for (const runs of [independent(loss), bursts(loss, 5)]) {
      const judges = { 1: judgeMisses(1), 2: judgeMisses(2), 3: judgeMisses(3) };
      const options = { devices: 10_000, hours: 1, heartbeatMs, loss: runs, judges };
      const random = stream(7, `false offline ${loss} ${runs.stay}`);
      const { beats, wrong } = simulateFalseOffline({ ...options, maxRuns: 3e5 }, random);
      for (const [misses, { count, perDeviceHour }] of Object.entries(wrong)) {
        const expected = falseOfflinePerDeviceHour(runs, { heartbeatMs, misses: Number(misses) });
        const deviceHours = beats * heartbeatMs / 3_600_000;
        assertAlmostEquals(perDeviceHour, count / deviceHours, 1e-9);
        const standardError = Math.sqrt(expected / deviceHours);
        assertAlmostEquals(perDeviceHour, expected, 3 * standardError, `${loss} ${misses}`);
      }
    }
  }
});

Deno.test("simulateFalseOffline() counts what the real detectors count, beat by beat", () => {
  for (const loss of [independent(0.1), bursts(0.1, 5)]) {
    const phi = { threshold: 3, window: 50, minStdMs: 100 };
    const judges = { missed: judgeMisses(3), phi: judgePhi({ ...phi, heartbeatMs }) };
    const options = { devices: 1000, hours: 1, heartbeatMs, loss, judges };
    const fast = simulateFalseOffline(options, stream(1, "fast"));

    const detectors = { missed: missedBeats({ heartbeatMs, misses: 3 }), phi: phiDetector(phi) };
    const slow = { missed: 0, phi: 0 };
    const loses = lossOfNext(loss, stream(2, "slow"));
    const beats = 2_000_000;
    for (let beat = 0; beat < beats; beat++) {
      if (loses()) continue;
      const atMs = beat * heartbeatMs;
      for (const name of ["missed", "phi"] as const) {
        // 1 μs before the beat: a beat in time is not late.
        if (beat > 0 && detectors[name].isOffline(atMs - 1e-3)) slow[name]++;
        detectors[name].beat(atMs);
      }
    }
    for (const name of ["missed", "phi"] as const) {
      const { count } = fast.wrong[name];
      assert(count > 1000);
      const perBeat = count / fast.beats;
      assertAlmostEquals(slow[name] / beats, perBeat, 0.1 * perBeat, `${name} ${loss.stay}`);
    }
  }
});

Deno.test("simulateFalseOffline() ends with the fleet's hours, or with enough runs", () => {
  const options = { devices: 10, hours: 1, heartbeatMs, judges: { 1: judgeMisses(1) } };
  const quiet = simulateFalseOffline({ ...options, loss: independent(0) }, stream(1));
  assertEquals([quiet.beats, quiet.runs, quiet.wrong[1].perDeviceHour], [24_000, 0, 0]);
  const enough = simulateFalseOffline(
    { ...options, loss: independent(0.1), maxRuns: 100 },
    stream(1),
  );
  assertEquals(enough.runs, 100);
  assert(enough.beats < 24_000);
  const all = simulateFalseOffline({ ...options, loss: independent(0.1) }, stream(1));
  assertEquals(all.beats, 24_000);
  assertAlmostEquals(all.lost / all.beats, 0.1, 0.02);
});
