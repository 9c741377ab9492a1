/**
 * Assumptions, and what a notebook promises under them.
 *
 * @example
 * ```ts
 * import { accept, assume, type Changes } from "lib/assume/mod.ts";
 *
 * const changes: Changes = {}; // yours: { heartbeat: "5 s" }
 * const a = await assume({
 *   heartbeat: { default: 1.5, unit: "s", range: [0.25, 60], source: "offline within 5 s" },
 *   misses: { default: 3, unit: "1", range: [1, 10], whole: true, source: "hysteresis" },
 * }, changes);
 * const detection = a.heartbeat.times(a.misses);
 * await accept("offline within 5 s", detection.in("s") < 5, `${detection} of 5 s`);
 * ```
 */
export { accept } from "./accept.ts";
export { assume } from "./assume.ts";
export type { Changes, Declarations, Values } from "./declaration.ts";
export { comparePredictions, predict } from "./predict.ts";
export { AssumptionError } from "./resolve.ts";
export { atScale, scale } from "./scale.ts";
export { changed, override } from "./state.ts";
