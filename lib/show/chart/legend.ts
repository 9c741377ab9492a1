/**
 * Colour, shape and dash encodings of the series, with one legend above the plot.
 *
 * All layers name the same domain, so that Vega-Lite merges their legends into one whose symbols show
 * colour and shape together.
 *
 * @module
 */
import { escaped } from "./channel.ts";
import type { Part, Pen } from "./part.ts";
import { NAME_FIELD, type SeriesScale } from "./series.ts";
import { INK, MEANINGS, STROKE, Y_TITLE } from "./theme.ts";

type Inks = Pick<Pen, "color" | "shape" | "dash" | "look" | "legend">;

/** Whether readers need a legend: not when an axis names the series, or when there is only one. */
export function needsLegend(parts: readonly Part[], scale: SeriesScale | undefined): boolean {
  const onAxis = parts.some(({ series, x, y }) =>
    series && (series.field === x.channel.field || series.field === y.channel.field)
  );
  const named = parts.some((part) => part.series?.field === NAME_FIELD);
  return scale !== undefined && !onAxis && (scale.names.length > 1 || named);
}

const PLACE = {
  orient: "top",
  direction: "horizontal",
  titleOrient: "left",
  symbolOpacity: 1,
};

/** The encodings of a part's series; a legend of this many columns, none when there are zero. */
export function inks(
  part: Part,
  scale: SeriesScale | undefined,
  columns: number,
  faceted: boolean,
): Inks {
  // Vega does not count the y title, which stands between plot and legend.
  const place = { ...PLACE, offset: faceted ? 8 : Y_TITLE + 8 };
  const look = part.dashed ? { color: INK, shape: STROKE } : MEANINGS[part.meaning ?? "baseline"];
  const none = { color: {}, shape: {}, dash: {}, look, legend: place };
  if (!part.series || !scale) return none;
  const legend = columns === 0
    ? null
    : { ...place, title: scale.title ?? null, columns, labelLimit: 0 };
  const encode = (range: unknown[]) => ({
    field: escaped(part.series!.field),
    type: "nominal",
    scale: { domain: scale.names, range },
    legend,
  });
  return {
    ...none,
    color: { color: encode(scale.colors) },
    shape: { shape: encode(scale.shapes) },
    dash: scale.dashes.some((dash) => dash.length > 0)
      ? { strokeDash: encode(scale.dashes.map((dash) => dash.length > 0 ? dash : [1, 0])) }
      : {},
  };
}
