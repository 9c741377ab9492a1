import { assert, assertAlmostEquals, assertEquals, assertLess, assertThrows } from "@std/assert";
import { stream } from "lib/sim/random.ts";
import { Histogram } from "lib/structures/histogram.ts";

/** Latency-like values over many orders of magnitude. */
function values(count: number, seed = 1): number[] {
  const random = stream(seed, "latencies");
  return Array.from({ length: count }, () => 1e-6 * Math.exp(15 * random() ** 2));
}

const record = (histogram: Histogram, values: number[]) => {
  for (const value of values) histogram.record(value);
  return histogram;
};

for (const relativeError of [0.25, 0.05, 0.01, 0.001, 1e-5]) {
  Deno.test(`Histogram.percentile() is within ${relativeError} of the nearest rank`, () => {
    const all = values(5000);
    const histogram = record(new Histogram({ relativeError }), all);
    assert(
      histogram.relativeError <= relativeError && histogram.relativeError > relativeError / 2.1,
    );
    const sorted = all.toSorted((a, b) => a - b);
    for (const p of [0, 0.01, 1, 25, 50, 75, 90, 99, 99.9, 99.99, 100]) {
      const rank = Math.ceil(Number((p * 50).toFixed(6))); // 99.9 % of 5000 is 4995, not 4996
      const exact = sorted[Math.max(0, rank - 1)];
      const error = Math.abs(histogram.percentile(p) / exact - 1);
      assertLess(error, histogram.relativeError * (1 + 1e-9), `p${p}`);
    }
  });
}

Deno.test("Histogram.percentile() uses nearest rank, exactly at the ends", () => {
  const histogram = record(new Histogram({ relativeError: 1e-5 }), [10, 20, 30, 40]);
  const at = (p: number) => Math.round(histogram.percentile(p));
  assertEquals([0, 25, 25.1, 50, 75, 99, 100].map(at), [10, 10, 20, 20, 30, 40, 40]);
  const thousand = record(new Histogram(), Array.from({ length: 1000 }, (_, i) => i + 1));
  assertAlmostEquals(thousand.percentile(99.9), 999, 1); // rank 999, not 1000 by rounding
  assertEquals([thousand.percentile(100), thousand.min, thousand.max], [1000, 1, 1000]);
});

Deno.test("Histogram keeps exact counts, sum, mean, minimum and maximum", () => {
  const all = values(10_000);
  const histogram = record(new Histogram({ relativeError: 0.1 }), all);
  let sum = 0;
  for (const value of all) sum += value;
  assertEquals([histogram.count, histogram.sum, histogram.mean], [10_000, sum, sum / 10_000]);
  assertEquals([histogram.min, histogram.max], [Math.min(...all), Math.max(...all)]);
  let counted = 0;
  let before = 0;
  for (const { low, high, count } of histogram.buckets()) {
    assertEquals(count, all.filter((value) => value >= low && value < high).length);
    assert(low >= before && high > low);
    before = high;
    counted += count;
  }
  assertEquals(counted, 10_000);
});

Deno.test("Histogram.record() of value and times is the same as recording so often", () => {
  const [once, often] = [new Histogram(), new Histogram()];
  once.record(0.25, 3);
  once.record(0, 2);
  for (const value of [0.25, 0.25, 0.25, 0, 0]) often.record(value);
  assertEquals(once.toJSON(), often.toJSON());
});

Deno.test("Histogram.record() takes zero and the whole range of doubles", () => {
  const extremes = [0, Number.MIN_VALUE, 1e-300, 1, Number.MAX_VALUE];
  const histogram = record(new Histogram({ relativeError: 0.1 }), extremes);
  assertEquals([histogram.count, histogram.min, histogram.max], [5, 0, Number.MAX_VALUE]);
  assertEquals([histogram.percentile(0), histogram.percentile(20)], [0, 0]);
  assertAlmostEquals(histogram.percentile(80), 1, 0.1);
  for (const value of [-1, -0.001, NaN, Infinity, -Infinity]) {
    assertThrows(
      () => histogram.record(value),
      RangeError,
      `Cannot record value: value must be finite and 0 or more: received ${value}`,
    );
  }
  assertEquals(histogram.count, 5, "what is refused is not counted");
  assertEquals([histogram.min, histogram.max], [0, Number.MAX_VALUE]);
});

Deno.test("Histogram.merge() equals recording all in one, in any order", () => {
  const [a, b] = [values(3000, 1), values(2000, 2).map((value) => value * 1e6)];
  const both = record(record(new Histogram(), a), b);
  const merged = record(new Histogram(), a).merge(record(new Histogram(), b));
  const other = record(new Histogram(), b).merge(record(new Histogram(), a));
  for (const one of [merged, other]) {
    assertEquals([...one.buckets()], [...both.buckets()]);
    assertEquals([one.min, one.max, one.count], [both.min, both.max, 5000]);
    assertAlmostEquals(one.sum, both.sum, 1e-9 * both.sum);
  }
  assertEquals(new Histogram().merge(merged).toJSON(), merged.toJSON());
  assertEquals(merged.merge(new Histogram()).count, 5000);
  assertThrows(
    () => merged.merge(new Histogram({ relativeError: 0.1 })),
    RangeError,
    "Cannot merge histograms: relativeError must be",
  );
});

Deno.test("Histogram.from() reads what toJSON() wrote, also through text and when empty", () => {
  for (const original of [record(new Histogram(), [0, ...values(100)]), new Histogram()]) {
    const copy = Histogram.from(JSON.parse(JSON.stringify(original)));
    assertEquals(copy.toJSON(), original.toJSON());
    copy.record(5);
    assertEquals([copy.count, copy.max], [original.count + 1, 5]);
  }
});

Deno.test("Histogram.shareAtMost() and standardDeviation agree with the values", () => {
  const all = values(20_000);
  const histogram = record(new Histogram(), all);
  for (const limit of [1e-6, 2e-5, 1e-3, 1]) {
    const low = all.filter((value) => value <= limit * 0.998).length / 20_000;
    const high = all.filter((value) => value <= limit * 1.002).length / 20_000;
    const share = histogram.shareAtMost(limit);
    assert(share >= low - 1e-12 && share <= high + 1e-12, `${low} ${share} ${high}`);
  }
  const mean = histogram.mean;
  const variance = all.reduce((sum, value) => sum + (value - mean) ** 2 / 20_000, 0);
  assertAlmostEquals(histogram.standardDeviation, Math.sqrt(variance), 2e-3 * Math.sqrt(variance));
});

Deno.test("Histogram without values has no percentiles; clear() goes back there", () => {
  const histogram = record(new Histogram(), values(10));
  histogram.clear();
  const { count, mean, min, max, standardDeviation } = histogram;
  assertEquals([count, mean, min, max, standardDeviation], [0, NaN, NaN, NaN, NaN]);
  assertEquals([histogram.percentile(50), [...histogram.buckets()]], [NaN, []]);
  histogram.record(3);
  assertEquals([histogram.percentile(50), histogram.count], [3, 1]);
});

Deno.test("Histogram refuses percentiles and precisions that do not exist", () => {
  for (const p of [-1, 101, NaN]) {
    assertThrows(() => new Histogram().percentile(p), RangeError, `received ${p}`);
  }
  for (const relativeError of [0, 0.5, 1e-6, NaN]) {
    assertThrows(() => new Histogram({ relativeError }), RangeError, `received ${relativeError}`);
  }
});
