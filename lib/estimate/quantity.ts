/**
 * A number with its unit, which cannot be mixed up with another.
 *
 * Times, amounts of information, rates, money, ratios and counts of named things (devices, requests)
 * multiply and divide into new units, and add or compare only with their own kind. Anything else is
 * a RangeError that names both units, and where the units are literals a type error before that.
 * Counted things cancel like units; `.to` and `.in` may drop a label or give one, never swap it.
 *
 * Simplified: double precision; a month is 30 days; currencies have no exchange rate.
 *
 * @example
 * ```ts
 * import { assertEquals, assertThrows } from "@std/assert";
 * import { parseQuantity, quantity } from "lib/estimate/quantity.ts";
 *
 * const beats = quantity(50e6, "devices").per(quantity(1.5, "s"));
 * assertEquals(`${beats}`, "33.3 M devices/s");
 * assertEquals(`${beats.to("/s").times(quantity(48, "B")).to("GB/s")}`, "1.6 GB/s");
 * assertEquals(parseQuantity("250 ms").plus(quantity(1.5, "s")).in("s"), 1.75);
 * assertThrows(() => parseQuantity("5 s").plus(parseQuantity("13 GB")), RangeError);
 * ```
 */
import type { Dimension, DimensionOf, Product, Quotient, UnitText } from "./dimension.ts";
import { formatQuantity } from "./format.ts";
import {
  combine,
  conversion,
  dimensionsOf,
  parseUnit,
  sameDimensions,
  type Unit,
  withoutLabels,
} from "./units.ts";

export type { Dimension, DimensionOf, UnitText } from "./dimension.ts";

/** A value in a unit; immutable. Made by {@linkcode quantity} and {@linkcode parseQuantity}. */
// deno-lint-ignore no-explicit-any -- a dimension that types cannot follow is checked at run time
export class Quantity<D extends Dimension = any> {
  /** The number, in {@linkcode unit}. */
  readonly value: number;
  readonly #unit: Unit;
  readonly #fixed: boolean;

  constructor(value: number, unit: Unit, fixed = false) {
    if (!Number.isFinite(value)) {
      throw new RangeError(
        `Cannot make quantity: value must be a finite number of ${
          unit.text || "1"
        }: received ${value}`,
      );
    }
    this.value = value;
    this.#unit = unit;
    this.#fixed = fixed;
  }

  /** The unit as text, such as `"ms"`, `"MB/s"` or `"devices/s"`; `"1"` for a pure number. */
  get unit(): string {
    return this.#unit.text || "1";
  }

