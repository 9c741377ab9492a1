import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { downtime, fromRepair, kOfN, parallel, series } from "lib/estimate/availability.ts";
import {
  burnRate,
  burnThreshold,
  errorBudget,
  timeToExhaustion,
} from "lib/estimate/error_budget.ts";
import { quantity } from "lib/estimate/quantity.ts";
import { stream } from "lib/sim/random.ts";

const month = quantity(30, "days");
const year = quantity(1, "year");

Deno.test("downtime() gives the availability table of the SRE book", () => {
  // Beyer et al., Site Reliability Engineering, appendix A.
  const table: [number, string, string][] = [
    [90, "36.5 days", "3 days"],
    [99, "3.65 days", "7.2 h"],
    [99.9, "8.76 h", "43.2 min"],
    [99.95, "4.38 h", "21.6 min"],
    [99.99, "52.6 min", "4.32 min"],
    [99.999, "5.26 min", "25.9 s"],
  ];
  for (const [slo, perYear, perMonth] of table) {
    const share = quantity(slo, "%");
    assertEquals([`${downtime(share, year)}`, `${downtime(share, month)}`], [perYear, perMonth]);
  }
});

Deno.test("kOfN() gives the quorums of sessions 02 and 15", () => {
  assertEquals(`${kOfN(2, 3, 0.99)}`, "99.9702 %");
  assertEquals(`${kOfN(3, 3, 0.99)}`, "97 %");
  assertEquals(`${kOfN(1, 3, 0.99)}`, "99.9999 %");
  const down = [1, 3, 5, 7].map((n) => downtime(kOfN((n + 1) / 2, n, 0.999), year).in("s"));
  [31_536, 94.5, 0.31, 0.001].forEach((seconds, i) =>
    assertAlmostEquals(down[i] / seconds, 1, 0.11, `${i}`)
  );
  assertAlmostEquals(down[1], 94.5, 0.05);
});

Deno.test("kOfN() is series for all and parallel for one, and falls as k rises", () => {
  const random = stream(13);
  for (let i = 0; i < 200; i++) {
    const [n, a] = [1 + Math.floor(9 * random()), random()];
    const parts = Array.from({ length: n }, () => a);
    assertAlmostEquals(kOfN(n, n, a).value, series(parts).value, 1e-9);
    assertAlmostEquals(kOfN(1, n, a).value, parallel(parts).value, 1e-9);
    assertEquals(kOfN(0, n, a).value, 100);
    for (let k = 1; k <= n; k++) {
      assertEquals(kOfN(k, n, a).value <= kOfN(k - 1, n, a).value, true);
    }
  }
});

Deno.test("kOfN() equals the sum over every combination of parts", () => {
  for (let k = 0; k <= 5; k++) {
    let expected = 0;
    for (let mask = 0; mask < 32; mask++) {
      const up = [0, 1, 2, 3, 4].filter((part) => mask >> part & 1).length;
      if (up >= k) expected += 0.9 ** up * 0.1 ** (5 - up);
    }
    assertAlmostEquals(kOfN(k, 5, 0.9).in("1"), expected, 1e-12);
  }
});

Deno.test("series() and parallel() are each other's complement", () => {
  const random = stream(14);
  for (let i = 0; i < 200; i++) {
    const parts = Array.from({ length: Math.floor(6 * random()) }, random);
    const opposite = parallel(parts.map((a) => 1 - a)).in("1");
    assertAlmostEquals(series(parts).in("1"), 1 - opposite, 1e-12);
  }
  assertEquals(`${series([quantity(99.9, "%"), 0.999])}`, "99.8 %");
  assertEquals(series([]).value, 100);
});

Deno.test("fromRepair() is the share of time between repairs", () => {
  const availability = fromRepair(quantity(30, "days"), quantity(4.32, "min"));
  assertAlmostEquals(availability.in("%"), 99.99, 1e-4);
});

Deno.test("burnThreshold() gives the alerts of the SRE workbook", () => {
  // Beyer et al., The Site Reliability Workbook, chapter 5.
  const alerts: [number, string, string][] = [[2, "1 h", "14.4 x"], [5, "6 h", "6 x"], [
    10,
    "3 days",
    "1 x",
  ]];
  for (const [percent, window, burn] of alerts) {
    const [amount, unit] = window.split(" ");
    const over = quantity(Number(amount), unit as "h");
    assertEquals(`${burnThreshold(quantity(percent, "%"), over, month)}`, burn);
  }
});

Deno.test("timeToExhaustion() gives the exhaustion table of the SRE workbook", () => {
  const exhaustion = (burn: number) => timeToExhaustion(quantity(burn, "x"), month);
  assertEquals([1, 2, 10, 1000].map((burn) => `${exhaustion(burn)}`), [
    "30 days",
    "15 days",
    "3 days",
    "43.2 min",
  ]);
  assertEquals(`${timeToExhaustion(quantity(10, "x"), month, 0.5)}`, "1.5 days");
});

Deno.test("errorBudget() works in time and in requests, and burnRate() spends it", () => {
  assertAlmostEquals(errorBudget(quantity(99.99, "%"), month).in("s"), 259.2, 1e-6);
  assertEquals(`${errorBudget(0.999, quantity(1e9, "requests"))}`, "1 M requests");
  assertAlmostEquals(burnRate(0.001, 0.999).value, 1, 1e-9);
});

Deno.test("availability refuses what is not a share", () => {
  const refused: [() => unknown, string][] = [
    [() => series([99.9]), "Cannot combine availabilities: availability must be from 0 to 1"],
    [() => parallel([99.9]), 'received 99.9; write quantity(99.9, "%") for a percentage'],
    [() => kOfN(1, 1, -0.1), "received -0.1"],
    [() => kOfN(4, 3, 0.9), "k must be a whole number from 0 to n = 3: received 4"],
    [() => kOfN(1, 0, 0.9), "n must be a whole number from 1: received 0"],
    [() => downtime(quantity(101, "%"), month), "received 101 %"],
    [() => errorBudget(1, month), "SLO must be below 100 %, which leaves no budget: received 1"],
  ];
  for (const [call, message] of refused) assertThrows(call, RangeError, message);
});
