import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { falseOfflineRate, missedInARow } from "lib/estimate/missed_beats.ts";
import { quantity } from "lib/estimate/quantity.ts";
import { stream } from "lib/sim/random.ts";

const session01 = { loss: quantity(1, "%"), misses: 3, heartbeat: quantity(1.5, "s") };

Deno.test("falseOfflineRate() gives the estimates of session 01", () => {
  const independent = falseOfflineRate(session01);
  const bursts = falseOfflineRate({ ...session01, burst: 5 });
  assertAlmostEquals(independent.in("/h"), 0.002376, 1e-12);
  assertAlmostEquals(bursts.in("/h"), 3.072, 1e-12);
  assertEquals(Math.round(bursts.per(independent).in("1")), 1293);
  const fleet = quantity(50e6, "devices").times(bursts);
  assertAlmostEquals(fleet.in("/s") / 42_700, 1, 1e-3);
  assertAlmostEquals(quantity(50e6).times(independent).in("/s"), 33, 0.01);
});

Deno.test("falseOfflineRate() gives the dead connections of session 13", () => {
  const rate = falseOfflineRate({ loss: 0.01, misses: 2, heartbeat: quantity(10, "s") });
  assertAlmostEquals(rate.in("/h"), 0.0356, 5e-5);
});

Deno.test("missedInARow() is what a simulated channel does, within 4 standard errors", () => {
  const beats = 2_000_000;
  for (
    const [loss, misses, burst] of [[0.1, 2, undefined], [0.2, 3, undefined], [0.05, 3, 5], [
      0.3,
      4,
      2,
    ]] as const
  ) {
    const random = stream(31);
    const mean = burst ?? 1 / (1 - loss);
    const [end, start] = [1 / mean, loss / ((1 - loss) * mean)];
    let [lost, run, found] = [false, 0, 0];
    for (let i = 0; i < beats; i++) {
      lost = lost ? random() >= end : random() < start;
      run = lost ? run + 1 : 0;
      if (run === misses) found++;
    }
    const expected = missedInARow({ loss, misses, burst }).in("1") * beats;
    const deviation = Math.sqrt(expected * mean); // runs are nearly independent of each other
    assert(Math.abs(found - expected) < 4 * deviation, `${found} against ${expected}`);
    assert(expected > 500);
  }
});

Deno.test("missedInARow() of independent losses is (1-p) p^k, and bursts of k are the worst", () => {
  const random = stream(32);
  for (let i = 0; i < 200; i++) {
    const [loss, misses] = [0.4 * random(), 1 + Math.floor(5 * random())];
    const independent = missedInARow({ loss, misses }).in("1");
    assertAlmostEquals(independent, (1 - loss) * loss ** misses, 1e-12);
    const more = missedInARow({ loss, misses: misses + 1 }).in("1");
    assert(more <= independent);
    const worst = missedInARow({ loss, misses, burst: misses }).in("1");
    assert(worst >= independent - 1e-15);
    assert(worst >= missedInARow({ loss, misses, burst: 1 + 10 * random() }).in("1") - 1e-15);
  }
});

Deno.test("missedInARow() of no loss or of nothing but loss starts no run", () => {
  assertEquals(missedInARow({ loss: 0, misses: 3 }).value, 0);
  assertEquals(missedInARow({ loss: 1, misses: 3 }).value, 0);
});

Deno.test("missedInARow() refuses losses that cannot be", () => {
  const refused: [() => unknown, string][] = [
    [() => missedInARow({ loss: 1.2, misses: 3 }), "loss must be from 0 to 1: received 1.2"],
    [() => missedInARow({ loss: 0.1, misses: 0 }), "misses must be a whole number from 1"],
    [() => missedInARow({ loss: 0.1, misses: 2.5 }), "received 2.5"],
    [
      () => missedInARow({ loss: 0.1, misses: 2, burst: 0.5 }),
      "Cannot estimate missed beats: burst must be at least 1 beats: received 0.5",
    ],
    [() => missedInARow({ loss: 0.9, misses: 2, burst: 2 }), "burst must be at least 9"],
  ];
  for (const [call, message] of refused) assertThrows(call, RangeError, message);
});
