/**
 * A line per series: how a quantity follows another.
 *
 * Points on the lines take the shape of their series, all of them where there are few and every n-th
 * where there are many, so that lines stay apart in grey. A dashed line is a prediction.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { line } from "./line.ts";
 *
 * const rows = [{ load: 50, p99: 21 }, { load: 80, p99: 40 }, { load: 95, p99: 160 }];
 * const chart = line(rows, {
 *   x: { field: "load", unit: "%" },
 *   y: { field: "p99", unit: "ms", scale: "log" },
 *   title: "p99 doubles past 80 % load",
 *   rules: [{ y: 100, label: "SLO: 100 ms" }],
 * });
 * assertEquals(chart.title.text, "p99 doubles past 80 % load");
 * ```
 *
 * @module
 */
import { finish } from "../chart/assemble.ts";
import { escaped } from "../chart/channel.ts";
import type { Chart, ChartOptions } from "../chart/chart.ts";
import type { FacetOptions } from "../chart/facet.ts";
import type { Layer, MarkOptions, Part, Pen } from "../chart/part.ts";
import { DASHES } from "../chart/theme.ts";
import { facetField, longest, type Marked, paths, readMark, through } from "./mark.ts";

/** Options of {@linkcode line}. */
export interface LineOptions<R> extends MarkOptions<R>, FacetOptions<R> {
  /** How points are joined: straight, in steps that hold until the next point, or smoothly. */
  curve?: "linear" | "step" | "smooth";
  /** Predicted, not measured. */
  dashed?: boolean;
}

const CURVES = { linear: "linear", step: "step-after", smooth: "monotone" };

/** Up to this many points a line shows them all. */
const FEW = 24;
/** On a longer line about as many are shown. */
const SHOWN = 7;

/** Draws a line per series; without a `title`, a part for `layer`. */
export function line<R extends object>(
  rows: readonly R[],
  options: LineOptions<R> & ChartOptions,
): Chart;
export function line<R extends object>(rows: readonly R[], options: LineOptions<R>): Part;
export function line<R extends object>(
  rows: readonly R[],
  options: LineOptions<R> & Partial<ChartOptions>,
): Chart | Part {
  return lineOf("line", rows, options);
}

/** A line under the name of the builder that asked for it. */
export function lineOf<R extends object>(
  mark: string,
  rows: readonly R[],
  options: LineOptions<R> & Partial<ChartOptions>,
  noun = "Line chart",
): Chart | Part {
  const { curve = "linear", dashed = false } = options;
  const facet = facetField(options);
  const marked = readMark(mark, rows, options);
  const part: Part = {
    ...marked,
    noun,
    dashed,
    outline: through(paths(marked, facet)),
    draw: (pen) => [
      stroke(pen, { interpolate: CURVES[curve] }, dashed),
      ...(dashed ? [] : points(pen, marked, facet)),
    ],
  };
  return finish(part, options);
}

function stroke(pen: Pen, more: Record<string, unknown>, dashed: boolean): Layer {
  const named = Object.keys(pen.dash).length > 0;
  return {
    mark: {
      type: "line",
      color: pen.look.color,
      strokeWidth: dashed ? 1.5 : 2.25,
      strokeJoin: "round",
      ...(dashed && !named && { strokeDash: DASHES }),
      ...more,
    },
    encoding: { x: pen.x, y: pen.y, ...pen.color, ...pen.dash },
  };
}

/** The points on the lines of a mark, in the shape of their series. */
export function points(pen: Pen, marked: Marked, facet: string | undefined): Layer[] {
  const encoding = { x: pen.x, y: pen.y, ...pen.color, ...pen.shape };
  const mark = { type: "point", filled: true, color: pen.look.color, shape: pen.look.shape };
  const count = longest(marked, facet);
  if (count <= FEW) return [{ mark: { ...mark, opacity: 1, size: 56, tooltip: true }, encoding }];
  // Seen by the pointer only: every point tells its values.
  const hidden = { mark: { ...mark, opacity: 0, size: 120, tooltip: true }, encoding };
  if (marked.series === undefined) return [hidden];
  const every = Math.ceil(count / SHOWN);
  const groups = [marked.series?.field, facet].filter((field) => field !== undefined).map(escaped);
  return [
    {
      transform: [
        { window: [{ op: "row_number", as: "nth" }], groupby: groups },
        { filter: `datum.nth % ${every} == ${Math.ceil(every / 2)}` },
      ],
      mark: { ...mark, opacity: 1, size: 56 },
      encoding,
    },
    hidden,
  ];
}