  /** What is measured: `"time"`, `"information"`, … or `"other"`. */
  get dimension(): D {
    return dimensionName(this.#unit) as D;
  }

  /** Adds a quantity of the same dimension; the result is in the unit of this one. */
  plus(other: Quantity<D>): Quantity<D> {
    return new Quantity(this.value + this.#valueOf(other, "add", "to"), this.#unit);
  }

  /** Subtracts a quantity of the same dimension; the result is in the unit of this one. */
  minus(other: Quantity<D>): Quantity<D> {
    return new Quantity(this.value - this.#valueOf(other, "subtract", "from"), this.#unit);
  }

  /** Multiplies by a number, which keeps the unit, or by a quantity, which multiplies the units. */
  times(factor: number): Quantity<D>;
  times<E extends Dimension>(factor: Quantity<E>): Quantity<Product<D, E>>;
  times(factor: number | Quantity): Quantity {
    if (typeof factor === "number") return new Quantity(this.value * factor, this.#unit);
    const { unit, ratio } = combine(this.#unit, factor.#unit, 1);
    return new Quantity(this.value * factor.value * ratio.up / ratio.down, unit);
  }

  /**
   * Divides by a number, which keeps the unit, or by a quantity, which divides the units.
   *
   * @throws {RangeError} When the divisor is zero.
   */
  per(divisor: number): Quantity<D>;
  per<E extends Dimension>(divisor: Quantity<E>): Quantity<Quotient<D, E>>;
  per(divisor: number | Quantity): Quantity {
    const amount = typeof divisor === "number" ? divisor : divisor.value;
    if (amount === 0) {
      throw new RangeError(`Cannot divide ${this}: divisor must not be zero: received ${divisor}`);
    }
    if (typeof divisor === "number") return new Quantity(this.value / divisor, this.#unit);
    const { unit, ratio } = combine(this.#unit, divisor.#unit, -1);
    return new Quantity(this.value / amount * ratio.up / ratio.down, unit);
  }

  /**
   * Returns the number of `unit` in this quantity.
   *
   * @throws {RangeError} When `unit` measures something else, or counts other things.
   */
  in(unit: UnitText): number {
    return convert(this, this.#unit, parseUnit(unit));
  }

  /** Returns this quantity in `unit`, and prints it so. Errors as {@linkcode Quantity.in}. */
  to<U extends UnitText>(unit: U): Quantity<DimensionOf<U>> {
    const target = parseUnit(unit);
    return new Quantity<DimensionOf<U>>(convert(this, this.#unit, target), target, true);
  }

  /** Returns another amount of the same unit. */
  withValue(value: number): Quantity<D> {
    return new Quantity(value, this.#unit, this.#fixed);
  }

  /** Rounds up to a whole number of its unit: 41.7 shards are 42 shards. */
  ceil(): Quantity<D> {
    return this.withValue(Math.ceil(this.value));
  }

  /** Returns -1, 0 or 1 as this quantity is smaller than, equal to or larger than the other. */
  compare(other: Quantity<D>): -1 | 0 | 1 {
    return Math.sign(this.value - this.#valueOf(other, "compare", "with")) as -1 | 0 | 1;
  }

  /** Reports whether this quantity is smaller than the other. */
  lessThan(other: Quantity<D>): boolean {
    return this.compare(other) < 0;
  }

  /** Reports whether this quantity is at most the other: `p99.atMost(slo)`. */
  atMost(other: Quantity<D>): boolean {
    return this.compare(other) <= 0;
  }

  /** Prints as people write it: `33.3 M/s`, `3.2 days`; `digits` sets the significant digits. */
  toString(options: { digits?: number } = {}): string {
    return formatQuantity(this.value, this.#unit, { ...options, fixed: this.#fixed });
  }

  /** What `JSON.stringify` writes. */
  toJSON(): { value: number; unit: string } {
    return { value: this.value, unit: this.unit };
  }

  /** Lets templates print the quantity, and stops `a + b` and `a < b`, which would drop the units. */
  [Symbol.toPrimitive](hint: string): string {
    if (hint === "string") return this.toString();
    throw new TypeError(
      `Cannot calculate with ${this}: operators know no units, use .plus, .times, .per, .compare or .in("${this.unit}")`,
    );
  }

  /** What the Deno kernel and `console.log` show. */
  [Symbol.for("Deno.customInspect")](): string {
    return this.toString();
  }

  #valueOf(other: Quantity, verb: string, word: string): number {
    if (sameDimensions(this.#unit, other.#unit)) return convert(other, other.#unit, this.#unit);
    const [first, second] = word === "with" ? [this, other] : [other, this];
    throw new RangeError(
      `Cannot ${verb} ${first} ${word} ${second}: both must have one dimension: received ${
        described(first)
      } and ${described(second)}${hint(this.#unit, other.#unit)}`,
    );
  }
}

function described(quantity: Quantity): string {
  const { dimension, unit } = quantity;
  return dimension === "ratio" ? "a pure number" : `${dimension} (${unit})`;
}

function hint(a: Unit, b: Unit): string {
  if (!sameDimensions(a, b, false)) return "";
  return `; .to("${withoutLabels(a).text || "1"}") drops the names of counted things`;
}

function convert(quantity: Quantity, from: Unit, to: Unit): number {
  const labelled = (unit: Unit) => withoutLabels(unit).factors.length < unit.factors.length;
  const strict = labelled(from) && labelled(to);
  if (!sameDimensions(from, to, strict)) {
    const swapped = sameDimensions(from, to, false);
    const rule = swapped ? `count what ${from.text} counts` : `measure ${dimensionName(from)}`;
    throw new RangeError(
      `Cannot convert ${quantity} to ${to.text || "1"}: unit must ${rule}: received ${
        to.text || "1"
      }${swapped ? hint(from, to) : `, which measures ${dimensionName(to)}`}`,
    );
  }
  const { up, down } = conversion(from, to);
  return quantity.value * up / down;
}

function dimensionName(unit: Unit): Dimension {
  const powers = dimensionsOf(unit, false);
  const labelled = dimensionsOf(unit).size > powers.size;
  const of = (base: string) => powers.get(base) ?? 0;
  if (powers.size === 0) return labelled ? "count" : "ratio";
  if (powers.size === 1 && of("time") === -1) return "rate";
  if (labelled) return "other";
  if (powers.size === 1) {
    const [[base, power]] = powers;
    if (power !== 1) return "other";
    return base === "time" || base === "information" ? base : "money";
  }
  const bandwidth = powers.size === 2 && of("information") === 1 && of("time") === -1;
  return bandwidth ? "bandwidth" : "other";
}

/**
 * Makes a quantity.
 *
 * @throws {RangeError} When the value is not finite.
 * @throws {SyntaxError} When the unit cannot be read.
 */
export function quantity(value: number): Quantity<"ratio">;
export function quantity<U extends UnitText>(value: number, unit: U): Quantity<DimensionOf<U>>;
export function quantity(value: number, unit = "1"): Quantity {
  return new Quantity(value, parseUnit(unit));
}

const number = new RegExp(
  "^[+-]?" + // sign
    "(?:\\d{1,3}(?:,\\d{3})+|\\d+(?:_\\d+)*)?(?:\\.\\d+)?" + // 1,000 or 1_000 or 1000, and .5
    "(?:[eE][+-]?\\d+)?(?![\\d.,])",
);

/** `−2.4×10⁻⁵` as computers write it. */
function plainNumber(text: string): string {
  return text.trim().replace(/^−/, "-").replace(
    /^([+-]?[\d.,]+)\s*×\s*10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)/,
    (_, mantissa, power) =>
      `${mantissa}e${[...power].map((c) => c === "⁻" ? "-" : "⁰¹²³⁴⁵⁶⁷⁸⁹".indexOf(c)).join("")}`,
  );
}

/**
 * Reads `5s`, `250 ms`, `1.5 M/s`, `13 GB`, `2 %`, `1e6`, `10,000 requests/s`.
 *
 * A comma groups thousands and nothing else; a text without a unit is a pure number.
 *
 * @throws {SyntaxError} When the text does not start with a number, or the unit cannot be read.
 */
export function parseQuantity(text: string): Quantity {
  const trimmed = plainNumber(text);
  const digits = number.exec(trimmed)?.[0] ?? "";
  if (!/\d/.test(digits)) {
    throw new SyntaxError(
      `Cannot read quantity: text must be a number and a unit, such as "1.5 s" or "10,000 requests/s": received "${text}"`,
    );
  }
  return new Quantity(
    Number(digits.replace(/[,_]/g, "")),
    parseUnit(trimmed.slice(digits.length)),
  );
}
