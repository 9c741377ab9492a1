import { assertEquals, assertThrows } from "@std/assert";
import { quantity } from "../../../../lib/estimate/quantity.ts";
import { resolveChannel, unitOf, wordsOf } from "../../../../lib/show/chart/channel.ts";

const rows = [{ load: 1, latencyMs: 5, name: "a" }, { load: 2, latencyMs: 6, name: "b" }];
const wanted = { mark: "line", name: "y" };

Deno.test("resolveChannel() takes the unit from the option, the title or the field's name", () => {
  const title = (channel: Parameters<typeof resolveChannel>[1]) =>
    resolveChannel(rows, channel, wanted).title;
  assertEquals(title({ field: "load", unit: "%" }), "load (%)");
  assertEquals(title({ field: "load", title: "Load (%)" }), "Load (%)");
  assertEquals(title({ field: "load", title: "offered load", unit: "%" }), "offered load (%)");
  assertEquals(title("latencyMs"), "latency (ms)");
  assertEquals(title({ field: "latencyMs", title: "p99" }), "p99 (ms)");
  assertEquals(title({ field: "latencyMs", scale: "log" }), "latency (ms, log)");
  assertEquals(title({ field: "load", title: "Load (%)", scale: "symlog" }), "Load (%, symlog)");
  assertEquals(title("name"), "name");
  assertEquals(title({ field: "load", type: "ordinal", unit: "shards" }), "load (shards)");
});

Deno.test("resolveChannel() refuses a number without a unit and says how to give one", () => {
  assertThrows(
    () => resolveChannel(rows, "load", wanted),
    TypeError,
    'Cannot draw line: y must have a unit: received "load"; give { field: "load", unit: "ms" }',
  );
});

Deno.test("resolveChannel() names the fields when one is unknown or missing", () => {
  for (const [field, received] of [["p9", '"p9"'], [undefined, "undefined"]] as const) {
    assertThrows(
      () => resolveChannel(rows, field as string, wanted),
      TypeError,
      `Cannot draw line: y must be a field of the rows (load, latencyMs, name): received ${received}`,
    );
  }
});

Deno.test("resolveChannel() names the row of a value that cannot be drawn", () => {
  const channel = { field: "v", unit: "s" };
  const cases: [unknown, string][] = [
    [NaN, "y must be finite: received NaN as v in row 2"],
    [-Infinity, "y must be finite: received -Infinity as v in row 2"],
    ["7", 'y must be a number in every row: received "7" as v in row 2'],
    [undefined, "y must be a number in every row: received undefined as v in row 2"],
    [quantity(5, "s"), 'received 5 s as v in row 2; give its number, as in quantity.in("s")'],
  ];
  for (const [value, message] of cases) {
    const error = assertThrows(() => resolveChannel([{ v: 1 }, { v: value }], channel, wanted));
    assertEquals((error as Error).message.includes(message), true, (error as Error).message);
  }
  assertThrows(
    () => resolveChannel([{ n: "a" }, { n: null }], "n", wanted),
    TypeError,
    "y must be a text or a number in every row: received null as n in row 2",
  );
});

Deno.test("resolveChannel() keeps zero and less off a log scale", () => {
  const channel = { field: "v", unit: "s", scale: "log" } as const;
  for (const value of [0, -3]) {
    assertThrows(
      () => resolveChannel([{ v: 1 }, { v: value }], channel, wanted),
      RangeError,
      `y must be above zero on a log scale: received ${value} as v in row 2`,
    );
  }
});

Deno.test("wordsOf() reads names in code as words", () => {
  assertEquals(
    ["falseOfflineRate", "false_offline", "p99", "CPUTime", "a-b", "meanSize (KiB)"].map(wordsOf),
    ["false offline rate", "false offline", "p99", "CPU time", "a b", "mean size (KiB)"],
  );
});

Deno.test("unitOf() reads the unit at the end only", () => {
  assertEquals(["load (%)", "a (b) c", "rate (1/s) ", "x"].map(unitOf), [
    "%",
    undefined,
    "1/s",
    undefined,
  ]);
});
