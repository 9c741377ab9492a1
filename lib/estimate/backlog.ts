/**
 * A queue under overload for a while, as a fluid: how long it gets and how long it takes to drain.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { backlog } from "lib/estimate/backlog.ts";
 * import { quantity } from "lib/estimate/quantity.ts";
 *
 * const burst = backlog({
 *   arrivals: quantity(1200, "requests/s"),
 *   served: quantity(1000, "requests/s"),
 *   lasting: quantity(60, "s"),
 *   afterwards: quantity(700, "requests/s"),
 * });
 * assertEquals(`${burst.items} ${burst.wait} ${burst.drain}`, "12 k requests 12 s 40 s");
 * ```
 */
import type { Quantity } from "./quantity.ts";

/** An overload of some length; all rates count the same things. */
export interface Overload {
  readonly arrivals: Quantity<"rate">;
  readonly served: Quantity<"rate">;
  readonly lasting: Quantity<"time">;
  /** Arrivals once the overload is over. */
  readonly afterwards: Quantity<"rate">;
}

/** What an overload leaves behind. */
export interface Backlog {
  /** Waiting when the overload ends. */
  readonly items: Quantity;
  /** Wait of the last one that came during the overload, in order of arrival. */
  readonly wait: Quantity<"time">;
  /** From the end of the overload until nothing waits. */
  readonly drain: Quantity<"time">;
}

/**
 * Returns the backlog; all zero when the service keeps up.
 *
 * @throws {RangeError} When arrivals afterwards are not below the service rate: it never drains.
 */
export function backlog({ arrivals, served, lasting, afterwards }: Overload): Backlog {
  const excess = arrivals.minus(served);
  const items = excess.withValue(Math.max(0, excess.value)).times(lasting);
  const spare = served.minus(afterwards);
  if (spare.value <= 0) {
    throw new RangeError(
      `Cannot drain backlog: arrivals afterwards must be below ${served}: received ${afterwards}`,
    );
  }
  return {
    items,
    wait: items.per(served).to("s"),
    drain: items.per(spare).to("s"),
  };
}
