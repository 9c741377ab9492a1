/**
 * Areas over a zero line, stacked where there are several series: how a whole is made up over time.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { area } from "./area.ts";
 *
 * const chart = area([{ minute: 0, stale: 0 }, { minute: 1, stale: 40 }, { minute: 2, stale: 0 }], {
 *   x: { field: "minute", unit: "min" },
 *   y: { field: "stale", title: "stale answers (%)" },
 *   title: "Answers are fresh again two minutes after Redis died",
 * });
 * assertEquals(chart.description.includes("Area chart"), true);
 * ```
 *
 * @module
 */
import { finish } from "../chart/assemble.ts";
import type { Chart, ChartOptions } from "../chart/chart.ts";
import type { FacetOptions } from "../chart/facet.ts";
import type { MarkOptions, Part } from "../chart/part.ts";
import { groupRows } from "../chart/rows.ts";
import { checkLengths, facetField, type Marked, readMark, stacking, through } from "./mark.ts";

/** Options of {@linkcode area}. */
export interface AreaOptions<R> extends MarkOptions<R>, FacetOptions<R> {
  /** How points are joined: straight, or in steps that hold until the next point. */
  curve?: "linear" | "step";
}

/** Draws stacked areas; without a `title`, a part for `layer`. */
export function area<R extends object>(
  rows: readonly R[],
  options: AreaOptions<R> & ChartOptions,
): Chart;
export function area<R extends object>(rows: readonly R[], options: AreaOptions<R>): Part;
export function area<R extends object>(
  rows: readonly R[],
  options: AreaOptions<R> & Partial<ChartOptions>,
): Chart | Part {
  const marked = readMark("area", rows, options);
  const { y } = marked;
  checkLengths("area", "y", y.channel);
  const edges = boundaries(marked, facetField(options));
  const part: Part = {
    ...marked,
    y: { ...y, values: edges.flat().map(([, top]) => top), zero: true },
    noun: "Area chart",
    outline: through(edges),
    draw: (pen) => [{
      ...stacking(marked),
      mark: {
        type: "area",
        color: pen.look.color,
        opacity: 0.9,
        stroke: "white",
        strokeWidth: 1,
        interpolate: options.curve === "step" ? "step-after" : "linear",
        tooltip: true,
      },
      encoding: {
        x: pen.x,
        y: { ...pen.y, stack: "zero" },
        ...pen.color,
        ...stacking(marked).encoding,
      },
    }],
  };
  return finish(part, options);
}

/** The upper edge of every layer of the stack, from the bottom. */
function boundaries({ rows, x, y, series }: Marked, facet?: string): [unknown, number][][] {
  return groupRows(rows, [facet]).flatMap((stack) => {
    const tops = new Map<unknown, number>();
    const layers = series?.names.map((name) => stack.filter((row) => row[series.field] === name)) ??
      [stack];
    return layers.map((layer) =>
      layer.map((row): [unknown, number] => {
        const at = row[x.channel.field];
        tops.set(at, (tops.get(at) ?? 0) + (row[y.channel.field] as number));
        return [at, tops.get(at)!];
      }).sort(([a], [b]) => Number(a) - Number(b))
    );
  });
}
