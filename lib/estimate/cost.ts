/**
 * What something costs: amounts times prices, brought to one period, and step prices.
 *
 * Units do the work: 340 GB at 0.023 USD/GB/month and 1,000 requests/s at 0.0004 USD per thousand both
 * become USD a month, and what cannot become it is an error.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { bill, steppedCost } from "lib/estimate/cost.ts";
 * import { internetTraffic, prices } from "lib/estimate/prices.ts";
 * import { quantity } from "lib/estimate/quantity.ts";
 *
 * const { total, lines } = bill([
 *   { item: "storage", amount: quantity(13, "TB"), price: prices.objectStorage.price },
 *   { item: "gets", amount: quantity(1000, "requests/s"), price: prices.objectGet.price },
 * ]);
 * assertEquals(`${total}`, "1,336 USD/month");
 * assertEquals(lines.map((line) => `${line.item} ${line.share}`), ["gets 77.6 %", "storage 22.4 %"]);
 * assertEquals(`${steppedCost(quantity(15, "TB"), internetTraffic)}`, "1,325 USD");
 * ```
 */
import type { Step } from "./prices.ts";
import { type Quantity, quantity } from "./quantity.ts";

/** One line of a bill before it is computed. */
export interface Item {
  readonly item: string;
  readonly amount: Quantity;
  readonly price: Quantity;
}

/** One line with what it comes to. */
export interface Line extends Item {
  readonly cost: Quantity;
  /** Share of the total. */
  readonly share: Quantity<"ratio">;
}

/** All lines, the dearest first, and their sum. */
export interface Bill {
  readonly total: Quantity;
  readonly lines: Line[];
}

/**
 * Adds up what the items cost in `unit`, money per period.
 *
 * @throws {RangeError} When there are no items, or an amount times its price is not money per period.
 */
export function bill(items: readonly Item[], unit = "USD/month"): Bill {
  if (items.length === 0) throw new RangeError("Cannot make bill: items must not be empty");
  const costs = items.map(({ item, amount, price }) => {
    try {
      return amount.times(price).to(unit);
    } catch (cause) {
      throw new RangeError(
        `Cannot make bill: ${item} must cost ${unit}: ${(cause as Error).message}`,
        {
          cause,
        },
      );
    }
  });
  const total = costs.reduce((sum, cost) => sum.plus(cost)).to(unit);
  const lines = items.map((item, i) => ({ ...item, cost: costs[i], share: part(costs[i], total) }));
  return { total, lines: lines.sort((a, b) => b.cost.compare(a.cost)) };
}

function part(cost: Quantity, total: Quantity): Quantity<"ratio"> {
  return quantity(total.value === 0 ? 0 : cost.per(total).in("1")).to("%");
}

/**
 * Returns what an amount costs at step prices, each step's price for the part within it.
 *
 * @throws {RangeError} When the limits do not rise, or the last step has one that the amount exceeds.
 */
export function steppedCost(amount: Quantity, steps: readonly Step[]): Quantity {
  let below = amount.times(0);
  let cost = amount.times(0).times(steps[0].price);
  for (const { upTo, price } of steps) {
    if (upTo?.atMost(below)) {
      throw new RangeError(
        `Cannot price ${amount}: limits must rise: received ${upTo} after ${below}`,
      );
    }
    const end = upTo?.lessThan(amount) ? upTo : amount;
    if (below.lessThan(end)) cost = cost.plus(end.minus(below).times(price));
    if (end === amount) return cost;
    below = end;
  }
  throw new RangeError(`Cannot price ${amount}: the last step must have no limit below it`);
}
