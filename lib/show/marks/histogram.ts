/**
 * How many values fall into each of equal intervals; on a log axis the intervals grow with the values.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { histogram } from "./histogram.ts";
 *
 * const rows = Array.from({ length: 1000 }, (_, i) => ({ latencyMs: 5 + (i * 37 % 100) / 10 }));
 * const chart = histogram(rows, { x: "latencyMs", of: "requests", title: "No request takes 15 ms" });
 * const { values } = chart.data as { values: { count: number }[] };
 * assertEquals(values.reduce((sum, { count }) => sum + count, 0), 1000);
 * ```
 *
 * @module
 */
import { finish } from "../chart/assemble.ts";
import type { ResolvedChannel } from "../chart/channel.ts";
import type { Chart, ChartOptions } from "../chart/chart.ts";
import type { FacetOptions } from "../chart/facet.ts";
import type { MarkOptions, Part } from "../chart/part.ts";
import { groupRows, type Row } from "../chart/rows.ts";
import { extentOf, niceStep, tidy } from "../chart/scale.ts";
import { facetField, type Marked, readMark, stacking, through } from "./mark.ts";

/** Options of {@linkcode histogram}. */
export interface HistogramOptions<R> extends Omit<MarkOptions<R>, "y">, FacetOptions<R> {
  /** What one row is, in the plural: `"requests"`. */
  of?: string;
  /** About how many intervals; 30 when absent. */
  bins?: number;
}

const [FROM, TO, COUNT] = ["from", "to", "count"];

/** Draws the counts of x, stacked by series; without a `title`, a part for `layer`. */
export function histogram<R extends object>(
  rows: readonly R[],
  options: HistogramOptions<R> & ChartOptions,
): Chart;
export function histogram<R extends object>(
  rows: readonly R[],
  options: HistogramOptions<R>,
): Part;
export function histogram<R extends object>(
  rows: readonly R[],
  options: HistogramOptions<R> & Partial<ChartOptions>,
): Chart | Part {
  const { of = "values", bins = 30 } = options;
  if (!Number.isInteger(bins) || bins < 2 || bins > 100) {
    throw new RangeError(
      `Cannot draw histogram: bins must be a whole number from 2 to 100: received ${bins}`,
    );
  }
  // The values stand for y until they are counted.
  const read = readMark("histogram", rows, { ...options, y: options.x }, {
    x: "quantitative",
    y: "quantitative",
  });
  const { x, series } = read;
  const facet = facetField(options);
  const edges = edgesOf(x.channel, x.values as number[], bins);
  const counted = count(read, edges, [series?.field, facet]);
  const totals = groupRows(counted, [FROM, facet]).map((group) =>
    [
      (group[0][FROM] as number + (group[0][TO] as number)) / 2,
      group.reduce((sum, row) => sum + (row[COUNT] as number), 0),
    ] as const
  );
  const part: Part = {
    ...read,
    rows: counted,
    x: { channel: { ...x.channel, field: FROM }, values: [edges[0], edges.at(-1)!], tight: true },
    y: {
      channel: {
        field: COUNT,
        title: `${of} (count)`,
        type: "quantitative",
        scale: "linear",
        titled: true,
      },
      values: totals.map(([, total]) => total),
      zero: true,
    },
    noun: "Histogram",
    outline: through(totals.map(([at, total]) => [[at, 0], [at, total]] as const)),
    draw: (pen) => [{
      ...stacking(read),
      mark: {
        type: "bar",
        orient: "vertical",
        color: pen.look.color,
        stroke: "white",
        strokeWidth: 0.75,
        tooltip: true,
      },
      encoding: {
        x: pen.x,
        x2: { field: TO },
        y: { ...pen.y, stack: "zero" },
        ...pen.color,
        ...stacking(read).encoding,
      },
    }],
  };
  return finish(part, options);
}

/** Edges of the intervals: round numbers, or equal ratios on a log axis. */
function edgesOf({ scale, domain }: ResolvedChannel, values: number[], bins: number): number[] {
  const [lowest, highest] = (domain as [number, number] | undefined) ?? extentOf(values);
  if (scale === "log") {
    const ratio = (highest / lowest || 1) ** (1 / bins);
    return Array.from({ length: bins + 1 }, (_, i) => lowest * (ratio === 1 ? 1.1 : ratio) ** i);
  }
  const step = niceStep(highest - lowest || 1, bins);
  const first = Math.floor(lowest / step + 1e-9);
  const last = Math.max(first + 1, Math.floor(highest / step + 1e-9) + 1);
  return Array.from({ length: last - first + 1 }, (_, i) => tidy((first + i) * step));
}

/** One row an interval, series and facet that holds values. */
function count(
  { rows, x }: Marked,
  edges: number[],
  fields: (string | undefined)[],
): Row[] {
  const field = x.channel.field;
  return groupRows(rows, fields).flatMap((group) => {
    const counts = new Array<number>(edges.length - 1).fill(0);
    for (const row of group) {
      const value = row[field] as number;
      const index = edges.findLastIndex((edge) => edge <= value + 1e-12 * Math.abs(value));
      // What a given domain leaves out is not counted; the very last value is.
      if (index >= 0 && value <= edges.at(-1)! + 1e-9 * Math.abs(value)) {
        counts[Math.min(index, counts.length - 1)]++;
      }
    }
    const { [field]: _, ...names } = group[0];
    return counts.flatMap((number, i) =>
      number === 0 ? [] : [{ ...names, [FROM]: edges[i], [TO]: edges[i + 1], [COUNT]: number }]
    );
  });
}
