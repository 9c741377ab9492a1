/**
 * Availability of systems from that of their parts.
 *
 * Parts in series must all be up, of parallel parts one is enough, and of a quorum k of n. Down time
 * is what the rest of a period comes to.
 *
 * Simplified: failures are independent. Shared causes (a bad configuration, one power feed) dominate
 * redundant systems in practice; session 14 adds them.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { downtime, kOfN, parallel, series } from "lib/estimate/availability.ts";
 * import { quantity } from "lib/estimate/quantity.ts";
 *
 * assertEquals(`${series([0.999, 0.999, 0.999, 0.999])}`, "99.601 %");
 * assertEquals(`${parallel([0.99, 0.99])}`, "99.99 %");
 * assertEquals(`${kOfN(2, 3, 0.99)}`, "99.9702 %");
 * assertEquals(`${downtime(quantity(99.95, "%"), quantity(30, "days"))}`, "21.6 min");
 * ```
 *
 * Source: Trivedi, Probability and Statistics with Reliability, Queuing, and Computer Science
 * Applications, 2nd edition, section 1.12.
 */
import { type Quantity, quantity } from "./quantity.ts";
import { type Share, share } from "./share.ts";

/** Returns the availability of parts that must all be up; none at all is always up. */
export function series(parts: readonly Share[]): Quantity<"ratio"> {
  return up(parts.reduce((product: number, part) => product * checked(part), 1));
}

/** Returns the availability of parts of which one is enough. */
export function parallel(parts: readonly Share[]): Quantity<"ratio"> {
  return up(1 - parts.reduce((product: number, part) => product * (1 - checked(part)), 1));
}

/**
 * Returns the availability of `n` equal parts of which `k` must be up, as a quorum needs.
 *
 * The terms are those of the binomial distribution, the small ones added first.
 *
 * @throws {RangeError} When `k` is not a whole number from 0 to `n`.
 */
export function kOfN(k: number, n: number, part: Share): Quantity<"ratio"> {
  if (!Number.isInteger(n) || n < 1) {
    throw new RangeError(`Cannot size quorum: n must be a whole number from 1: received ${n}`);
  }
  if (!Number.isInteger(k) || k < 0 || k > n) {
    throw new RangeError(
      `Cannot size quorum: k must be a whole number from 0 to n = ${n}: received ${k}`,
    );
  }
  const a = checked(part);
  let [missing, combinations] = [0, 1];
  for (let parts = 0; parts < k; parts++) {
    missing += combinations * a ** parts * (1 - a) ** (n - parts);
    combinations *= (n - parts) / (parts + 1);
  }
  return up(1 - missing);
}

/** Returns the share of time that something is up which fails every `mtbf` for `mttr`. */
export function fromRepair(mtbf: Quantity<"time">, mttr: Quantity<"time">): Quantity<"ratio"> {
  return up(mtbf.per(mtbf.plus(mttr)).in("1"));
}

/** Returns the time per period that something of this availability is down. */
export function downtime(availability: Share, period: Quantity<"time">): Quantity<"time"> {
  return period.times(1 - checked(availability));
}

function checked(part: Share): number {
  return share(part, "combine availabilities", "availability");
}

function up(availability: number): Quantity<"ratio"> {
  return quantity(100 * availability, "%");
}
