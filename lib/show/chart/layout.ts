/**
 * Sizes of a chart, and of the plot that is left of it once title, legend and axes are set.
 *
 * The plot's size is an estimate from the widths of the texts; Vega makes the exact layout. It serves
 * ticks and the places of labels.
 *
 * @module
 */
import { textWidth } from "../font.ts";
import { type Chart, type ChartOptions, HEIGHT, WIDTH } from "./chart.ts";
import { type Facet, FACET_GAP } from "./facet.ts";
import { needsLegend } from "./legend.ts";
import type { Part } from "./part.ts";
import type { SeriesScale } from "./series.ts";
import { PADDING, SIZES, Y_TITLE } from "./theme.ts";

/** A size in pixels. */
export interface Size {
  width: number;
  height: number;
}

/** Symbol, its padding and the gap to the next entry of a legend, in pixels. */
const LEGEND_ENTRY = 34;
const LEGEND_LINE = 19;
/** Labels and title below an axis. */
const X_AXIS = 44;

/** Estimates the sizes of a chart and its plot. */
export function layout(
  parts: readonly Part[],
  options: ChartOptions,
  base: Chart,
  series: SeriesScale | undefined,
  facet: Facet | undefined,
): { whole: Size; plot: Size; legendColumns: number } {
  const { width = WIDTH, height = parts[0].height ?? HEIGHT } = options;
  const columns = series && needsLegend(parts, series) ? legendColumns(series, width) : 0;
  const ownLegend = parts.some((part) => part.legendAbove);
  const legend = ownLegend
    ? 40
    : columns > 0
    ? Math.ceil(series!.names.length / columns) * LEGEND_LINE + 6
    : 0;
  const lines = [base.title.text].flat().length * SIZES.titleLine +
    (base.title.subtitle?.length ?? 0) * SIZES.subtitle * 1.4;
  const free = {
    width: width - 2 * PADDING,
    height: height - 2 * PADDING - lines - 14 - legend,
  };
  const axis = yLabels(parts);
  if (facet) {
    const rows = Math.ceil(facet.names.length / facet.columns);
    return {
      whole: { width, height },
      plot: {
        width: Math.floor((free.width - axis - FACET_GAP * (facet.columns - 1)) / facet.columns) -
          4,
        height: Math.floor(Math.max(90, free.height / rows - X_AXIS - Y_TITLE - 22)),
      },
      legendColumns: columns,
    };
  }
  return {
    whole: { width, height },
    plot: { width: free.width - axis - 6, height: free.height - X_AXIS - Y_TITLE },
    legendColumns: columns,
  };
}

function legendColumns({ names, title = "" }: SeriesScale, width: number): number {
  const entries = names.map((name) => textWidth(String(name), SIZES.legend) + LEGEND_ENTRY);
  const room = width - 2 * PADDING - (title ? textWidth(title, SIZES.legend) + 12 : 0);
  const total = entries.reduce((sum, entry) => sum + entry, 0);
  if (total <= room) return names.length;
  return Math.max(1, Math.floor(room / Math.max(...entries)));
}

/** Width of the labels left of the plot. */
function yLabels(parts: readonly Part[]): number {
  const { channel, values } = parts[0].y;
  if (channel.type === "quantitative") return 44;
  return Math.min(200, Math.max(...values.map((name) => textWidth(String(name), SIZES.label)))) +
    10;
}
