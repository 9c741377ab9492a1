import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import {
  type Detector,
  deviationsAt,
  missedBeats,
  phiDetector,
} from "lib/systems/presence/detectors.ts";
import { normalTailPhi } from "lib/structures/phi_accrual.ts";
import { stream } from "lib/sim/random.ts";

const detectors: Record<string, () => Detector> = {
  "missedBeats of 1": () => missedBeats({ heartbeatMs: 1500, misses: 1 }),
  "missedBeats of 3": () => missedBeats({ heartbeatMs: 1500, misses: 3, graceMs: 40 }),
  "phiDetector": () => phiDetector({ threshold: 8, window: 50, minStdMs: 100 }),
  "phiDetector with a pause": () =>
    phiDetector({ threshold: 3, window: 50, minStdMs: 50, acceptablePauseMs: 500 }),
};

for (const [name, make] of Object.entries(detectors)) {
  Deno.test(`${name}: suspicion grows, and passes the limit exactly at offlineAtMs()`, () => {
    const random = stream(1, name);
    const detector = make();
    assertEquals([detector.isOffline(1e9), detector.suspicion(1e9)], [false, 0]);
    assertEquals(detector.offlineAtMs(), Infinity);
    let atMs = 0;
    for (let beat = 0; beat < 200; beat++) {
      detector.beat(atMs);
      const offlineAtMs = detector.offlineAtMs();
      assert(offlineAtMs > atMs);
      assertEquals(detector.isOffline(offlineAtMs - 0.01), false);
      assertEquals(detector.isOffline(offlineAtMs + 0.01), true);
      let last = -1;
      for (let silenceMs = 1500; silenceMs < 10_000; silenceMs += 500) {
        const suspicion = detector.suspicion(atMs + silenceMs);
        assert(suspicion >= last);
        last = suspicion;
      }
      atMs += 1500 * (0.8 + 0.4 * random());
    }
  });

  Deno.test(`${name}: a beat from the past changes nothing`, () => {
    const detector = make();
    for (let beat = 0; beat < 10; beat++) detector.beat(beat * 1500);
    const offlineAtMs = detector.offlineAtMs();
    detector.beat(6000);
    assertEquals(detector.offlineAtMs(), offlineAtMs);
  });
}

Deno.test("missedBeats() gives up after misses × heartbeat and the grace", () => {
  const detector = missedBeats({ heartbeatMs: 1500, misses: 3, graceMs: 300 });
  detector.beat(1000);
  assertEquals(detector.offlineAtMs(), 1000 + 4500 + 300);
  assertEquals(detector.suspicion(1000 + 300 + 3000), 2);
});

Deno.test("missedBeats() of 3 takes a live device for gone after 2 lost beats and a late one", () => {
  const strict = missedBeats({ heartbeatMs: 1500, misses: 3 });
  const graceful = missedBeats({ heartbeatMs: 1500, misses: 3, graceMs: 0.2 * 1500 + 50 });
  const thirdBeatMs = 3 * 1500 * 1.05 + 30; // jitter and delay; the two before were lost
  for (const detector of [strict, graceful]) detector.beat(0);
  assertEquals([strict.isOffline(thirdBeatMs), graceful.isOffline(thirdBeatMs)], [true, false]);
});

Deno.test("deviationsAt() inverts the normal tail", () => {
  for (const threshold of [0.1, 0.30103, 1, 3, 8, 20]) {
    assertAlmostEquals(normalTailPhi(deviationsAt(threshold)), threshold, 1e-6);
  }
});

Deno.test("Detectors refuse impossible settings", () => {
  assertThrows(
    () => missedBeats({ heartbeatMs: 1500, misses: 0 }),
    RangeError,
    "Cannot detect: misses must be at least 1: received 0",
  );
  assertThrows(() => missedBeats({ heartbeatMs: 0, misses: 1 }), RangeError, "heartbeatMs must");
  assertThrows(() => phiDetector({ threshold: 0 }), RangeError, "threshold must be positive");
});
