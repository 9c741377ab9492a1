/**
 * Compound growth: how large, how soon, and how long until a limit.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { doublingTime, grown, timeUntil } from "lib/estimate/growth.ts";
 * import { quantity } from "lib/estimate/quantity.ts";
 *
 * const growth = { rate: quantity(8, "%"), every: quantity(1, "month") };
 * const load = quantity(3000, "reads/s");
 * assertEquals(`${grown(load, growth, quantity(12, "months"))}`, "7,555 reads/s");
 * assertEquals(`${doublingTime(growth)}`, "9.01 months");
 * assertEquals(`${timeUntil(quantity(8400, "reads/s"), load, growth)}`, "13.4 months");
 * ```
 */
import { type Quantity, quantity } from "./quantity.ts";

/** Grows by `rate` in every period, compounded. */
export interface Growth {
  readonly rate: Quantity<"ratio">;
  readonly every: Quantity<"time">;
}

/** Returns what an amount has become after some time. */
export function grown<Q extends Quantity>(amount: Q, growth: Growth, after: Quantity<"time">): Q {
  return amount.times(factor(growth) ** after.per(growth.every).in("1")) as Q;
}

/**
 * Returns the time in which an amount doubles, in the period's unit.
 *
 * @throws {RangeError} When it does not grow.
 */
export function doublingTime(growth: Growth): Quantity<"time"> {
  return timeUntil(quantity(2), quantity(1), growth);
}

/**
 * Returns the time until an amount reaches a limit, in the period's unit; zero when it is there.
 *
 * @throws {RangeError} When it never does.
 */
export function timeUntil(limit: Quantity, amount: Quantity, growth: Growth): Quantity<"time"> {
  const ratio = limit.per(amount).in("1");
  if (ratio <= 1) return growth.every.times(0);
  const periods = Math.log(ratio) / Math.log(factor(growth));
  if (periods > 0 && Number.isFinite(periods)) return growth.every.times(periods);
  throw new RangeError(
    `Cannot reach ${limit} from ${amount}: growth must be above 0 %: received ${growth.rate}`,
  );
}

function factor({ rate }: Growth): number {
  const growth = 1 + rate.in("1");
  if (growth > 0) return growth;
  throw new RangeError(`Cannot grow amount: rate must be above -100 %: received ${rate}`);
}
