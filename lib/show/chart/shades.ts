/**
 * A quantity as a shade of the baseline's hue, white to dark, with its legend above the plot.
 *
 * @module
 */
import { escaped, type ResolvedChannel } from "./channel.ts";
import { tickLabels } from "./number_format.ts";
import type { Encoding } from "./part.ts";
import { extentOf, logTicks } from "./scale.ts";

/** White to the baseline's hue. */
const RAMP = ["#f3f7fc", "#bcd4ee", "#7ba9d9", "#3f7cbc", "#2b68b0", "#123360"];

/** The colour encoding of a quantity, and where a value lies on its scale. */
export interface Shades {
  encoding: Encoding;
  /** From 0, the lightest, to 1. */
  at(value: number): number;
}

/** Fits the shades to the channel's domain, or to its values; the legend is placed as given. */
export function shadesOf(
  shown: ResolvedChannel,
  values: readonly number[],
  legend: Encoding,
): Shades {
  const [lowest, highest] = (shown.domain as [number, number] | undefined) ?? extentOf(values);
  const bent = (value: number) => shown.scale === "log" ? Math.log(value) : value;
  const labelExpr = tickLabels(lowest, highest, shown.scale);
  return {
    at: (value) => (bent(value) - bent(lowest)) / (bent(highest) - bent(lowest) || 1),
    encoding: {
      field: escaped(shown.field),
      type: "quantitative",
      title: shown.title,
      scale: { type: shown.scale, domain: [lowest, highest], range: RAMP, nice: false },
      legend: {
        ...legend,
        gradientLength: 180,
        gradientThickness: 10,
        tickCount: 4,
        ...(shown.scale === "log" && { values: logTicks(lowest, highest, 4) }),
        ...(labelExpr && { labelExpr }),
        ...(shown.format && { format: shown.format }),
      },
    },
  };
}
