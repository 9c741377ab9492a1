import { assertEquals } from "@std/assert";
import { formatAssumption, formatNumber, formatValue } from "../../../scripts/report/number.ts";

Deno.test("formatNumber() gives four digits, and whole numbers in full", () => {
  const cases: [number, string][] = [
    [0, "0"],
    [1.582, "1.582"],
    [0.00237612, "0.002376"],
    [1293, "1,293"],
    [1293.4, "1,293"],
    [50e6, "50,000,000"],
    [3479099956230698, "3,479,099,956,230,698"],
    [3.2e-7, "3.2×10⁻⁷"],
    [2.5e20, "250 E"],
    [-12.34567, "−12.35"],
    [Infinity, "∞"],
  ];
  for (const [value, text] of cases) assertEquals(formatNumber(value), text);
});

Deno.test("formatAssumption() prints as notebooks do, whatever the unit", () => {
  assertEquals(formatAssumption(50e6, "devices"), "50 M devices");
  assertEquals(formatAssumption(0.25, "s"), "250 ms");
  assertEquals(formatAssumption(3), "3");
  assertEquals(formatAssumption("bursts"), "bursts");
  assertEquals(formatAssumption(3, "no such unit!"), "3 no such unit!");
});

Deno.test("formatValue() leaves out the unit of plain numbers", () => {
  assertEquals(formatValue(1.58, "1"), "1.58");
  assertEquals(formatValue(1.58), "1.58");
  assertEquals(formatValue(4.95, "s"), "4.95 s");
});
