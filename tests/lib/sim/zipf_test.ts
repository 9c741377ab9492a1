import { assertAlmostEquals, assertEquals, assertLess, assertThrows } from "@std/assert";
import { hotKeys, shifting } from "lib/sim/keys.ts";
import { stream } from "lib/sim/random.ts";
import { zipf } from "lib/sim/zipf.ts";

for (const exponent of [0, 0.5, 0.99, 1, 1.2, 3]) {
  Deno.test(`zipf() with exponent ${exponent} draws each item as often as it is popular`, () => {
    const keys = zipf(50, exponent);
    const random = stream(1, `zipf ${exponent}`);
    const n = 200_000;
    const counts = new Float64Array(50);
    for (let i = 0; i < n; i++) counts[keys.sample(random)]++;
    let chiSquare = 0;
    let total = 0;
    for (let item = 0; item < 50; item++) {
      const expected = n * keys.popularity(item);
      chiSquare += (counts[item] - expected) ** 2 / expected;
      total += keys.popularity(item);
    }
    assertAlmostEquals(total, 1);
    assertLess(chiSquare, 85.4); // 99.9 % of chi-square with 49 degrees of freedom
  });
}

Deno.test("zipf() works for one item and for 20 million", () => {
  const random = stream(1, "sizes");
  assertEquals(zipf(1, 0.99).sample(random), 0);
  const many = zipf(20_000_000, 0.8);
  let [largest, hottest] = [0, 0];
  for (let i = 0; i < 50_000; i++) {
    const item = many.sample(random);
    largest = Math.max(largest, item);
    hottest += +(item === 0);
  }
  assertEquals(largest > 15_000_000 && largest < 20_000_000, true, `${largest}`);
  assertAlmostEquals(hottest / 50_000, many.popularity(0), 0.002);
});

Deno.test("zipf() refuses what is no number of items and no exponent", () => {
  for (const items of [0, -1, 1.5, NaN, Infinity]) {
    assertThrows(() => zipf(items, 1), RangeError, "items must be an integer above 0");
  }
  for (const exponent of [-0.1, NaN, Infinity]) {
    assertThrows(() => zipf(10, exponent), RangeError, "exponent must be 0 or more");
  }
});

Deno.test("hotKeys() shares within both groups evenly, and refuses nonsense", () => {
  const mix = hotKeys({ keys: 10, hot: 2, share: 0.5 });
  const random = stream(1, "hot");
  const counts = new Float64Array(10);
  for (let i = 0; i < 80_000; i++) counts[mix.sample(random)]++;
  for (const hot of counts.subarray(0, 2)) assertAlmostEquals(hot / 80_000, 0.25, 0.006);
  for (const cold of counts.subarray(2)) assertAlmostEquals(cold / 80_000, 0.0625, 0.004);
  assertThrows(() => hotKeys({ keys: 2, hot: 2, share: 0.5 }), RangeError, "received 2 of 2");
  assertThrows(
    () => hotKeys({ keys: 9, hot: 2, share: 2 }),
    RangeError,
    "share must be between 0 and 1",
  );
});

Deno.test("shifting() moves the hot key when a period has passed, not before", () => {
  const clock = { now: 0 };
  const mix = shifting({ sample: () => 0 }, { keys: 100, period: 60, clock });
  const at = (now: number) => {
    clock.now = now;
    return mix.sample(() => 0);
  };
  assertEquals([at(0), at(59.9)], [0, 0]);
  assertEquals(new Set([0, 60, 120, 180, 240].map(at)).size, 5);
});
