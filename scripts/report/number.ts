/**
 * Numbers of facts as a reader sees them.
 *
 * @module
 */

import { quantity } from "../../lib/estimate/quantity.ts";

/** A number to four significant digits, grouped: `1,293`, `0.002376`, `5e7` as `50,000,000`. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const magnitude = Math.abs(value);
  if (magnitude !== 0 && (magnitude < 1e-4 || magnitude >= 1e12)) {
    const [digits, exponent] = value.toExponential(3).split("e");
    return `${Number(digits)}e${Number(exponent)}`;
  }
  const isLong = Number.isInteger(value) || magnitude >= 1000;
  return value.toLocaleString("en-US", {
    maximumFractionDigits: isLong ? 0 : 20,
    maximumSignificantDigits: isLong ? undefined : 4,
  });
}

/** An assumption as notebooks print it: `50 M devices`, `250 ms`; a choice is text already. */
export function formatAssumption(value: number | string, unit = "1"): string {
  if (typeof value === "string") return value;
  try {
    return String(quantity(value, unit));
  } catch {
    // A unit that only the notebook's own code knows.
    return formatValue(value, unit);
  }
}

/** A number with its unit, to four digits. */
export function formatValue(value: number, unit?: string): string {
  const number = formatNumber(value);
  return ["", "-", "1", undefined].includes(unit) ? number : `${number} ${unit}`;
}
