/**
 * Numbers as people write them in a chart or a table: `1,200`, `33.3 M`, `0.25`, `2.4×10⁻⁵`.
 *
 * Up to ten thousand a number is written out, above it takes a prefix of powers of ten after a space,
 * and below a thousandth it is a power of ten. The same rules exist twice: for text that we write, and
 * as a Vega expression for axis labels, which Vega writes.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { formatNumber } from "./number_format.ts";
 *
 * assertEquals([33.33e6, 1200, 0.25, 2.4e-5].map((n) => formatNumber(n)), [
 *   "33.3 M",
 *   "1,200",
 *   "0.25",
 *   "2.4×10⁻⁵",
 * ]);
 * ```
 *
 * @module
 */

const PREFIXES = ["", " k", " M", " G", " T", " P", " E"];
const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";
/** From here on a number takes a prefix. */
const PREFIXED = 10_000;
/** Below this a number is written as a power of ten. */
const WRITTEN_OUT = 0.001;

/** Formats a number with at most this many significant digits, whole numbers below 10,000 in full. */
export function formatNumber(value: number, digits = 3): string {
  if (value === 0) return "0";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : value < 0 ? "−∞" : "NaN";
  const sign = value < 0 ? "−" : "";
  const size = Math.abs(value);
  const rounded = Number(size.toPrecision(digits));
  if (Math.round(size) >= PREFIXED) {
    const step = Math.floor(Math.log10(rounded) / 3);
    const prefix = PREFIXES[step];
    if (prefix !== undefined) return `${sign}${rounded / 1000 ** step}${prefix}`;
  }
  if (rounded < WRITTEN_OUT || Math.round(size) >= PREFIXED) {
    const [mantissa, exponent] = rounded.toExponential().split("e");
    const power = `10${superscript(Number(exponent))}`;
    return sign + (mantissa === "1" ? power : `${mantissa}×${power}`);
  }
  return sign + grouped(size >= 1000 ? Math.round(size) : rounded);
}

function superscript(exponent: number): string {
  const digits = [...String(Math.abs(exponent))].map((digit) => SUPERSCRIPTS[Number(digit)]);
  return (exponent < 0 ? "⁻" : "") + digits.join("");
}

function grouped(value: number): string {
  return String(value).replace(/^\d+/, (digits) => digits.replace(/\B(?=(\d{3})+$)/g, ","));
}

/**
 * The Vega expression that labels ticks in this range, or nothing where Vega's own labels will do.
 *
 * A linear axis is labelled alike from end to end; a logarithmic one changes on the way.
 */
export function tickLabels(lowest: number, highest: number, scale: string): string | undefined {
  const size = Math.max(Math.abs(lowest), Math.abs(highest));
  const prefixed = prefixedExpression("datum.value", 4);
  if (scale === "linear") {
    if (size >= 1e18 || size < WRITTEN_OUT) return undefined;
    return size >= PREFIXED ? `datum.value == 0 ? '0' : ${prefixed}` : undefined;
  }
  const written = `format(datum.value, ',.6~r')`;
  const large = size >= PREFIXED ? `abs(datum.value) >= ${PREFIXED} ? ${prefixed} : ` : "";
  const tiny = lowest > 0 && lowest < WRITTEN_OUT
    ? `datum.value < ${WRITTEN_OUT * 0.999} ? ${powerOfTen} : `
    : "";
  return `datum.value == 0 ? '0' : ${tiny}${large}${written}`;
}

/** The Vega expression that formats this one in three digits, whatever its size. */
export function numberExpression(value: string): string {
  return `abs(${value}) >= ${PREFIXED} ? ${prefixedExpression(value, 3)} : ` +
    `format(${value}, abs(${value}) >= 1000 ? ',.0f' : '.3~r')`;
}

function prefixedExpression(value: string, digits: number): string {
  return `replace(format(${value}, '.${digits}~s'), /([kMGTPE])$/, ' $1')`;
}

/** `3×10⁻⁷` in Vega's language; ticks below one have at most two digits in the exponent. */
const powerOfTen = (() => {
  const exponent = "floor(log(datum.value) / LN10 + 1e-9)";
  const mantissa = `format(datum.value / pow(10, ${exponent}), '.3~r')`;
  const digits = `'${SUPERSCRIPTS}'`;
  const tens = `(-${exponent} >= 10 ? ${digits}[floor(-${exponent} / 10)] : '')`;
  return `(${mantissa} == '1' ? '' : ${mantissa} + '×') + '10⁻' + ${tens} + ` +
    `${digits}[-${exponent} % 10]`;
})();
