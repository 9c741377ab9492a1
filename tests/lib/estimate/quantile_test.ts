import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { quantile, type QuantileType } from "lib/estimate/quantile.ts";
import { stream } from "lib/sim/random.ts";

const primes = Object.freeze([29, 2, 11, 3, 23, 5, 19, 7, 17, 13]);
const shares = [0, 0.1, 0.25, 0.3, 0.5, 0.9, 0.99, 1];

/** numpy 2.4.6, quantile(sorted, p, method), in the order of R's types. */
const numpy: Record<QuantileType, number[]> = {
  "R-1": [2, 2, 5, 5, 11, 23, 29, 29],
  "R-2": [2, 2.5, 5, 6, 12, 26, 29, 29],
  "R-3": [2, 2, 3, 5, 11, 23, 29, 29],
  "R-4": [2, 2, 4, 5, 11, 23, 28.4, 29],
  "R-5": [2, 2.5, 5, 6, 12, 26, 29, 29],
  "R-6": [2, 2.1, 4.5, 5.6, 12, 28.4, 29, 29],
  "R-7": [2, 2.9, 5.5, 6.4, 12, 23.6, 28.46, 29],
  "R-8": [2, 2.3666666667, 4.8333333333, 5.8666666667, 12, 26.8, 29, 29],
  "R-9": [2, 2.4, 4.875, 5.9, 12, 26.6, 29, 29],
};

const types = Object.keys(numpy) as QuantileType[];

Deno.test("quantile() equals numpy in all nine definitions", () => {
  for (const type of types) {
    shares.forEach((p, i) => {
      assertAlmostEquals(quantile(primes, p, type), numpy[type][i], 1e-9, `${type} at ${p}`);
    });
  }
});

Deno.test("quantile() by nearest rank gives the textbook percentiles", () => {
  const scores = [15, 20, 35, 40, 50];
  const ranks = [0.05, 0.3, 0.4, 0.5, 1].map((p) => quantile(scores, p, "R-1"));
  assertEquals(ranks, [15, 20, 20, 35, 50]);
});

Deno.test("quantile() R-6 gives the 90th percentile of the NIST handbook", () => {
  // NIST/SEMATECH e-Handbook of Statistical Methods, 7.2.6.2.
  const resistances = [
    ...[95.1772, 95.1567, 95.1937, 95.1959, 95.1442, 95.0610],
    ...[95.1591, 95.1195, 95.1065, 95.0925, 95.1990, 95.1682],
  ];
  assertAlmostEquals(quantile(resistances, 0.9, "R-6"), 95.1981, 5e-5);
});

Deno.test("quantile() rises with p, stays within the samples, and follows a change of scale", () => {
  const random = stream(11);
  for (const type of types) {
    for (let i = 0; i < 50; i++) {
      const samples = Array.from({ length: 1 + Math.floor(20 * random()) }, () => 100 * random());
      const curve = Array.from({ length: 41 }, (_, j) => quantile(samples, j / 40, type));
      for (let j = 1; j < curve.length; j++) assertEquals(curve[j] >= curve[j - 1], true, type);
      assertEquals([curve[0], curve[40]], [Math.min(...samples), Math.max(...samples)]);
      const p = random();
      const scaled = quantile(samples.map((x) => 2 * x + 8), p, type);
      assertAlmostEquals(scaled, 2 * quantile(samples, p, type) + 8, 1e-9);
    }
  }
});

Deno.test("quantile() takes 0.1 of 30 samples as the third, as R does", () => {
  const samples = Array.from({ length: 30 }, (_, i) => i + 1);
  assertEquals(quantile(samples, 0.1, "R-1"), 3);
  assertEquals(quantile(samples, 0.3, "R-1"), 9);
});

Deno.test("quantile() refuses what has no quantile", () => {
  const refused: [number[], number, string][] = [
    [[], 0.5, "samples must not be empty"],
    [[1, NaN], 0.5, "samples must be numbers: received NaN"],
    [[1, 2], 99, "Cannot take quantile: p must be from 0 to 1: received 99"],
    [[1, 2], NaN, "p must be from 0 to 1: received NaN"],
  ];
  for (const [samples, p, message] of refused) {
    assertThrows(() => quantile(samples, p, "R-7"), RangeError, message);
  }
});
