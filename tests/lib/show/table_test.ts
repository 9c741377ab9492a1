import { assert, assertEquals, assertThrows } from "@std/assert";
import { quantity } from "../../../lib/estimate/quantity.ts";
import { table } from "../../../lib/show/table.ts";

Deno.test("table() aligns numbers and quantities right, texts left", () => {
  const { text, html } = table([
    { name: "state", size: quantity(13, "GB"), count: 1234567, share: 0.12345 },
    { name: "a longer name", size: quantity(4.95, "s"), count: 1, share: 1 },
  ], { caption: "Sizes" });
  assertEquals(text.split("\n"), [
    "Sizes",
    "name             size      count  share",
    "-------------  ------  ---------  -----",
    "state           13 GB  1,234,567  0.123",
    "a longer name  4.95 s          1      1",
  ]);
  assert(html.includes("<caption>Sizes</caption>"));
  assert(html.includes('<th style="text-align:left">name</th>'));
  assert(html.includes('<td style="text-align:right">1,234,567</td>'));
});

Deno.test("table() takes columns in order, with title, unit, format and alignment", () => {
  const { text } = table([{ a: 0.5, b: "x", c: 1 }], {
    columns: [
      { field: "b", title: "letter", align: "center" },
      { field: "a", title: "loss", unit: "%", format: (share: number) => `${100 * share}` },
    ],
  });
  assertEquals(text.split("\n"), ["letter  loss (%)", "------  --------", "  x           50"]);
});

Deno.test("table() prints what is missing, nested or not a number", () => {
  const { text } = table([
    { v: undefined, ok: true, list: [1, 2], when: new Date(0), big: 12345678901234567890n },
    { v: 2, ok: false, list: [], when: null, big: 1n },
  ]);
  assertEquals(text.split("\n").slice(2), [
    "–  yes  1, 2  1970-01-01T00:00:00.000Z  12,345,678,901,234,567,890",
    "2  no         –                                                  1",
  ]);
});

Deno.test("table() escapes HTML", () => {
  const { html } = table([{ a: '<script>"&' }], { caption: "<b>" });
  assert(html.includes("&lt;script&gt;&quot;&amp;") && html.includes("&lt;b&gt;"));
});

Deno.test("table() checks its rows and columns", () => {
  assertThrows(() => table([]), TypeError, "rows must be at least one");
  assertThrows(
    () => table([{ a: 1 }], { columns: ["b" as "a"] }),
    TypeError,
    'Cannot draw table: column must be a field of the rows (a): received "b"',
  );
  assertThrows(
    () => table(Array.from({ length: 501 }, (_, a) => ({ a }))),
    RangeError,
    "rows must be at most 500: received 501",
  );
});
