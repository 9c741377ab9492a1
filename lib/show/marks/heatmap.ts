/**
 * A cell per pair of categories, darker where there is more: two assumptions against one answer.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { heatmap } from "./heatmap.ts";
 *
 * const rows = [1, 2, 3].flatMap((misses) =>
 *   [0.5, 1.5].map((beat) => ({ misses, beat, delay: misses * beat + 0.45 }))
 * );
 * const chart = heatmap(rows, {
 *   x: { field: "misses", unit: "beats" },
 *   y: { field: "beat", title: "heartbeat (s)" },
 *   color: { field: "delay", title: "worst detection (s)" },
 *   title: "Three misses of 1.5 s are the most that 5 s allow",
 * });
 * assertEquals(chart.description.startsWith("Heatmap of worst detection (s)"), true);
 * ```
 *
 * @module
 */
import { finish } from "../chart/assemble.ts";
import { type Channel, resolveChannel } from "../chart/channel.ts";
import type { Chart, ChartOptions } from "../chart/chart.ts";
import type { FacetOptions } from "../chart/facet.ts";
import { formatNumber } from "../chart/number_format.ts";
import type { Encoding, Layer, MarkOptions, Part, Pen } from "../chart/part.ts";
import { checkRows, type FieldOf, type Row } from "../chart/rows.ts";
import { shadesOf } from "../chart/shades.ts";
import { INK, SIZES } from "../chart/theme.ts";
import { readMark } from "./mark.ts";

/** Options of {@linkcode heatmap}. */
export interface HeatmapOptions<R>
  extends Omit<MarkOptions<R>, "color" | "name" | "meaning">, FacetOptions<R> {
  /** The quantity that the cells show. */
  color: Channel<FieldOf<R>>;
}

/** Up to this many cells carry their values. */
const LABELLED = 80;
/** On cells past this share of the scale a label is white. */
const DARK = 0.5;
const [LABEL, SHADE] = ["label", "shade"];

/** Draws a cell per row; without a `title`, a part for `layer`. */
export function heatmap<R extends object>(
  rows: readonly R[],
  options: HeatmapOptions<R> & ChartOptions,
): Chart;
export function heatmap<R extends object>(rows: readonly R[], options: HeatmapOptions<R>): Part;
export function heatmap<R extends object>(
  rows: readonly R[],
  options: HeatmapOptions<R> & Partial<ChartOptions>,
): Chart | Part {
  const shown = resolveChannel(checkRows("heatmap", rows), options.color as Channel, {
    mark: "heatmap",
    name: "color",
    type: "quantitative",
  });
  const marked = readMark("heatmap", rows, { ...options, color: undefined }, {
    x: "ordinal",
    y: "ordinal",
    fields: [shown.field],
  });
  const values = marked.rows.map((row) => row[shown.field] as number);
  const labelled = values.length <= LABELLED;
  const shades = (legend: Encoding) => shadesOf(shown, values, legend);
  const { at } = shades({});
  const part: Part = {
    ...marked,
    rows: labelled
      ? marked.rows.map((row, i): Row => ({
        ...row,
        [LABEL]: formatNumber(values[i]),
        [SHADE]: Number(at(values[i]).toFixed(3)),
      }))
      : marked.rows,
    x: { ...marked.x, padding: 0 },
    y: { ...marked.y, padding: 0 },
    noun: `Heatmap of ${shown.title}`,
    legendAbove: true,
    outline: () => [],
    draw: (pen) => [
      {
        mark: { type: "rect", stroke: "white", strokeWidth: 1.5, tooltip: true },
        encoding: {
          x: pen.x,
          y: pen.y,
          color: shades(pen.legend).encoding,
        },
      },
      ...(labelled ? [labels(pen)] : []),
    ],
  };
  return finish(part, options);
}

function labels(pen: Pen): Layer {
  return {
    mark: { type: "text", fontSize: SIZES.label },
    encoding: {
      x: pen.x,
      y: pen.y,
      text: { field: LABEL, type: "nominal" },
      color: {
        condition: { test: `datum.${SHADE} > ${DARK}`, value: "white" },
        value: INK,
      },
    },
  };
}
