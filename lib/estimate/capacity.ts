/**
 * How many machines, shards, links or partitions a load needs.
 *
 * Each serves its capacity times the share of it that is planned to be used; spare ones come on top.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { needed } from "lib/estimate/capacity.ts";
 * import { quantity } from "lib/estimate/quantity.ts";
 *
 * const commands = quantity(3e6, "commands/s");
 * const shards = needed(commands, quantity(120e3, "commands/s"), { use: quantity(60, "%") });
 * assertEquals(`${shards}`, "42");
 * const links = needed(quantity(10, "Tbit/s"), quantity(100, "Gbit/s"), { use: 0.6, spare: 0.1 });
 * assertEquals(`${links}`, "184");
 * ```
 */
import { type Quantity, quantity } from "./quantity.ts";
import { type Share, share } from "./share.ts";

/** How full each one is planned to be, and what stands by. */
export interface Plan {
  /** Share of the capacity that is planned to be used; all of it by default. */
  readonly use?: Share;
  /** Extra ones as a share of those needed; none by default. */
  readonly spare?: number | Quantity<"ratio">;
}

/**
 * Returns the number needed, rounded up; zero load needs none.
 *
 * @throws {RangeError} When load and capacity have different units, or no capacity is used.
 */
export function needed(
  load: Quantity,
  capacity: Quantity,
  { use = 1, spare = 0 }: Plan = {},
): Quantity<"ratio"> {
  const used = share(use, "size fleet", "use");
  if (used === 0) throw new RangeError("Cannot size fleet: use must be above 0: received 0");
  const extra = typeof spare === "number" ? spare : spare.in("1");
  if (!(extra >= 0)) {
    throw new RangeError(`Cannot size fleet: spare must be at least 0: received ${spare}`);
  }
  const base = wholes(load.per(capacity).in("1") / used);
  return quantity(wholes(base * (1 + extra)));
}

/** Rounds up, but not because of the last bits of a floating-point division. */
function wholes(count: number): number {
  const nearest = Math.round(count);
  return Math.abs(count - nearest) < 1e-9 * Math.max(1, nearest) ? nearest : Math.ceil(count);
}
