import { assert, assertEquals, assertThrows } from "@std/assert";
import { bar } from "../../../../lib/show/marks/bar.ts";
import { layer } from "../../../../lib/show/marks/layer.ts";
import { line } from "../../../../lib/show/marks/line.ts";
import { point } from "../../../../lib/show/marks/point.ts";
import type { Part } from "../../../../lib/show/chart/part.ts";
import { laidOut } from "../laid_out.ts";

const rows = [{ x: 1, y: 2 }, { x: 3, y: 40 }];
const axes = { x: { field: "x", unit: "s" }, y: { field: "y", unit: "ms" } } as const;

Deno.test("layer() draws all parts on axes that hold them all, with one legend", async () => {
  const chart = layer([
    line(rows, { ...axes, name: "formula", dashed: true }),
    point([{ x: 2, y: 300 }], { ...axes, name: "measured" }),
  ], { title: "t" });
  const { texts } = await laidOut(chart);
  const count = (wanted: string) => texts.filter(({ text }) => text === wanted).length;
  assertEquals([count("formula"), count("measured"), count("300"), count("y (ms)")], [1, 1, 1, 1]);
});

Deno.test("layer() refuses parts in other units, scales or types", () => {
  const first = line(rows, axes);
  const cases: [Part, string][] = [
    [
      point(rows, { ...axes, y: { field: "y", unit: "s" } }),
      "y must have the unit of the first mark, ms: received s (y (s))",
    ],
    [
      point(rows, { ...axes, x: { field: "x", unit: "s", scale: "log" } }),
      "x must have the scale of the first mark, linear: received log",
    ],
    [bar(rows, axes), "x must have the type of the first mark, quantitative: received ordinal"],
  ];
  for (const [other, message] of cases) {
    assertThrows(() => layer([first, other], { title: "t" }), TypeError, message);
  }
});

Deno.test("layer() takes parts, not charts", () => {
  for (const parts of [[], [line(rows, { ...axes, title: "t" })], [null]]) {
    assertThrows(
      () => layer(parts as unknown as Part[], { title: "t" }),
      TypeError,
      "Cannot draw layer: marks must be made by line, point, bar … without a title",
    );
  }
});

Deno.test("layer() counts the rows of all parts", () => {
  const many = Array.from({ length: 300 }, (_, i) => ({ x: i, y: i }));
  assertThrows(
    () => layer([line(many, axes), point(many, axes)], { title: "t" }),
    RangeError,
    "rows must be at most 500: received 600",
  );
  assert(layer([line(many, axes)], { title: "t" }));
});
