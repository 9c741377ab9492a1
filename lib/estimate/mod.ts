/**
 * Estimates with units: quantities, and the formulas that sessions use on them.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { quantity } from "lib/estimate/mod.ts";
 *
 * const ingest = quantity(1e6, "messages/s").times(quantity(1, "kB/message"));
 * assertEquals(`${ingest}`, "1 GB/s");
 * assertEquals(`${ingest.times(quantity(30, "days"))}`, "2.59 PB");
 * ```
 */
export type { Dimension, DimensionOf, UnitText } from "./dimension.ts";
export { parseQuantity, Quantity, quantity } from "./quantity.ts";
