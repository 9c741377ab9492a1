/**
 * Numbers of facts as a reader sees them.
 *
 * @module
 */

import { quantity } from "../../lib/estimate/quantity.ts";
import { formatNumber as shortNumber } from "../../lib/show/chart/number_format.ts";

/** A number to four significant digits, whole ones in full: `1,293`, `0.002376`, `1.8×10⁻⁶`. */
export function formatNumber(value: number): string {
  const magnitude = Math.abs(value);
  const isWhole = Number.isSafeInteger(value);
  if (magnitude !== 0 && (magnitude < 1e-4 || magnitude >= 1e12) && !isWhole) {
    return shortNumber(value, 4);
  }
  const isLong = Number.isInteger(value) || magnitude >= 1000;
  const text = magnitude.toLocaleString("en-US", {
    maximumFractionDigits: isLong ? 0 : 20,
    maximumSignificantDigits: isLong ? undefined : 4,
  });
  return value < 0 ? `−${text}` : text;
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
