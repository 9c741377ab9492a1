/**
 * What the type checker knows about units: the dimension of a unit, of a product and of a quotient.
 *
 * A dimension is one of eight names. `DimensionOf<"ms">` is `"time"`, so `Quantity<"time">` and
 * `Quantity<"information">` cannot be added in code that is type-checked.
 *
 * Simplified: products that have no name of their own (`s²`, `USD/GB`, a count per count) are left
 * to the check at run time, which follows every unit and label.
 *
 * @example
 * ```ts
 * import type { DimensionOf, Quotient } from "lib/estimate/dimension.ts";
 *
 * const heartbeat: DimensionOf<"ms"> = "time";
 * const ingest: Quotient<"information", "time"> = "bandwidth";
 * ```
 */

/** What a quantity measures. */
export type Dimension =
  | "time"
  | "information"
  | "bandwidth"
  | "count"
  | "rate"
  | "ratio"
  | "money"
  | "other";

/** Units of time; a month is 30 days and a year is 365 days. */
export type TimeUnit =
  | "ns"
  | "us"
  | "µs"
  | "ms"
  | "s"
  | "min"
  | "h"
  | "day"
  | "days"
  | "week"
  | "weeks"
  | "month"
  | "months"
  | "year"
  | "years";

/** Units of information: kB = 1,000 B, KiB = 1,024 B, B = 8 bit. */
export type InformationUnit =
  | "bit"
  | `${"k" | "M" | "G" | "T" | "P"}bit`
  | "B"
  | `${"k" | "M" | "G" | "T" | "P" | "E"}B`
  | `${"K" | "M" | "G" | "T" | "P" | "E"}iB`;

/** Units of a pure number: `1`, `%`, `ppm`, and `x` for a factor. */
export type RatioUnit = "" | "1" | "%" | "x" | "ppm";

/** Currencies; there is no exchange rate between them. */
export type MoneyUnit = "USD" | "EUR" | "GBP" | "CHF" | "INR" | "JPY" | "CNY";

/** A unit, with completion for the common ones; any other word is the name of a counted thing. */
export type UnitText =
  | TimeUnit
  | InformationUnit
  | RatioUnit
  | MoneyUnit
  | "/s"
  | "/h"
  | "B/s"
  | "MB/s"
  | "Gbit/s"
  | "devices"
  | "users"
  | "requests"
  | "requests/s"
  | "messages"
  | "messages/s"
  | (string & Record<never, never>);

/** What the type checker cannot follow, and so leaves to the check at run time. */
// deno-lint-ignore no-explicit-any
type Unchecked = any;

/** The dimension of a unit that is written as a literal. */
export type DimensionOf<U extends string> = string extends U ? Unchecked
  : U extends TimeUnit ? "time"
  : U extends InformationUnit ? "information"
  : U extends RatioUnit ? "ratio"
  : U extends MoneyUnit ? "money"
  : U extends `${infer Top}/${infer Bottom}`
    ? Bottom extends TimeUnit ? Top extends InformationUnit ? "bandwidth"
      : Top extends MoneyUnit ? Unchecked
      : "rate"
    : Unchecked
  : U extends `${string}${" " | "·" | "*" | "^" | "²"}${string}` ? Unchecked
  : U extends "Mbps" | "Gbps" | "kbps" | "Tbps" ? "bandwidth"
  : U extends "qps" | "rps" ? "rate"
  : "count";

/** The dimension of a product. */
export type Product<A extends Dimension, B extends Dimension> = A extends "ratio" ? B
  : B extends "ratio" ? A
  : [A, B] extends ["bandwidth", "time"] | ["time", "bandwidth"] ? "information"
  : Unchecked;

/** The dimension of a quotient. */
export type Quotient<A extends Dimension, B extends Dimension> = B extends "ratio" ? A
  : [A, B] extends ["time", "time"] | ["information", "information"] | ["bandwidth", "bandwidth"]
    ? "ratio"
  : [A, B] extends ["information", "time"] ? "bandwidth"
  : [A, B] extends ["information", "bandwidth"] ? "time"
  : [A, B] extends ["ratio" | "count", "time"] ? "rate"
  : Unchecked;
