import { assertEquals } from "@std/assert";
import { line } from "../../../../lib/show/marks/line.ts";
import { formatNumber } from "../../../../lib/show/chart/number_format.ts";
import { laidOut } from "../laid_out.ts";

Deno.test("formatNumber() writes numbers as people do", () => {
  const cases: [number, string][] = [
    [0, "0"],
    [4.953, "4.95"],
    [1.5, "1.5"],
    [999.96, "1,000"],
    [1293, "1,293"],
    [9999, "9,999"],
    [10_000, "10 k"],
    [33_333_333, "33.3 M"],
    [999_999, "1 M"],
    [13e9, "13 G"],
    [-1200, "−1,200"],
    [-4.5e6, "−4.5 M"],
    [0.25, "0.25"],
    [0.002376, "0.00238"],
    [0.001, "0.001"],
    [1e-4, "10⁻⁴"],
    [2.4e-12, "2.4×10⁻¹²"],
    [6e23, "6×10²³"],
    [Infinity, "∞"],
  ];
  for (const [value, text] of cases) assertEquals(formatNumber(value), text, `${value}`);
});

/** The labels that Vega draws on the y axis over these values. */
async function yLabels(values: number[], scale: "linear" | "log" | "symlog"): Promise<string[]> {
  const chart = line(values.map((y, x) => ({ x, y })), {
    x: { field: "x", type: "nominal" },
    y: { field: "y", unit: "B", scale },
    title: "labels",
  });
  const { texts } = await laidOut(chart);
  return texts.map(({ text }) => text).filter((text) => /^[−\d]/.test(text))
    .slice(values.length);
}

Deno.test("tickLabels() makes Vega label axes in the same way", async () => {
  assertEquals(await yLabels([0, 2e7], "linear"), ["0", "5 M", "10 M", "15 M", "20 M"]);
  assertEquals(await yLabels([0, 6000], "linear"), ["0", "2,000", "4,000", "6,000"]);
  assertEquals(await yLabels([1e-7, 1e-3], "log"), ["10⁻⁷", "10⁻⁶", "10⁻⁵", "10⁻⁴", "0.001"]);
  assertEquals((await yLabels([2e-12, 5e-12], "log")).slice(0, 3), [
    "2×10⁻¹²",
    "2.5×10⁻¹²",
    "3×10⁻¹²",
  ]);
  assertEquals(await yLabels([1, 1e6], "log"), ["1", "10", "100", "1,000", "10 k", "100 k", "1 M"]);
  assertEquals(await yLabels([-10, 1000], "symlog"), ["−10", "−1", "0", "1", "10", "100", "1,000"]);
});
