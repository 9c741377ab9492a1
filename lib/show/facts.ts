/**
 * Numbers that our tools collect: a value with its unit, however the notebook holds it.
 *
 * @module
 */
import { formatNumber } from "./chart/number_format.ts";

/** A number with a unit that prints itself, such as `lib/estimate`'s quantities. */
export interface QuantityLike {
  readonly value: number;
  readonly unit: string;
  toString(): string;
}

/** A value for the results, with its text. */
export interface Fact {
  value: number;
  unit: string;
  text: string;
}

/**
 * Reads a quantity, or a number with its unit.
 *
 * @throws {TypeError} for anything else, {@linkcode RangeError} for NaN and infinities.
 */
export function factOf(subject: string, value: number | QuantityLike, unit?: string): Fact {
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw new RangeError(`${subject} must be finite: received ${value}`);
  }
  if (typeof value === "number") {
    const text = formatNumber(value, 4);
    return { value, unit: unit ?? "1", text: unit && unit !== "1" ? `${text} ${unit}` : text };
  }
  if (typeof value?.value === "number" && typeof value.unit === "string") {
    return { value: value.value, unit: value.unit, text: String(value) };
  }
  throw new TypeError(`${subject} must be a number or a quantity: received ${Deno.inspect(value)}`);
}
