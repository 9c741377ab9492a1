/**
 * A mean with its spread: a line through the means, in a band of one standard deviation each way.
 *
 * Rows that share an x (and a series) are repetitions, one a seed. With `low` and `high` the rows
 * carry their own interval and are drawn as they are.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { band } from "./band.ts";
 *
 * const rows = [1, 2, 3].flatMap((seed) => [
 *   { seed, load: 50, p99: 20 + seed },
 *   { seed, load: 90, p99: 80 + 5 * seed },
 * ]);
 * const chart = band(rows, {
 *   x: { field: "load", unit: "%" },
 *   y: { field: "p99", unit: "ms" },
 *   title: "The spread grows with the load",
 * });
 * assertEquals(chart.description.startsWith("Line with band of p99, mean ± sd (ms)"), true);
 * ```
 *
 * @module
 */
import { finish } from "../chart/assemble.ts";
import type { Chart, ChartOptions } from "../chart/chart.ts";
import type { FacetOptions } from "../chart/facet.ts";
import type { MarkOptions, Part } from "../chart/part.ts";
import { groupRows, type Row } from "../chart/rows.ts";
import { points } from "./line.ts";
import { facetField, type Marked, paths, readMark, through } from "./mark.ts";
import { type IntervalOptions, intervalValues } from "./whiskers.ts";

/** Options of {@linkcode band}. */
export interface BandOptions<R> extends MarkOptions<R>, FacetOptions<R>, IntervalOptions<R> {}

/** Draws a mean and its band per series; without a `title`, a part for `layer`. */
export function band<R extends object>(
  rows: readonly R[],
  options: BandOptions<R> & ChartOptions,
): Chart;
export function band<R extends object>(rows: readonly R[], options: BandOptions<R>): Part;
export function band<R extends object>(
  rows: readonly R[],
  options: BandOptions<R> & Partial<ChartOptions>,
): Chart | Part {
  const given = options as IntervalOptions<Row>;
  const facet = facetField(options);
  const read = readMark("band", rows, options, { fields: [given.low, given.high] });
  const reach = intervalValues("band", read.rows, given, read.y);
  const [marked, ends] = reach.length > 0
    ? [{ ...read, y: { ...read.y, values: [...read.y.values, ...reach] } }, given]
    : [summarised(read, facet), { low: "low", high: "high" }];
  const { low, high } = ends as { low: string; high: string };
  const across = marked.x.channel.field;
  const part: Part = {
    ...marked,
    noun: "Line with band",
    outline: through([
      ...paths(marked, facet),
      ...marked.rows.map((row) => [[row[across], row[low]], [row[across], row[high]]] as const),
    ]),
    draw: (pen) => [
      {
        mark: { type: "area", color: pen.look.color, opacity: 0.22 },
        encoding: {
          x: pen.x,
          y: pen.on("y", low),
          y2: { field: pen.on("y", high).field as string },
          ...pen.color,
        },
      },
      {
        mark: { type: "line", color: pen.look.color, strokeWidth: 2.25 },
        encoding: { x: pen.x, y: pen.y, ...pen.color },
      },
      ...points(pen, marked, facet),
    ],
  };
  return finish(part, options);
}

/** One row for all repetitions at an x: mean, and mean ± the sample standard deviation. */
function summarised(marked: Marked, facet: string | undefined): Marked {
  const { rows, x, y, series } = marked;
  const field = y.channel.field;
  const groups = groupRows(rows, [x.channel.field, series?.field, facet]);
  if (groups.every((group) => group.length === 1)) {
    throw new TypeError(
      `Cannot draw band: rows must be several at an x, one a repetition, ` +
        `or have low and high: received one at each`,
    );
  }
  const means = groups.map((group): Row => {
    const values = group.map((row) => row[field] as number);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    const sd = Math.sqrt(squares / Math.max(1, values.length - 1));
    // A log axis has no place for what lies below zero; the band ends at the least value there.
    const low = y.channel.scale === "log" ? Math.max(mean - sd, Math.min(...values)) : mean - sd;
    return { ...group[0], [field]: mean, low, high: mean + sd };
  });
  return {
    ...marked,
    rows: means,
    x: { ...x, values: means.map((row) => row[x.channel.field]) },
    y: {
      channel: {
        ...y.channel,
        title: y.channel.title.replace(/ \(([^()]*)\)$/, ", mean ± sd ($1)"),
      },
      values: means.flatMap((row) => [row.low, row.high]),
    },
  };
}
