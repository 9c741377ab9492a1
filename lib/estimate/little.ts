/**
 * Little's law: the mean number in a system is the rate of arrivals times the mean time in it.
 *
 * It holds for any stable system and any order of service, with no assumption on distributions: 1,200
 * queries/s of 8 ms each keep 9.6 connections busy on average.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { little } from "lib/estimate/little.ts";
 * import { quantity } from "lib/estimate/quantity.ts";
 *
 * const busy = little({ rate: quantity(1200, "queries/s"), time: quantity(8, "ms") });
 * assertEquals(`${busy}`, "9.6 queries");
 * assertEquals(`${little({ inSystem: busy, rate: quantity(1200, "queries/s") })}`, "8 ms");
 * ```
 *
 * Source: Little, A Proof for the Queuing Formula L = λW, Operations Research 9(3), 1961.
 */
import type { Quantity } from "./quantity.ts";

/** Two of the three; `inSystem` is a count or a pure number. */
export type LittleTerms =
  | { rate: Quantity<"rate">; time: Quantity<"time"> }
  | { inSystem: Quantity; time: Quantity<"time"> }
  | { inSystem: Quantity; rate: Quantity<"rate"> };

/** Returns the term that is missing: the number in the system, the time, or the rate. */
export function little(terms: LittleTerms): Quantity {
  if (!("inSystem" in terms)) return terms.rate.times(terms.time);
  return "rate" in terms ? terms.inSystem.per(terms.rate) : terms.inSystem.per(terms.time);
}
