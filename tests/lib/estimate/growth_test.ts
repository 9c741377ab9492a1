import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { doublingTime, grown, timeUntil } from "lib/estimate/growth.ts";
import { quantity } from "lib/estimate/quantity.ts";
import { stored } from "lib/estimate/storage.ts";
import { stream } from "lib/sim/random.ts";

const month = quantity(1, "month");

function growth(percent: number) {
  return { rate: quantity(percent, "%"), every: month };
}

Deno.test("grown(), timeUntil() and doublingTime() agree with each other", () => {
  const random = stream(41);
  for (let i = 0; i < 200; i++) {
    const rate = growth(1 + 30 * random());
    const start = quantity(1000 * random() + 1, "GB");
    const after = quantity(60 * random(), "months");
    const end = grown(start, rate, after);
    assertAlmostEquals(timeUntil(end, start, rate).in("months"), after.in("months"), 1e-9);
    const doubled = grown(start, rate, doublingTime(rate));
    assertAlmostEquals(doubled.per(start).in("1"), 2, 1e-9);
  }
});

Deno.test("doublingTime() keeps the rule of 72 and the values of session 09", () => {
  for (const percent of [6, 8, 10]) {
    assertAlmostEquals(doublingTime(growth(percent)).in("months") / (72 / percent), 1, 0.02);
  }
  const runway = timeUntil(quantity(0.7 * 12_000, "/s"), quantity(3000, "/s"), growth(8));
  assertEquals(`${runway}`, "13.4 months");
});

Deno.test("timeUntil() is zero when the limit is reached, also under decay", () => {
  assertEquals(timeUntil(quantity(5, "GB"), quantity(6, "GB"), growth(8)).value, 0);
  assertEquals(timeUntil(quantity(5, "GB"), quantity(6, "GB"), growth(-8)).value, 0);
});

Deno.test("growth refuses limits that are never reached and rates below -100 %", () => {
  const [limit, amount] = [quantity(10, "GB"), quantity(5, "GB")];
  for (const percent of [0, -5]) {
    assertThrows(
      () => timeUntil(limit, amount, growth(percent)),
      RangeError,
      `Cannot reach 10 GB from 5 GB: growth must be above 0 %: received ${
        `${percent}`.replace("-", "−")
      } %`,
    );
  }
  assertThrows(() => grown(amount, growth(-100), month), RangeError, "rate must be above -100 %");
});

Deno.test("stored() gives the log of session 05", () => {
  const log = { ingest: quantity(1, "GB/s"), retention: quantity(30, "days") };
  assertEquals(`${stored(log)}`, "2.59 PB");
  assertEquals(`${stored({ ...log, replicas: 3 })}`, "7.78 PB");
  const local = { ingest: log.ingest, retention: quantity(1, "day"), replicas: 3, compression: 4 };
  assertEquals(`${stored(local)}`, "64.8 TB");
});

Deno.test("stored() rises until the retention is full, then stays", () => {
  const log = { ingest: quantity(100, "MB/s"), retention: quantity(7, "days"), overhead: 0.25 };
  const at = [0, 1, 3.5, 7, 30].map((days) => stored(log, quantity(days, "days")).in("TB"));
  [0, 10.8, 37.8, 75.6, 75.6].forEach((tb, i) => assertAlmostEquals(at[i], tb, 1e-9));
});

Deno.test("stored() integrates a growing stream over its window", () => {
  const log = {
    ingest: quantity(1, "TB/day"),
    retention: quantity(90, "days"),
    growth: growth(20),
  };
  for (const days of [10, 90, 300]) {
    const steps = 100_000;
    const width = Math.min(90, days);
    let sum = 0;
    for (let i = 0; i < steps; i++) {
      const day = days - width + (i + 0.5) * width / steps;
      sum += 1.2 ** (day / 30) * width / steps;
    }
    assertAlmostEquals(stored(log, quantity(days, "days")).in("TB") / sum, 1, 1e-8);
  }
  const flat = stored({ ...log, growth: growth(0) });
  assertAlmostEquals(flat.in("TB"), 90, 1e-9);
});

Deno.test("stored() refuses copies and ratios that make no sense", () => {
  const log = { ingest: quantity(1, "GB/s"), retention: quantity(30, "days") };
  const refused: [object, string][] = [
    [{ replicas: 0 }, "Cannot estimate storage: replicas must be at least 1: received 0"],
    [{ compression: 0 }, "compression must be above 0: received 0"],
    [{ overhead: -0.1 }, "overhead must be at least 0: received -0.1"],
    [{ compression: NaN }, "received NaN"],
  ];
  for (const [options, message] of refused) {
    assertThrows(() => stored({ ...log, ...options }), RangeError, message);
  }
});
