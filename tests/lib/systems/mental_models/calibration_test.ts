import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { calibrate } from "lib/systems/mental_models/calibration.ts";
import { stream } from "lib/sim/random.ts";

const bet = (yes: number, truth: boolean) => ({ question: `${yes} ${truth}`, yes, truth });
const interval = (low: number, high: number, truth: number) => ({
  question: `${low} to ${high}`,
  low,
  high,
  truth,
});

Deno.test("calibrate() scores a bet by the square of its distance from the truth", () => {
  // Rain at 70 %, and it rains: (0.7 - 1)².
  assertAlmostEquals(calibrate([bet(0.7, true)]).brier, 0.09, 1e-12);
  assertAlmostEquals(calibrate([bet(1, true), bet(0, false)]).brier, 0, 1e-12);
  assertAlmostEquals(calibrate([bet(0.5, true), bet(0.5, false)]).brier, 0.25, 1e-12);
  assertEquals(calibrate([bet(0.9, true), bet(0.9, false)]).hitRate, 0.5);
});

Deno.test("calibrate() counts intervals that held, ends included", () => {
  const { coverage, scored } = calibrate([interval(1, 2, 2), interval(1, 2, 3)]);
  assertEquals(coverage, 0.5);
  assertEquals(scored.map(({ score }) => Math.round(score * 100)), [1, 81]);
});

Deno.test("calibrate() picks the worst by score, then by how far it was off", () => {
  const { worst } = calibrate([
    interval(1, 2, 3),
    bet(0.8, false),
    interval(1, 2, 50),
    bet(0.1, false),
  ]);
  assertEquals(worst.question, "1 to 2");
  assertEquals("low" in worst && worst.truth, 50);
  assertEquals(calibrate([interval(1, 2, 3), bet(0.95, false)]).worst.question, "0.95 false");
});

Deno.test("calibrate() puts an honest forecaster on the diagonal", () => {
  const random = stream(1, "forecaster");
  const predictions = Array.from({ length: 50_000 }, () => {
    const yes = random();
    return bet(yes, random() < yes);
  });
  const { curve, brier } = calibrate(predictions);
  assertEquals(curve.length, 5);
  for (const { believed, seen } of curve) assertAlmostEquals(seen, believed, 1.5);
  assertAlmostEquals(brier, 1 / 6, 0.005); // the mean of p (1 - p)
});

Deno.test("calibrate() refuses what is no prediction", () => {
  assertThrows(() => calibrate([]), RangeError, "must not be empty");
  assertThrows(
    () => calibrate([bet(1.2, true)]),
    RangeError,
    "yes must be from 0 to 1: received 1.2",
  );
  assertThrows(() => calibrate([interval(5, 1, 2)]), RangeError, "at most high = 1: received 5");
});
