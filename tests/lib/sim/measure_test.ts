import { assert, assertAlmostEquals, assertEquals, assertLess, assertThrows } from "@std/assert";
import { Gauge } from "lib/sim/gauge.ts";
import { BatchMeans, estimate, replications, studentT } from "lib/sim/interval.ts";
import { stream } from "lib/sim/random.ts";
import { Rates, Series, thin } from "lib/sim/series.ts";
import { compare, disagreements, share } from "lib/sim/theory.ts";
import { warmUp } from "lib/sim/warm_up.ts";

Deno.test("Gauge.mean weighs by time, also after cut()", () => {
  const clock = { now: 5 };
  const gauge = new Gauge(clock, 10);
  assert(Number.isNaN(gauge.mean));
  clock.now = 7;
  gauge.set(2);
  clock.now = 9;
  assertEquals([gauge.mean, gauge.area, gauge.max], [6, 24, 10]);
  gauge.cut();
  clock.now = 10;
  gauge.add(2);
  clock.now = 11;
  assertEquals([gauge.mean, gauge.max, gauge.value], [3, 4, 4]);
});

Deno.test("studentT() equals the table", () => {
  // Fisher and Yates, Statistical Tables, two-sided 5 %.
  const table = [[1, 12.706], [2, 4.303], [3, 3.182], [5, 2.571], [10, 2.228], [31, 2.040], [
    120,
    1.980,
  ]];
  for (const [degrees, value] of table) assertAlmostEquals(studentT(degrees), value, 0.003 * value);
});

Deno.test("estimate() of independent values", () => {
  const { mean, standardError, low, high, count } = estimate([2, 4, 4, 4, 5, 5, 7, 9]);
  assertEquals([mean, count], [5, 8]);
  assertAlmostEquals(standardError, Math.sqrt(32 / 7 / 8)); // by hand
  assertAlmostEquals((high - low) / 2, 2.365 * standardError, 0.002);
  assertEquals(estimate([3]).standardError, Infinity);
  assert(Number.isNaN(estimate([]).mean) || estimate([]).mean === 0);
});

/** Values that depend on each other: x' = r x + noise, mean 0. */
function autoregressive(correlation: number, seed: number): () => number {
  const random = stream(seed, "noise");
  let x = 0;
  return () => x = correlation * x + random() - 0.5;
}

Deno.test("BatchMeans: its 95 % interval covers the mean in about 95 % of runs, unlike the naive one", () => {
  let [covered, naive] = [0, 0];
  const runs = 400;
  for (let seed = 0; seed < runs; seed++) {
    const next = autoregressive(0.9, seed);
    const batches = new BatchMeans();
    const values: number[] = [];
    for (let i = 0; i < 8000; i++) {
      values.push(next());
      batches.add(values[i]);
    }
    const [a, b] = [batches.estimate(), estimate(values)];
    assertAlmostEquals(a.mean, b.mean, 1e-9);
    covered += +(a.low < 0 && 0 < a.high);
    naive += +(b.low < 0 && 0 < b.high);
  }
  assert(covered > 0.91 * runs && covered < 0.98 * runs, `${covered} of ${runs}`);
  assertLess(naive, 0.5 * runs);
});

Deno.test("BatchMeans keeps 32 to 63 batches and counts every value", () => {
  const batches = new BatchMeans();
  for (let n = 1; n <= 5000; n++) {
    batches.add(n);
    const { groups, count, mean } = batches.estimate();
    assertEquals([count, mean], [n, (n + 1) / 2]);
    assert(n < 32 || groups >= 32 && groups < 64, `${groups} after ${n}`);
  }
});

Deno.test("replications() runs seeds 1 to n and covers the truth", () => {
  const seeds: number[] = [];
  const mean = replications(40, (seed) => {
    seeds.push(seed);
    return stream(seed, "x")();
  });
  assertEquals([seeds[0], seeds.at(-1), mean.groups], [1, 40, 40]);
  assert(mean.low < 0.5 && 0.5 < mean.high);
  assertThrows(() => replications(1, () => 0), RangeError, "runs must be an integer above 1");
});

Deno.test("warmUp() cuts the transient, nothing of a stationary series, and owns up to a trend", () => {
  const noise = stream(1, "noise");
  const decaying = Array.from({ length: 2000 }, (_, i) => 10 * Math.exp(-i / 50) + noise());
  const { cut, settled } = warmUp(decaying);
  assert(settled && cut > 100 && cut < 400, `${cut}`);
  const stationary = warmUp(Array.from({ length: 2000 }, () => noise()));
  assert(stationary.share < 0.2, `${stationary.share}`);
  assertEquals(warmUp(Array.from({ length: 2000 }, (_, i) => i + noise())).settled, false);
  assertThrows(() => warmUp([1, 2, 3]), RangeError, "values must be at least 20: received 3");
});

