/**
 * Shares of a whole: probabilities, availabilities, loss, use.
 *
 * @example
 * ```ts
 * import { assertEquals, assertThrows } from "@std/assert";
 * import { quantity } from "lib/estimate/quantity.ts";
 * import { share } from "lib/estimate/share.ts";
 *
 * assertEquals(share(quantity(99.5, "%"), "read SLO", "availability"), 0.995);
 * assertThrows(() => share(99.9, "read SLO", "availability"), RangeError, "from 0 to 1");
 * ```
 */
import type { Quantity } from "./quantity.ts";

/** A number from 0 to 1, or a quantity such as 99.9 %. */
export type Share = number | Quantity<"ratio">;

/**
 * Returns a share as a number from 0 to 1.
 *
 * @throws {RangeError} When it is not; the message is `Cannot <verb>: <name> must be …`.
 */
export function share(value: Share, verb: string, name: string): number {
  const number = typeof value === "number" ? value : value.in("1");
  if (number >= 0 && number <= 1) return number;
  const way = number > 1 && number <= 100
    ? `; write quantity(${number}, "%") for a percentage`
    : "";
  throw new RangeError(`Cannot ${verb}: ${name} must be from 0 to 1: received ${value}${way}`);
}
