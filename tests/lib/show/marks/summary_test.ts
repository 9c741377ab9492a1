/** Builders that summarise their rows: band, cdf, histogram. */
import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { band } from "../../../../lib/show/marks/band.ts";
import { cdf } from "../../../../lib/show/marks/cdf.ts";
import { histogram } from "../../../../lib/show/marks/histogram.ts";
import type { Chart } from "../../../../lib/show/chart/chart.ts";

function valuesOf(chart: Chart): Record<string, number>[] {
  return (chart.data as { values: Record<string, number>[] }).values;
}

const x = { field: "x", unit: "s" } as const;
const y = { field: "y", unit: "ms" } as const;

Deno.test("band() is mean and sample standard deviation over the rows at an x", () => {
  const rows = [2, 4, 4, 4, 5, 5, 7, 9].map((value) => ({ x: 1, y: value }));
  const [only] = valuesOf(band(rows, { x, y, title: "t" }));
  assertEquals(only.y, 5);
  // 2.138: the sample standard deviation of this set, as R's sd() has it.
  assertAlmostEquals(only.high - only.y, 2.13809, 1e-5);
  assertAlmostEquals(only.y - only.low, 2.13809, 1e-5);
});

Deno.test("band() takes intervals as they are, and else repetitions", () => {
  const given = band([{ x: 1, y: 5, p5: 1, p95: 9 }], {
    x,
    y,
    low: "p5",
    high: "p95",
    title: "t",
  });
  assertEquals(valuesOf(given), [{ x: 1, y: 5, p5: 1, p95: 9 }]);
  assertThrows(
    () => band([{ x: 1, y: 5 }, { x: 2, y: 6 }], { x, y, title: "t" }),
    TypeError,
    "rows must be several at an x, one a repetition, or have low and high: received one at each",
  );
});

Deno.test("cdf() is the empirical distribution: every value of a few", () => {
  const rows = [3, 1, 2, 2].map((value) => ({ x: value }));
  assertEquals(
    valuesOf(cdf(rows, { x, title: "t" })).map((row) => [row.x, row.share]),
    [[1, 0], [1, 25], [2, 50], [2, 75], [3, 100]],
  );
});

Deno.test("cdf() of many values keeps percentiles and the greatest", () => {
  const rows = Array.from({ length: 100_000 }, (_, i) => ({ x: (i * 7919) % 100_000 }));
  const values = valuesOf(cdf(rows, { x, title: "t" }));
  assert(values.length <= 500 && values.length > 300, `${values.length}`);
  for (const row of values.slice(1)) assertAlmostEquals(row.share, (row.x + 1) / 1000, 1e-9);
  assertEquals(values.at(-1), { x: 99_999, share: 100 });
  const median = values.find((row) => row.share >= 50)!;
  assertAlmostEquals(median.x, 50_000, 400);
  assert(values.filter((row) => row.share > 99.9).length > 50, "the tail is drawn densely");
});

Deno.test("cdf() and histogram() name the row of a value that is no number", () => {
  const rows = [{ x: 1 }, { x: NaN }];
  for (const build of [cdf, histogram] as typeof cdf[]) {
    assertThrows(() => build(rows, { x, title: "t" }), RangeError, "received NaN as x in row 2");
  }
});

Deno.test("histogram() counts every value once, edges included", () => {
  for (const values of [[0, 1, 2, 3], [5], [0.1, 0.2, 0.3], [-5, 5], [10, 10, 10]]) {
    const counted = valuesOf(histogram(values.map((value) => ({ x: value })), { x, title: "t" }));
    assertEquals(counted.reduce((sum, row) => sum + row.count, 0), values.length, `${values}`);
    for (const { from, to } of counted) assert(from < to);
  }
});

Deno.test("histogram() puts a value into the interval that holds it", () => {
  const values = Array.from({ length: 1000 }, (_, i) => i / 10);
  for (const scale of ["linear", "log"] as const) {
    const counted = valuesOf(
      histogram(values.slice(1).map((value) => ({ x: value })), {
        x: { ...x, scale },
        bins: 10,
        title: "t",
      }),
    );
    assertEquals(counted.reduce((sum, row) => sum + row.count, 0), 999);
    for (const { from, to, count } of counted) {
      const expected = values.filter((value) => value >= from && value < to && value > 0).length;
      assertAlmostEquals(count, expected, 1.5, `${scale} ${from} to ${to}`);
    }
  }
});

Deno.test("histogram() checks bins", () => {
  for (const bins of [1, 2.5, 101, NaN]) {
    assertThrows(
      () => histogram([{ x: 1 }], { x, bins, title: "t" }),
      RangeError,
      `bins must be a whole number from 2 to 100: received ${bins}`,
    );
  }
});