const xy = { x: (row: { x: number }) => row.x, y: (row: { y: number }) => row.y };

Deno.test("thin() keeps at most the limit, the ends, every peak, and the rows themselves", () => {
  const random = stream(1, "series");
  for (const length of [4, 499, 500, 501, 3000, 50_000]) {
    const rows = Object.freeze(Array.from({ length }, (_, x) => Object.freeze({ x, y: random() })));
    const kept = thin(rows, { ...xy, limit: 500 });
    assertLess(kept.length, Math.min(500, length) + 1);
    assertEquals([kept[0], kept.at(-1)], [rows[0], rows[length - 1]]);
    for (const bound of [Math.max, Math.min]) {
      assertEquals(bound(...kept.map(xy.y)), rows.reduce((a, row) => bound(a, row.y), rows[0].y));
    }
    assert(kept.every((row, i) => rows.includes(row) && (i === 0 || kept[i - 1].x < row.x)));
  }
});

Deno.test("thin() keeps the highest of each piece, so that no spike of a busy hour is lost", () => {
  const rows = Array.from({ length: 10_000 }, (_, x) => ({ x, y: x % 100 === 50 ? 9 : 1 }));
  const kept = thin(rows, { ...xy, limit: 202 }); // 100 pieces of 100
  assertEquals(kept.filter((row) => row.y === 9).length, 100);
});

Deno.test("thin() stands equal times and refuses less than four rows", () => {
  const rows = Array.from({ length: 1000 }, (_, y) => ({ x: 3, y }));
  assertEquals(thin(rows, { ...xy, limit: 10 }).map(xy.y).at(-1), 999);
  const late = Array.from({ length: 1000 }, (_, i) => ({ x: Math.min(i, 900), y: i % 13 }));
  assertEquals(thin(late, { ...xy, limit: 10 }).length, 10);
  assertThrows(() => thin(rows, { ...xy, limit: 3 }), RangeError, "limit must be 4 rows or more");
});

Deno.test("Series thins as it grows and loses no peak", () => {
  const series = new Series({ limit: 50 });
  const peaks = [17, 4321, 77_777];
  for (let x = 0; x < 100_000; x++) series.add(x, peaks.includes(x) ? 100 + x : x % 7);
  const rows = series.rows();
  assertLess(rows.length, 51);
  assertEquals(rows.filter((row) => row.y >= 100).map((row) => row.x).at(-1), 77_777);
  assertEquals(Math.max(...rows.map((row) => row.y)), 77_877);
});

Deno.test("Rates counts windows, also empty ones, but no window that is not over", () => {
  const clock = { now: 0.5 };
  const rates = new Rates(clock, 2);
  rates.count();
  clock.now = 4;
  rates.count(6);
  clock.now = 9;
  rates.count();
  assertEquals(rates.rows(), [{ x: 0, y: 0.5 }, { x: 2, y: 0 }, { x: 4, y: 3 }, { x: 6, y: 0 }]);
  assertThrows(() => new Rates(clock, 0), RangeError, "seconds must be above 0");
});

Deno.test("compare() judges by standard errors, and says where the theory has no answer", () => {
  const rows = compare([
    { quantity: "a", theory: 10, observed: { mean: 10.5, standardError: 0.25 } },
    { quantity: "b", theory: 10, observed: { mean: 11, standardError: 0.25 } },
    { quantity: "c", theory: NaN, observed: { mean: 11, standardError: 0.25 } },
    { quantity: "d", theory: Infinity, observed: { mean: 11, standardError: 0.25 } },
    { quantity: "e", theory: 3, observed: { mean: 3, standardError: 0 } },
    { quantity: "f", theory: 3, observed: { mean: 4, standardError: 0 } },
  ]);
  assertEquals(rows.map((row) => row.z), [2, 4, NaN, NaN, 0, Infinity]);
  assertEquals(rows.map((row) => row.verdict), [
    "agrees",
    "differs",
    "no steady state",
    "no steady state",
    "agrees",
    "differs",
  ]);
  assertEquals(disagreements(rows).length, 2);
});

Deno.test("share() has the binomial standard error", () => {
  assertEquals(share(10, 40), { mean: 0.25, standardError: Math.sqrt(0.25 * 0.75 / 40) });
  assertThrows(() => share(3, 2), RangeError, "received 3 of 2");
});
