/**
 * Numbers of facts as a reader sees them.
 *
 * @module
 */

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

/** A value with its unit; a choice is text and has none. */
export function formatValue(value: number | string, unit?: string): string {
  if (typeof value === "string") return value;
  const number = formatNumber(value);
  return unit === undefined || unit === "" || unit === "-" ? number : `${number} ${unit}`;
}
