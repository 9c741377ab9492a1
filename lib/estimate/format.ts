/**
 * Numbers and quantities as people write them: `33.3 M/s`, `340.8 GB`, `3.2 days`, `99.9702 %`.
 *
 * A time or an amount of information moves to the unit that reads best, powers of ten and powers of
 * two each staying what they are; counts from ten thousand up take `k M G T`. Digits: one decimal
 * from 10 up, two from 1, three from 0.1, below that two significant ones. A share close to one or to
 * 100 % keeps three digits of what is missing, so that 99.9702 % is not rounded to 100 %.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { formatNumber, formatQuantity } from "lib/estimate/format.ts";
 * import { parseUnit } from "lib/estimate/units.ts";
 *
 * assertEquals([1293.3, 4.954, 0.4092, 0.002376].map((n) => formatNumber(n)), [
 *   "1,293",
 *   "4.95",
 *   "0.409",
 *   "0.0024",
 * ]);
 * assertEquals(formatQuantity(276_480, parseUnit("s")), "3.2 days");
 * ```
 */
import {
  conversion,
  type Factor,
  isPrefix,
  parseUnit,
  textOf,
  type Unit,
  unitOf,
} from "./units.ts";

/**
 * Formats a number; `digits` asks for that many significant digits instead of the usual rounding,
 * and `whole` is the value that a share of everything has (1 or 100).
 */
export function formatNumber(
  value: number,
  { digits, whole }: { digits?: number; whole?: number } = {},
): string {
  const size = Math.abs(value);
  if (size === 0) return "0";
  const sign = value < 0 ? "−" : "";
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : `${sign}∞`;
  if (size >= 1e15 || size < 1e-4) return sign + scientific(size, digits ?? 3);
  let decimals = digits !== undefined
    ? digits - 1 - Math.floor(Math.log10(size))
    : decimalsOf(size);
  if (whole && size < whole && size > 0.99 * whole) {
    decimals = Math.max(decimals, 2 - Math.floor(Math.log10(whole - size)));
  }
  const rounded = decimals < 0 ? Number(size.toPrecision(digits)) : size;
  const fixed = trim(rounded.toFixed(Math.min(Math.max(decimals, 0), 20)));
  return sign + fixed.replace(/^\d+/, grouped);
}

/** `2.4×10⁻⁵`. */
function scientific(size: number, digits: number): string {
  const [mantissa, exponent] = size.toExponential(digits - 1).split("e");
  const raised = [...String(Number(exponent))].map((c) =>
    c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(c)]
  );
  return `${trim(mantissa)}×10${raised.join("")}`;
}

function decimalsOf(size: number): number {
  if (size >= 999.95) return 0;
  if (size >= 9.995) return 1;
  if (size >= 0.9995) return 2;
  return size >= 0.1 ? 3 : 1 - Math.floor(Math.log10(size));
}

function trim(text: string): string {
  return text.replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "");
}

function grouped(integer: string): string {
  return integer.replace(/\B(?=(\d{3})+$)/g, ",");
}

const times = ["year", "day", "h", "min", "s", "ms", "µs", "ns"].map((name) => parseUnit(name));
const ladders = {
  time: times,
  bytes: ["EB", "PB", "TB", "GB", "MB", "kB", "B"].map((name) => parseUnit(name)),
  binary: ["EiB", "PiB", "TiB", "GiB", "MiB", "KiB", "B"].map((name) => parseUnit(name)),
  bits: ["Pbit", "Tbit", "Gbit", "Mbit", "kbit", "bit"].map((name) => parseUnit(name)),
};

function ladderOf({ atom, power }: Factor): Unit[] | undefined {
  if (power !== 1) return undefined;
  if (atom.base === "time") return ladders.time;
  if (atom.base !== "information") return undefined;
  return /bit$/.test(atom.symbol)
    ? ladders.bits
    : /iB$/.test(atom.symbol)
    ? ladders.binary
    : ladders.bytes;
}

/** The smallest amount of a unit that is not better said in the next smaller one. */
function floorOf(unit: Unit): number {
  return /^(years|days|h|min)$/.test(unit.text) ? 2 : 1;
}

/**
 * Formats a value with its unit; `fixed` keeps the unit as it is (counts still take a prefix).
 */
export function formatQuantity(
  value: number,
  unit: Unit,
  { digits, fixed = false }: { digits?: number; fixed?: boolean } = {},
): string {
  const at = unit.factors.findIndex(({ atom, power }) => power > 0 && atom.base !== "");
  const ladder = at < 0 ? undefined : ladderOf(unit.factors[at]);
  const size = Math.abs(value);
  if (ladder) {
    const readable = size === 0 || size >= 1 && size < 1000;
    if (fixed || readable) return withUnit(value, unit.factors, digits);
    return rescaled(value, unit, at, ladder, digits);
  }
  return fixed && unit.factors.some(isPrefix)
    ? withUnit(value, unit.factors, digits)
    : counted(value, unit, digits);
}

const prefixes = [["k", 1e3], ["M", 1e6], ["G", 1e9], ["T", 1e12]] as const;

function counted(value: number, unit: Unit, digits?: number): string {
  const factors = unit.factors.filter((factor) => !isPrefix(factor));
  const taken = unit.factors.filter(isPrefix)
    .reduce((product, { atom, power }) => product * atom.size ** power, 1);
  const amount = value * taken;
  const [prefix, step] = prefixes.findLast(([, step]) => Math.abs(amount) >= 0.99995 * step) ??
    ["", 1];
  if (Math.abs(amount) < 9999.5) return withUnit(amount, factors, digits);
  return withUnit(amount / step, [...parseUnit(prefix).factors, ...factors], digits);
}

function rescaled(value: number, unit: Unit, at: number, ladder: Unit[], digits?: number): string {
  const own = unitOf([unit.factors[at]]);
  const inStep = (step: Unit) => {
    const { up, down } = conversion(own, step);
    return value * up / down;
  };
  const step = ladder.find((s) => Math.abs(inStep(s)) >= 0.9995 * floorOf(s)) ?? ladder.at(-1)!;
  const factors = unit.factors.toSpliced(at, 1, step.factors[0]);
  return withUnit(inStep(step), factors, digits);
}

function withUnit(value: number, factors: readonly Factor[], digits?: number): string {
  const percent = factors.some(({ atom, power }) => atom.symbol === "%" && power === 1);
  const whole = percent ? 100 : factors.length === 0 ? 1 : undefined;
  const number = formatNumber(value, { digits, whole });
  const name = textOf(factors, number !== "1" || factors.some(isPrefix));
  return name === "" ? number : `${number} ${name}`;
}
