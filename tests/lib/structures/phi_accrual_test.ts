import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { stream } from "lib/sim/random.ts";
import { logisticTailPhi, normalTailPhi, PhiAccrual } from "lib/structures/phi_accrual.ts";

/** Standard normal values (Box and Muller). */
function gaussian(seed: number): () => number {
  const random = stream(seed, "gaussian");
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

Deno.test("normalTailPhi() agrees with the table of the normal distribution", () => {
  // Upper tail of the standard normal: Abramowitz and Stegun, table 26.1 and 26.2.
  const table = [[0, 0.5], [1, 0.1586552539], [2, 0.0227501319], [3, 1.349898032e-3]];
  for (const [z, share] of [...table, [4, 3.167124183e-5], [6, 9.865876450e-10]]) {
    assertAlmostEquals(10 ** -normalTailPhi(z), share, share * 3e-7);
  }
  for (const [z, share] of table) {
    assertAlmostEquals(10 ** -normalTailPhi(-z), 1 - share, 3e-7);
  }
  assert(normalTailPhi(1000) > 200_000 && normalTailPhi(1000) < Infinity);
});

Deno.test("logisticTailPhi() gives the values of Akka's AccrualFailureDetectorSpec", () => {
  const shares = [[0, 0.5], [0.6, 0.7257], [1.5, 0.9332], [2, 0.97725], [2.5, 0.99379]];
  for (const [deviations, share] of [...shares, [3.5, 0.99977], [2 / 3, 0.7475]]) {
    assertAlmostEquals(1 - 10 ** -logisticTailPhi(deviations), share, 0.001);
  }
  const realistic = [[-10, 0], [-5, 0], [0, 0.3], [2, 1.6], [4, 4.7], [6, 10.8], [7, 15.3]];
  for (const [deviations, phi] of realistic) {
    assertAlmostEquals(logisticTailPhi(deviations), phi, 0.1);
  }
  assertAlmostEquals(logisticTailPhi(10), 38, 1);
  assertEquals(logisticTailPhi(-25), 0);
});

Deno.test("logisticTailPhi() is the normal tail up to 2 deviations and too suspicious beyond", () => {
  for (let z = -6; z <= 2; z += 0.01) {
    assertAlmostEquals(logisticTailPhi(z), normalTailPhi(z), 0.002);
  }
  const excess = (z: number) => logisticTailPhi(z) - normalTailPhi(z);
  assertAlmostEquals(excess(3), 0.04, 0.005);
  assertAlmostEquals(excess(6), 1.8, 0.05);
});

Deno.test("PhiAccrual.phi() at 1, 2, 3 is wrong in 10, 1, 0.1 % of beats", () => {
  const normal = gaussian(1);
  const detector = new PhiAccrual({ window: 200, minStdMs: 1 });
  const wrong = [0, 0, 0];
  const beats = 2e6;
  let nowMs = 0;
  for (let beat = 0; beat < beats + 200; beat++) {
    nowMs += 1000 + 100 * normal();
    const phi = beat < 200 ? 0 : detector.phi(nowMs); // just before the beat is counted
    for (let threshold = 1; threshold <= 3; threshold++) {
      if (phi > threshold) wrong[threshold - 1]++;
    }
    detector.beat(nowMs);
  }
  // Hayashibara et al. 2004: 10^-threshold; the finite window biases it up.
  assertAlmostEquals(wrong[0] / beats, 0.1017, 0.1017 * 0.05);
  assertAlmostEquals(wrong[1] / beats, 0.0108, 0.0108 * 0.15);
  assertAlmostEquals(wrong[2] / beats, 0.0012, 0.0012 * 0.40);
});

Deno.test("PhiAccrual keeps mean and deviation of exactly its window", () => {
  const normal = gaussian(2);
  const detector = new PhiAccrual({ window: 7, minStdMs: 1e-9, firstIntervalMs: 1 });
  const intervals: number[] = [];
  let nowMs = 1e12;
  detector.beat(nowMs);
  for (let beat = 0; beat < 1000; beat++) {
    const before = nowMs;
    nowMs += Math.abs(500 + 300 * normal());
    detector.beat(nowMs);
    intervals.push(nowMs - before);
    if (intervals.length < 7) continue;
    const last = intervals.slice(-7);
    const mean = last.reduce((a, b) => a + b) / 7;
    const std = Math.sqrt(last.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 7);
    assertAlmostEquals(detector.meanMs, mean, 1e-6);
    assertAlmostEquals(detector.stdMs, std, 1e-6);
  }
});

Deno.test("PhiAccrual.phi() grows with silence, falls with a beat and forgives a pause", () => {
  const beats = (detector: PhiAccrual) => {
    for (let beat = 0; beat <= 20; beat++) detector.beat(beat * 1000);
    return detector;
  };
  const detector = beats(new PhiAccrual({ window: 10, minStdMs: 100 }));
  let last = -1;
  for (let silence = 0; silence < 3000; silence += 50) {
    const phi = detector.phi(20_000 + silence);
    assert(phi > last || silence < 500, `at ${silence} ms`);
    last = phi;
  }
  const forgiving = beats(new PhiAccrual({ window: 10, minStdMs: 100, acceptablePauseMs: 1000 }));
  assertEquals(forgiving.phi(22_400), detector.phi(21_400));
  detector.beat(22_900);
  assert(detector.phi(22_950) < 0.01);
});

Deno.test("PhiAccrual.phi() suspects a peer that beat once, not one that never did", () => {
  const detector = new PhiAccrual({ minStdMs: 100, firstIntervalMs: 1000 });
  assertEquals(detector.phi(1e9), 0);
  detector.beat(0);
  assert(detector.phi(500) < 0.1);
  assert(detector.phi(3000) > 8);
});

Deno.test("PhiAccrual.beat() ignores a beat from the past", () => {
  const detector = new PhiAccrual({ window: 2, minStdMs: 1 });
  [0, 1000, 2000, 1500, 3000].forEach((atMs) => detector.beat(atMs));
  assertEquals(detector.meanMs, 1000);
});

Deno.test("PhiAccrual refuses impossible options", () => {
  assertThrows(() => new PhiAccrual({ window: 1 }), RangeError, "window must be an integer");
  assertThrows(() => new PhiAccrual({ minStdMs: 0 }), RangeError, "minStdMs must be positive");
  assertThrows(() => new PhiAccrual({ firstIntervalMs: -1 }), RangeError, "firstIntervalMs must");
});
