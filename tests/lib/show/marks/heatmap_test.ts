import { assertEquals, assertThrows } from "@std/assert";
import { heatmap } from "../../../../lib/show/marks/heatmap.ts";
import { laidOut } from "../laid_out.ts";

const rows = [1, 2].flatMap((a) => ["p", "q"].map((b) => ({ a, b, v: a * 1e6 })));
const options = {
  x: { field: "a", unit: "beats" },
  y: "b",
  color: { field: "v", unit: "1/s" },
  title: "t",
} as const;

Deno.test("heatmap() writes values into few cells, and the unit beside the shades", async () => {
  const { texts } = await laidOut(heatmap(rows, options));
  // Each once for every row of cells, and once at an end of the shades.
  assertEquals(texts.filter(({ text }) => text === "1 M").length >= 2, true);
  assertEquals(texts.some(({ text }) => text === "v (1/s)"), true);
});

Deno.test("heatmap() checks the values that it shades", () => {
  assertThrows(
    () => heatmap([...rows, { a: 3, b: "p", v: Infinity }], options),
    RangeError,
    "color must be finite: received Infinity as v in row 5",
  );
});
