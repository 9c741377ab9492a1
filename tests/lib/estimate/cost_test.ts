import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { baseRate, baseRateRows, baseRates, readMeasured } from "lib/estimate/base_rates.ts";
import { bill, steppedCost } from "lib/estimate/cost.ts";
import { internetTraffic, prices } from "lib/estimate/prices.ts";
import { quantity } from "lib/estimate/quantity.ts";

Deno.test("bill() brings every line to one period, the dearest first", () => {
  const { total, lines } = bill([
    { item: "storage", amount: quantity(1, "TB"), price: prices.objectStorage.price },
    { item: "gets", amount: quantity(1000, "requests/s"), price: prices.objectGet.price },
    { item: "machines", amount: quantity(2, "machines"), price: prices.machine.price },
  ]);
  assertEquals(lines.map(({ item, cost }) => `${item}: ${cost}`), [
    "gets: 1,037 USD/month",
    "machines: 117.5 USD/month",
    "storage: 23 USD/month",
  ]);
  assertAlmostEquals(total.value, 1036.8 + 2 * 720 * 0.0816 + 23, 1e-9);
  assertAlmostEquals(lines.reduce((sum, { share }) => sum + share.value, 0), 100, 1e-9);
});

Deno.test("bill() refuses what is not money per period", () => {
  const line = { item: "disk", amount: quantity(1, "TB"), price: quantity(100, "USD/TB") };
  assertThrows(
    () => bill([line]),
    RangeError,
    "Cannot make bill: disk must cost USD/month: Cannot convert 100 USD to USD/month",
  );
  assertThrows(() => bill([]), RangeError, "items must not be empty");
  const euros = { ...line, price: quantity(1, "EUR/TB/month") };
  assertThrows(() => bill([euros]), RangeError, "disk must cost USD/month");
});

Deno.test("steppedCost() prices each part at its step", () => {
  const table: [number, number][] = [
    [0, 0],
    [10, 900],
    [15, 900 + 425],
    [50, 900 + 3400],
    [150, 900 + 3400 + 7000],
    [1000, 900 + 3400 + 7000 + 42_500],
  ];
  for (const [terabytes, dollars] of table) {
    const cost = steppedCost(quantity(terabytes, "TB"), internetTraffic);
    assertAlmostEquals(cost.in("USD"), dollars, 1e-6);
  }
});

Deno.test("steppedCost() refuses steps that do not rise or end too early", () => {
  const [a, b] = internetTraffic;
  assertThrows(
    () => steppedCost(quantity(60, "TB"), [b, a, { price: b.price }]),
    RangeError,
    "Cannot price 60 TB: limits must rise: received 10 TB after 50 TB",
  );
  assertThrows(() => steppedCost(quantity(60, "TB"), [a, b]), RangeError, "must have no limit");
});

Deno.test("prices and base rates all name a source", () => {
  for (const { source, price } of Object.values(prices)) {
    assert(source.includes("aws.amazon.com") && source.includes("2026") && price.value > 0);
  }
  for (const { id, published, source } of baseRates) {
    assertEquals(published === undefined, source === undefined, id);
  }
  assertEquals(new Set(baseRates.map(({ id }) => id)).size, baseRates.length);
});

Deno.test("baseRateRows() lays measured beside published, and a dash where nobody measured", () => {
  const rates = { memoryRead: { value: 9.7, unit: "GB/s" } };
  const rows = baseRateRows({ date: "2026-11-23", machine: "test", rates });
  const memory = rows.find(({ what }) => what.includes("memory in sequence"))!;
  assertEquals([memory.published, memory.measured], ["4 GB/s", "9.7 GB/s"]);
  const hash = rows.find(({ what }) => what.includes("SHA-256"))!;
  assertEquals([hash.published, hash.source, hash.measured], ["–", "", "–"]);
  assertEquals(baseRateRows().length, baseRates.length);
});

Deno.test("baseRate() names the others when there is none of that id", () => {
  assertThrows(() => baseRate("memory"), RangeError, "memoryRead, sha256, diskSeek");
});

Deno.test("readMeasured() reads what a benchmark wrote, and nothing when none ran", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/base-rates.json`;
    assertEquals(await readMeasured(path), undefined);
    const measured = { date: "2026-11-23", machine: "test", rates: {} };
    await Deno.writeTextFile(path, JSON.stringify(measured));
    assertEquals(await readMeasured(path), measured);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
