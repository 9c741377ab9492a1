import { assertEquals } from "@std/assert";
import { formatNumber } from "lib/estimate/format.ts";
import { quantity } from "lib/estimate/quantity.ts";

Deno.test("formatNumber() keeps the digits that people keep", () => {
  const printed: [number, string][] = [
    [0, "0"],
    [-0, "0"],
    [33.3333, "33.3"],
    [340.81, "340.8"],
    [1.6667, "1.67"],
    [4.95, "4.95"],
    [0.4092, "0.409"],
    [0.125, "0.125"],
    [0.002376, "0.0024"],
    [0.000006, "6×10⁻⁶"],
    [1293.3, "1,293"],
    [-1293.3, "−1,293"],
    [9.996, "10"],
    [999.96, "1,000"],
    [1234567.8, "1,234,568"],
    [3.2e17, "3.2×10¹⁷"],
    [Infinity, "∞"],
    [-Infinity, "−∞"],
    [NaN, "NaN"],
  ];
  for (const [value, text] of printed) assertEquals(formatNumber(value), text);
});

Deno.test("formatNumber() gives as many significant digits as asked", () => {
  assertEquals(formatNumber(4.075, { digits: 4 }), "4.075");
  assertEquals(formatNumber(123456, { digits: 2 }), "120,000");
  assertEquals(formatNumber(0.0023760012, { digits: 4 }), "0.002376");
  assertEquals(formatNumber(2.9957e6, { digits: 7 }), "2,995,700");
});

Deno.test("formatNumber() does not round a share up to the whole", () => {
  const percent: [number, string][] = [
    [99.9702, "99.9702"],
    [99.9999, "99.9999"],
    [99.6006, "99.601"],
    [99.95, "99.95"],
    [100, "100"],
    [99, "99"],
    [97.0299, "97"],
    [100.04, "100"],
  ];
  for (const [value, text] of percent) assertEquals(formatNumber(value, { whole: 100 }), text);
  assertEquals(formatNumber(0.999899, { whole: 1 }), "0.999899");
});

Deno.test("Quantity.toString() moves times to the unit that reads best", () => {
  const seconds: [number, string][] = [
    [0, "0 s"],
    [1.5, "1.5 s"],
    [4.954, "4.95 s"],
    [90, "90 s"],
    [259.2, "259.2 s"],
    [4000, "66.7 min"],
    [50_000, "13.9 h"],
    [276_480, "3.2 days"],
    [94_608_000, "3 years"],
    [0.25, "250 ms"],
    [0.0000035, "3.5 µs"],
    [1e-9, "1 ns"],
    [-0.25, "−250 ms"],
  ];
  for (const [value, text] of seconds) assertEquals(`${quantity(value, "s")}`, text);
  assertEquals(`${quantity(1, "day")} ${quantity(1, "month")}`, "1 day 1 month");
});

Deno.test("Quantity.toString() says powers of ten and powers of two as what they are", () => {
  assertEquals(`${quantity(13e9, "B")}`, "13 GB");
  assertEquals(`${quantity(13e9, "B").to("GiB")}`, "12.1 GiB");
  assertEquals(`${quantity(340.8, "GB")}`, "340.8 GB");
  assertEquals(`${quantity(4096, "KiB")}`, "4 MiB");
  assertEquals(`${quantity(4096, "kB")}`, "4.1 MB");
  assertEquals(`${quantity(2.59e15, "B")}`, "2.59 PB");
  assertEquals(`${quantity(8800, "Mbit/s")}`, "8.8 Gbit/s");
  assertEquals(`${quantity(480e6, "B/s")}`, "480 MB/s");
  assertEquals(`${quantity(999_990, "B")}`, "1 MB");
});

Deno.test("Quantity.toString() prints counts and rates with k, M, G", () => {
  assertEquals(`${quantity(50e6 / 1.5, "/s")}`, "33.3 M/s");
  assertEquals(`${quantity(50e6 / 30, "/s")}`, "1.67 M/s");
  assertEquals(`${quantity(0.002376, "/h")}`, "0.0024 /h");
  assertEquals(`${quantity(1000, "/s")}`, "1,000 /s");
  assertEquals(`${quantity(42_700, "/s")}`, "42.7 k/s");
  assertEquals(`${quantity(1.56e9, "packets/s")}`, "1.56 G packets/s");
  assertEquals(`${quantity(999.99, "k devices")}`, "1 M devices");
  assertEquals(`${quantity(1, "device")} ${quantity(2, "device")}`, "1 device 2 devices");
  assertEquals(`${quantity(285_000, "USD")}`, "285 k USD");
  assertEquals(`${quantity(0.023, "USD/GB/month")}`, "0.023 USD/GB/month");
});

Deno.test("Quantity.toString() keeps the unit that to() asked for", () => {
  assertEquals(`${quantity(276_480, "s").to("h")}`, "76.8 h");
  assertEquals(`${quantity(259.2, "s").to("min")}`, "4.32 min");
  assertEquals(`${quantity(4.95, "s").to("ms")}`, "4,950 ms");
  assertEquals(`${quantity(33.3e6, "/s").to("M/s")}`, "33.3 M/s");
  assertEquals(`${quantity(0.999702).to("%")}`, "99.9702 %");
});
