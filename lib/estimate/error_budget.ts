/**
 * Error budgets, and the burn rates that alerts watch.
 *
 * A service-level objective of 99.95 % leaves 0.05 % of a window as budget. A burn rate of 1 spends
 * it exactly in the window; an alert on a short window fires at the burn rate that has spent a given
 * share of the budget by then.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { burnRate, burnThreshold, errorBudget } from "lib/estimate/error_budget.ts";
 * import { quantity } from "lib/estimate/quantity.ts";
 *
 * const month = quantity(30, "days");
 * assertEquals(`${errorBudget(0.9999, month).to("s")}`, "259.2 s");
 * assertEquals(`${burnRate(quantity(0.1, "%"), 0.9999)}`, "10 x");
 * assertEquals(`${burnThreshold(0.02, quantity(1, "h"), month)}`, "14.4 x");
 * ```
 *
 * Source: Beyer et al., The Site Reliability Workbook, chapter 5, "Alerting on SLOs".
 */
import { type Quantity, quantity } from "./quantity.ts";
import { type Share, share } from "./share.ts";

/** Returns what may fail in a window: a time for a time, a number of requests for one of requests. */
export function errorBudget<W extends Quantity>(slo: Share, window: W): W {
  return window.times(1 - objective(slo)) as W;
}

/** Returns how many times faster than sustainable a share of errors spends the budget. */
export function burnRate(errors: Share, slo: Share): Quantity<"ratio"> {
  return quantity(share(errors, "compute burn rate", "errors") / (1 - objective(slo)), "x");
}

/**
 * Returns the burn rate that spends this share of the budget within the alert's window: 14.4 for 2 %
 * in one hour of 30 days.
 */
export function burnThreshold(
  spent: Share,
  alertWindow: Quantity<"time">,
  sloWindow: Quantity<"time">,
): Quantity<"ratio"> {
  const part = share(spent, "compute burn threshold", "spent share");
  return sloWindow.per(alertWindow).times(part).to("x");
}

/** Returns how long a burn rate takes to spend the rest of the budget, all of it unless said. */
export function timeToExhaustion(
  burn: Quantity<"ratio">,
  sloWindow: Quantity<"time">,
  left: Share = 1,
): Quantity<"time"> {
  return sloWindow.times(share(left, "compute exhaustion", "budget left")).per(burn);
}

function objective(slo: Share): number {
  const number = share(slo, "compute error budget", "SLO");
  if (number < 1) return number;
  throw new RangeError(
    `Cannot compute error budget: SLO must be below 100 %, which leaves no budget: received ${slo}`,
  );
}
