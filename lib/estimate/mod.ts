/**
 * Estimates with units: quantities, and the formulas that sessions use on them.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { quantity, stored } from "lib/estimate/mod.ts";
 *
 * const ingest = quantity(1e6, "messages/s").times(quantity(1, "kB/message"));
 * assertEquals(`${ingest}`, "1 GB/s");
 * const retention = quantity(30, "days");
 * assertEquals(`${stored({ ingest: ingest.to("GB/s"), retention, replicas: 3 })}`, "7.78 PB");
 * ```
 */
export type { Dimension, DimensionOf, UnitText } from "./dimension.ts";
export { parseQuantity, Quantity, quantity } from "./quantity.ts";

export { downtime, fromRepair, kOfN, parallel, series } from "./availability.ts";
export { backlog } from "./backlog.ts";
export { baseRate, baseRateRows, readMeasured } from "./base_rates.ts";
export { needed } from "./capacity.ts";
export { cheHitRate, zipfPopularity } from "./che.ts";
export { bill, steppedCost } from "./cost.ts";
export { erlangB, erlangC } from "./erlang.ts";
export { burnRate, burnThreshold, errorBudget, timeToExhaustion } from "./error_budget.ts";
export { fanOut } from "./fan_out.ts";
export { doublingTime, grown, type Growth, timeUntil } from "./growth.ts";
export { little } from "./little.ts";
export { mmck } from "./loss_queue.ts";
export { falseOfflineRate, missedInARow } from "./missed_beats.ts";
export { monteCarlo } from "./monte_carlo.ts";
export { internetTraffic, prices } from "./prices.ts";
export { quantile, type QuantileType } from "./quantile.ts";
export { md1, mg1, mm1, mmc, serversFor } from "./queueing.ts";
export { sensitivity } from "./sensitivity.ts";
export { stored } from "./storage.ts";
export { inFlight, transferTime, windowLimit } from "./transfer.ts";
export { whatIf } from "./what_if.ts";
