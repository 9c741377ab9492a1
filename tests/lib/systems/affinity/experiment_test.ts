import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { chiSquareTail, normalCdf, normalQuantile } from "../../../../lib/estimate/normal.ts";
import { stream } from "../../../../lib/sim/random.ts";
import {
  assign,
  powerOf,
  rateTest,
  sampleRatioTest,
  usersPerArm,
} from "../../../../lib/systems/affinity/experiment.ts";

Deno.test("normal and χ² agree with printed tables", () => {
  // Abramowitz and Stegun, tables 26.1 and 26.8; NIST handbook 1.3.6.7.
  assertAlmostEquals(normalCdf(1), 0.841344746068543, 1e-13);
  assertAlmostEquals(normalCdf(-3), 0.001349898031630, 1e-14);
  assertAlmostEquals(normalCdf(-8), 6.22096057427e-16, 1e-26);
  assertAlmostEquals(normalQuantile(0.8), 0.841621233572914, 1e-12);
  assertAlmostEquals(normalQuantile(0.975), 1.959963984540054, 1e-12);
  assertAlmostEquals(chiSquareTail(3.841459, 1), 0.05, 1e-7);
  assertAlmostEquals(chiSquareTail(18.307, 10), 0.05, 1e-5);
  assertAlmostEquals(chiSquareTail(140.169, 100), 0.005, 1e-6);
  for (const p of [1e-12, 0.001, 0.3, 0.5, 0.77, 0.9999]) {
    assertAlmostEquals(normalCdf(normalQuantile(p)), p, 1e-13);
  }
});

Deno.test("usersPerArm() is the sum by hand, and powerOf() turns it around", () => {
  const test = { rate: 0.05, lift: 0.02 };
  const byHand = (1.959964 + 0.841621) ** 2 * (0.05 * 0.95 + 0.051 * 0.949) / 0.001 ** 2;
  assertAlmostEquals(usersPerArm(test), byHand, 5);
  assertEquals(Math.round(usersPerArm(test) / 100), 7527);
  for (const power of [0.5, 0.8, 0.95]) {
    assertAlmostEquals(powerOf(test, usersPerArm({ ...test, power })), power, 1e-4);
  }
  assertThrows(() => usersPerArm({ rate: 0.05, lift: 0 }), RangeError, "both rates must be");
});

Deno.test("rateTest() raises as many false alarms as it says", () => {
  const random = stream(1), TESTS = 2000;
  const arm = () => {
    let clicks = 0;
    for (let n = 0; n < 400; n++) if (random() < 0.3) clicks++;
    return { users: 400, clicks };
  };
  let alarms = 0;
  for (let n = 0; n < TESTS; n++) if (rateTest(arm(), arm()) < 0.05) alarms++;
  assertAlmostEquals(alarms / TESTS, 0.05, 4 * Math.sqrt(0.05 * 0.95 / TESTS));
  assertEquals(rateTest({ users: 5, clicks: 0 }, { users: 5, clicks: 0 }), 1);
});

Deno.test("sampleRatioTest() finds the split that is off, and only that", () => {
  // Kohavi, Tang, Xu, chapter 3: 821,588 against 815,482 under equal weights, p = 1.8e-6.
  assertAlmostEquals(sampleRatioTest([821_588, 815_482]) * 1e6, 1.8, 0.05);
  assert(sampleRatioTest([1000, 2010, 980], [1, 2, 1]) > 0.5);
  assert(sampleRatioTest([1000, 1000, 1000], [1, 2, 1]) < 1e-9);
  assertThrows(() => sampleRatioTest([5]), RangeError, "there must be two arms");
});

Deno.test("assign() is sticky, even, and independent from salt to salt", () => {
  const users = Array.from({ length: 20_000 }, (_, n) => `user:${n}`);
  const counts = [0, 0, 0, 0];
  for (const user of users) {
    const [one, two] = ["a", "b"].map((salt) => assign(user, salt, [0, 1]));
    assertEquals(assign(user, "a", [0, 1]), one);
    counts[2 * one + two]++;
  }
  assert(sampleRatioTest(counts) > 0.001, `${counts}`);
  assertThrows(() => assign("u", "s", []), RangeError, "arms must not be empty");
});
