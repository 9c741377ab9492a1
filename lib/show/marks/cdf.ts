/**
 * What share of the values lies at or below each value: distributions, read off at any percentile.
 *
 * The curve is the empirical distribution function, a step at every value. Of many values only some
 * steps are drawn, evenly by rank and ever denser towards the largest, so that the tail keeps its
 * shape.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { cdf } from "./cdf.ts";
 *
 * const rows = Array.from({ length: 20_000 }, (_, i) => ({ delay: 2 + (i % 1000) / 400 }));
 * const chart = cdf(rows, {
 *   x: { field: "delay", title: "detection delay (s)" },
 *   of: "transitions",
 *   rules: [{ x: 5, label: "SLO: 5 s" }],
 *   title: "Every transition is seen within the objective",
 * });
 * assertEquals(chart.description.includes("share of transitions at or below (%)"), true);
 * ```
 *
 * @module
 */
import { type Channel, resolveChannel } from "../chart/channel.ts";
import type { Chart, ChartOptions } from "../chart/chart.ts";
import type { FacetOptions } from "../chart/facet.ts";
import type { MarkOptions, Part } from "../chart/part.ts";
import { checkRows, groupRows, MAX_ROWS, type Row } from "../chart/rows.ts";
import { lineOf } from "./line.ts";
import { facetField, seriesField } from "./mark.ts";

/** Options of {@linkcode cdf}. */
export interface CdfOptions<R> extends Omit<MarkOptions<R>, "y">, FacetOptions<R> {
  /** What one row is, in the plural: `"transitions"`. */
  of?: string;
}

/** Draws the distribution of x per series; without a `title`, a part for `layer`. */
export function cdf<R extends object>(
  rows: readonly R[],
  options: CdfOptions<R> & ChartOptions,
): Chart;
export function cdf<R extends object>(rows: readonly R[], options: CdfOptions<R>): Part;
export function cdf<R extends object>(
  rows: readonly R[],
  options: CdfOptions<R> & Partial<ChartOptions>,
): Chart | Part {
  const { of = "values", ...rest } = options;
  const checked = checkRows("cdf", rows);
  const { field } = resolveChannel(checked, options.x as Channel, {
    mark: "cdf",
    name: "x",
    type: "quantitative",
  });
  const groups = groupRows(checked, [
    seriesField(options),
    facetField(options),
  ]);
  const most = Math.floor(MAX_ROWS / groups.length);
  return lineOf("cdf", groups.flatMap((group) => distribution(group, field, most)), {
    ...rest as unknown as CdfOptions<Row>,
    y: { field: "share", title: `share of ${of} at or below (%)`, domain: [0, 100] },
    curve: "step",
  }, "Distribution");
}

/** Values with the share at or below them, in percent; at most this many. */
function distribution(group: readonly Row[], field: string, most: number): Row[] {
  const sorted = [...group].sort((a, b) => Number(a[field]) - Number(b[field]));
  return [
    { ...sorted[0], share: 0 },
    ...ranks(sorted.length, most - 1).map((rank) => ({
      ...sorted[rank - 1],
      share: 100 * rank / sorted.length,
    })),
  ];
}

/** All ranks, or two thirds of `most` evenly and the rest denser and denser towards the last. */
function ranks(count: number, most: number): number[] {
  if (count <= most) return Array.from({ length: count }, (_, i) => i + 1);
  const even = Math.floor(most * 2 / 3);
  const tail = most - even;
  const chosen = new Set<number>();
  for (let i = 1; i <= even; i++) chosen.add(Math.ceil(i * count / even));
  for (let i = 0; i < tail; i++) chosen.add(count + 1 - Math.ceil((count / even) ** (i / tail)));
  return [...chosen].sort((a, b) => a - b);
}
