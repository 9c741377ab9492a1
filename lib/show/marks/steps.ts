/**
 * A line that holds its value until the next point: queue lengths, states, counters over time.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { steps } from "./steps.ts";
 *
 * const chart = steps([{ atMs: 0, queued: 0 }, { atMs: 12, queued: 3 }, { atMs: 20, queued: 1 }], {
 *   x: "atMs",
 *   y: { field: "queued", unit: "requests" },
 *   title: "Three requests queue while the leader is away",
 * });
 * assertEquals(chart.usermeta.workshop.slug, "three-requests-queue-while-the-leader-is-away");
 * ```
 *
 * @module
 */
import type { Chart, ChartOptions } from "../chart/chart.ts";
import type { Part } from "../chart/part.ts";
import { lineOf, type LineOptions } from "./line.ts";

/** Options of {@linkcode steps}: those of a line but for its curve. */
export type StepsOptions<R> = Omit<LineOptions<R>, "curve">;

/** Draws a stepped line per series; without a `title`, a part for `layer`. */
export function steps<R extends object>(
  rows: readonly R[],
  options: StepsOptions<R> & ChartOptions,
): Chart;
export function steps<R extends object>(rows: readonly R[], options: StepsOptions<R>): Part;
export function steps<R extends object>(
  rows: readonly R[],
  options: StepsOptions<R> & Partial<ChartOptions>,
): Chart | Part {
  return lineOf("steps", rows, { ...options, curve: "step" });
}
