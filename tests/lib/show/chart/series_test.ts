import { assertEquals, assertThrows } from "@std/assert";
import { namedSeries, resolveSeries, seriesScale } from "../../../../lib/show/chart/series.ts";
import { MEANINGS, UNDECLARED } from "../../../../lib/show/chart/theme.ts";

const rowsOf = (names: unknown[]) => names.map((name) => ({ name }));
const of = (names: unknown[], meanings = {}) => ({
  series: resolveSeries("line", rowsOf(names), { field: "name", meanings }),
});

Deno.test("seriesScale() colours by meaning, and others by what judges nothing", () => {
  const scale = seriesScale("line", [of(["old", "new", "peer"], { new: "better" })])!;
  assertEquals(scale.colors, [
    MEANINGS.baseline.color,
    MEANINGS.better.color,
    MEANINGS.highlight.color,
  ]);
  assertEquals(new Set(scale.shapes).size, 3);
  assertEquals(UNDECLARED.includes("worse") || UNDECLARED.includes("better"), false);
});

Deno.test("seriesScale() asks for meanings past three series", () => {
  assertThrows(
    () => seriesScale("line", [of(["a", "b", "c", "d"])]),
    RangeError,
    "color.meanings must say what series stand for when there are more than 3 without",
  );
  const named = { a: "baseline", b: "better", c: "worse", d: "neutral" };
  assertEquals(seriesScale("line", [of(["a", "b", "c", "d"], named)])!.names.length, 4);
});

Deno.test("seriesScale() shades numbers in order, five at most", () => {
  const scale = seriesScale("line", [of([10, 1, 5])])!;
  assertEquals(scale.names, [1, 5, 10]);
  assertEquals(scale.colors, [...scale.colors].sort().reverse()); // light to dark
  assertThrows(
    () => seriesScale("line", [of([1, 2, 3, 4, 5, 6])]),
    RangeError,
    "color must be at most 5 numbers: received 6",
  );
});

Deno.test("seriesScale() gives a name that two marks share one colour", () => {
  const scale = seriesScale("layer", [of(["a", "b"]), { series: namedSeries("a", undefined) }])!;
  assertEquals(scale.names, ["a", "b"]);
});

Deno.test("seriesScale() draws predictions in ink and dashes", () => {
  const scale = seriesScale("layer", [
    { series: namedSeries("formula", undefined), dashed: true },
    { series: namedSeries("measured", undefined) },
  ])!;
  assertEquals(scale.dashes.map((dash) => dash.length > 0), [true, false]);
  assertEquals(scale.colors[1], MEANINGS.baseline.color);
});

Deno.test("resolveSeries() refuses meanings of no series, unknown meanings, and holes", () => {
  assertThrows(() => of(["a"], { b: "worse" }), TypeError, 'must name series (a): received "b"');
  assertThrows(
    () => seriesScale("line", [of(["a"], { a: "red" })]),
    TypeError,
    'meaning must be one of baseline, better, worse, highlight, neutral: received "red"',
  );
  for (const hole of [undefined, NaN, {}]) {
    assertThrows(
      () => of(["a", hole]),
      TypeError,
      "color must be a text or a number in every row",
    );
  }
});
