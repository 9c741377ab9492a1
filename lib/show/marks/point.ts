/**
 * A point per row: single measurements, or means with their intervals.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { point } from "./point.ts";
 *
 * const rows = [{ loss: 1, rate: 0.0024, low: 0.002, high: 0.003 }];
 * const chart = point(rows, {
 *   x: { field: "loss", unit: "%" },
 *   y: { field: "rate", title: "false offline (1/h)" },
 *   low: "low",
 *   high: "high",
 *   title: "One in 420 device-hours has a false alarm",
 * });
 * assertEquals(chart.description.startsWith("Point chart of false offline (1/h) by loss (%)"), true);
 * ```
 *
 * @module
 */
import { finish } from "../chart/assemble.ts";
import type { Chart, ChartOptions } from "../chart/chart.ts";
import type { FacetOptions } from "../chart/facet.ts";
import type { MarkOptions, Part } from "../chart/part.ts";
import type { Row } from "../chart/rows.ts";
import { readMark, through } from "./mark.ts";
import { type IntervalOptions, intervalValues, whiskers } from "./whiskers.ts";

/** Options of {@linkcode point}. */
export interface PointOptions<R> extends MarkOptions<R>, FacetOptions<R>, IntervalOptions<R> {}

/** From this many points on they are drawn small and translucent. */
const MANY = 100;

/** Draws a point per row; without a `title`, a part for `layer`. */
export function point<R extends object>(
  rows: readonly R[],
  options: PointOptions<R> & ChartOptions,
): Chart;
export function point<R extends object>(rows: readonly R[], options: PointOptions<R>): Part;
export function point<R extends object>(
  rows: readonly R[],
  options: PointOptions<R> & Partial<ChartOptions>,
): Chart | Part {
  const ends = options as IntervalOptions<Row>;
  const marked = readMark("point", rows, options, { fields: [ends.low, ends.high] });
  const { x, y } = marked;
  const reach = intervalValues("point", marked.rows, ends, y);
  const many = marked.rows.length >= MANY;
  const part: Part = {
    ...marked,
    // Points at an end of the axis would lie on the labels of the other.
    x: { ...x, inset: 8 },
    y: { ...y, values: [...y.values, ...reach] },
    noun: "Point chart",
    outline: through(marked.rows.map((row) => [
      [row[x.channel.field], row[ends.low ?? y.channel.field]],
      [row[x.channel.field], row[ends.high ?? y.channel.field]],
    ])),
    draw: (pen) => [
      ...whiskers(pen, "y", ends, pen.color),
      {
        mark: {
          type: "point",
          filled: true,
          color: pen.look.color,
          shape: pen.look.shape,
          size: many ? 28 : 64,
          opacity: many ? 0.65 : 1,
          tooltip: true,
        },
        encoding: { x: pen.x, y: pen.y, ...pen.color, ...pen.shape },
      },
    ],
  };
  return finish(part, options);
}
