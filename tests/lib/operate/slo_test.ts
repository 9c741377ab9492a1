import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import {
  alertingRate,
  BURN_WINDOWS,
  burnRate,
  burnRateAlerts,
  detectionSeconds,
  errorBudget,
  outageSeconds,
  slowerThan,
} from "lib/operate/slo.ts";

const slo = { name: "online-freshness", objective: 0.999, windowDays: 30 };

Deno.test("alertingRate() gives the rates of the SRE Workbook's table 5-8", () => {
  assertEquals(BURN_WINDOWS.map((window) => alertingRate(slo, window)), [14.4, 6, 1]);
});

Deno.test("outageSeconds() gives the well-known nines, and the page's 259 s", () => {
  const outage = (objective: number, windowDays: number) =>
    outageSeconds({ name: "x", objective, windowDays });
  assertAlmostEquals(outage(0.999, 30), 43.2 * 60, 1e-6);
  assertAlmostEquals(outage(0.99, 365) / 86_400, 3.65, 1e-9);
  assertAlmostEquals(outage(0.99999, 365) / 60, 5.256, 1e-9);
  assertAlmostEquals(outage(0.9999, 30), 259.2, 1e-6);
});

Deno.test("errorBudget() says what is left, below 0 when overspent", () => {
  const budget = errorBudget(slo, { events: 2_000_000, bad: 500 });
  assertAlmostEquals(budget.allowed, 2000, 1e-6);
  assertAlmostEquals(budget.left, 1500, 1e-6);
  assertAlmostEquals(budget.leftShare, 0.75);
  assertAlmostEquals(errorBudget(slo, { events: 1000, bad: 3 }).leftShare, -2);
  assertEquals(errorBudget(slo, { events: 0, bad: 0 }).leftShare, 0);
});

Deno.test("detectionSeconds() is the workbook's formula: (1 - SLO) / error ratio × window × rate", () => {
  const [hour] = BURN_WINDOWS;
  assertAlmostEquals(detectionSeconds(slo, hour, 1), 0.001 * 3600 * 14.4, 1e-6);
  assertEquals(detectionSeconds(slo, hour, 0.0144), Infinity);
  assertAlmostEquals(detectionSeconds(slo, hour, 0.0288), 1800, 1e-6);
  assertAlmostEquals(burnRate(slo, 0.0288), 28.8);
});

Deno.test("burnRateAlerts() alert on a long and a short window at once", () => {
  const alerts = burnRateAlerts(slo, slowerThan("presence_freshness_seconds", 2));
  assertEquals(alerts.map(({ alert }) => alert), [
    "OnlineFreshnessBurns1h",
    "OnlineFreshnessBurns6h",
    "OnlineFreshnessBurns3d",
  ]);
  assertEquals(alerts.map(({ labels }) => labels!.severity), ["page", "page", "ticket"]);
  const ratio = (window: string) =>
    `(1 - sum(rate(presence_freshness_seconds_bucket{le="2"}[${window}])) / ` +
    `sum(rate(presence_freshness_seconds_count[${window}])))`;
  assertEquals(alerts[0].expr, `${ratio("1h")} > 0.0144 and ${ratio("5m")} > 0.0144`);
});

Deno.test("An SLO of 100 % has no budget and is refused", () => {
  for (const objective of [1, 0, 99.9]) {
    assertThrows(
      () => outageSeconds({ ...slo, objective }),
      RangeError,
      `Cannot use SLO online-freshness: objective must be above 0 and below 1: received ${objective}`,
    );
  }
});
