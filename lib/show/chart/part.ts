/**
 * A mark with its data: what a builder makes before there is a title.
 *
 * A part knows its channels, its rows and how to draw itself with a pen; the chart brings the parts
 * onto common axes and colours. That is why two parts of different data fit into one chart.
 *
 * @module
 */
import type { Channel, ResolvedChannel } from "./channel.ts";
import type { FieldOf, Row } from "./rows.ts";
import type { PositionScale } from "./scale.ts";
import type { Series, SeriesChannel } from "./series.ts";
import type { Meaning } from "./theme.ts";

/** Options of every mark with two axes. */
export interface MarkOptions<R> {
  x: Channel<FieldOf<R>>;
  y: Channel<FieldOf<R>>;
  /** The field that tells series apart. */
  color?: SeriesChannel<FieldOf<R>>;
  /** Name of this mark in the legend, where the mark is one series. */
  name?: string;
  /** What the mark stands for, where the mark is one series: `"baseline"` when absent. */
  meaning?: Meaning;
}

/** A line through points of the plot, each from 0 to 1 along both axes. */
export type Path = readonly (readonly [x: number, y: number])[];

/** One axis of a part. */
export interface PartAxis {
  channel: ResolvedChannel;
  /** All values that the mark draws on this axis. */
  values: readonly unknown[];
  /** What else the axis has to hold: room for labels. */
  room?: readonly number[];
  /** The mark compares lengths, so zero has to be in view. */
  zero?: boolean;
  /** Space between the ends of the axis and the outermost values, in pixels. */
  inset?: number;
  /** Space between categories, as a share of their step. */
  padding?: number;
  /** The axis ends where the values end, even far from zero. */
  tight?: boolean;
  /** The axis follows what Vega computes, so that its ends are not fixed. */
  free?: boolean;
}

/** Vega-Lite's encoding of one channel. */
export type Encoding = Record<string, unknown>;

/** One Vega-Lite layer, over the data of its part where it has none of its own. */
export interface Layer {
  mark: Record<string, unknown>;
  encoding: Record<string, Encoding | Encoding[]>;
  transform?: Record<string, unknown>[];
  data?: Record<string, unknown>;
}

/** Position and colour encodings that all parts of a chart share. */
export interface Pen {
  /** This part's own fields on the common axes. */
  x: Encoding;
  y: Encoding;
  /** Another field of this part's rows on the same axis. */
  on(axis: "x" | "y", field: string): Encoding;
  /** Colour by series, with the legend; empty when the mark is one nameless series. */
  color: { color?: Encoding };
  /** Point shape by series; empty when the mark is one nameless series. */
  shape: { shape?: Encoding };
  /** Dashes by series, where a named one is dashed. */
  dash: { strokeDash?: Encoding };
  /** Place and layout of a legend. */
  legend: Encoding;
  /** Colour and shape of the mark when it is one series. */
  look: { color: string; shape: string };
}

/** A mark without a title: give it to `layer`, or give the builder a `title`. */
export interface Part {
  /** Name of the builder, for messages. */
  readonly mark: string;
  /** What it is, for the description: "Line chart". */
  readonly noun: string;
  readonly rows: readonly Row[];
  readonly x: PartAxis;
  readonly y: PartAxis;
  readonly series?: Series;
  readonly meaning?: Meaning;
  /** Dashed: predicted, not measured. */
  readonly dashed?: boolean;
  /** Lines along which the mark leaves ink, so that labels keep off it. */
  outline(x: PositionScale, y: PositionScale): Path[];
  /** Where Vega-Lite makes the data itself: its `data`, and `params` bound to inputs. */
  readonly data?: Record<string, unknown>;
  readonly params?: readonly Record<string, unknown>[];
  /** The mark brings a legend of its own. */
  readonly legendAbove?: boolean;
  /** Height of the chart that suits the mark, where it is not the usual one. */
  readonly height?: number;
  draw(pen: Pen): Layer[];
  /** What is drawn over the rules. */
  label?(pen: Pen): Layer[];
}

/** Reports whether a value is a part. */
export function isPart(value: unknown): value is Part {
  return typeof value === "object" && value !== null && "draw" in value && "outline" in value &&
    typeof value.draw === "function";
}
