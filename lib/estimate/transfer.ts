/**
 * How long data takes over a link, and how much must be under way to fill it.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { inFlight, transferTime, windowLimit } from "lib/estimate/transfer.ts";
 * import { quantity } from "lib/estimate/quantity.ts";
 *
 * const [link, rtt] = [quantity(1, "Gbit/s"), quantity(65, "ms")];
 * assertEquals(`${transferTime(quantity(10, "MB"), link, rtt)}`, "145 ms");
 * assertEquals(`${inFlight(link, rtt)}`, "8.13 MB");
 * assertEquals(`${windowLimit(quantity(64, "KiB"), rtt).to("Mbit/s")}`, "8.07 Mbit/s");
 * ```
 */
import { type Quantity, quantity } from "./quantity.ts";

/** Returns the time from the request until the last byte: one round trip and the bytes. */
export function transferTime(
  size: Quantity<"information">,
  bandwidth: Quantity<"bandwidth">,
  roundTrip: Quantity<"time"> = quantity(0, "s"),
): Quantity<"time"> {
  return size.per(bandwidth).plus(roundTrip);
}

/** Returns the bandwidth-delay product: the data under way that keeps a link full. */
export function inFlight(
  bandwidth: Quantity<"bandwidth">,
  roundTrip: Quantity<"time">,
): Quantity<"information"> {
  return quantity(bandwidth.times(roundTrip).in("B"), "B");
}

/** Returns the most that a connection carries which may have `window` unacknowledged. */
export function windowLimit(
  window: Quantity<"information">,
  roundTrip: Quantity<"time">,
): Quantity<"bandwidth"> {
  return window.per(roundTrip);
}
