/**
 * How every chart looks: five colours with one meaning each, one font, one quiet frame.
 *
 * Colours come from their meaning, never from a chart's whim, so that red is a failure in all
 * notebooks. They differ in lightness as well as in hue, which keeps them apart for colour-blind
 * readers and on grey paper, and each meaning has a point shape of its own. A dashed line is always
 * something that was predicted or promised, never something measured.
 *
 * @module
 */
import { FONT_FAMILY } from "../font.ts";

/** Point shapes; Vega's own triangles look half as large as its circles. */
const SHAPES = {
  circle: "circle",
  square: "M-0.88,-0.88H0.88V0.88H-0.88Z",
  up: "M0,-1.2L1.16,0.84H-1.16Z",
  down: "M0,1.2L1.16,-0.84H-1.16Z",
  diamond: "M0,-1.3L1.1,0L0,1.3L-1.1,0Z",
};
/** The legend's sign for what is dashed. */
export const STROKE = "M-1.7,0H1.7";

/** What a colour stands for, in every notebook. */
export type Meaning = "baseline" | "better" | "worse" | "highlight" | "neutral";

/** Colour and point shape of each meaning; lightness is at least nine of a hundred steps apart. */
export const MEANINGS: Readonly<Record<Meaning, { color: string; shape: string }>> = {
  /** What we start from; the only series of a chart. */
  baseline: { color: "#2b68b0", shape: SHAPES.circle },
  /** The version that holds. */
  better: { color: "#1a967a", shape: SHAPES.up },
  /** What breaks, or misses its objective. */
  worse: { color: "#7f1624", shape: SHAPES.down },
  /** What the title speaks of. */
  highlight: { color: "#e99c25", shape: SHAPES.diamond },
  /** Context. */
  neutral: { color: "#c0c4cc", shape: SHAPES.square },
};

/** Meanings of series that declare none, in order of appearance: those that judge nothing. */
export const UNDECLARED: readonly Meaning[] = ["baseline", "highlight", "neutral"];

/** Shapes of an ordered series from its first value to its last. */
export const ORDERED_SHAPES = [
  SHAPES.circle,
  SHAPES.square,
  SHAPES.up,
  SHAPES.diamond,
  SHAPES.down,
];

/** Shades of the baseline's hue for `count` ordered values, light to dark. */
export function shades(count: number): string[] {
  const light = [0xa9, 0xc9, 0xec];
  const dark = [0x12, 0x33, 0x60];
  return Array.from({ length: count }, (_, i) => {
    const at = count === 1 ? 0.6 : i / (count - 1);
    const mixed = light.map((from, j) => Math.round(from + (dark[j] - from) * at));
    return `#${mixed.map((part) => part.toString(16).padStart(2, "0")).join("")}`;
  });
}

/** Colour of dashed rules, predictions and their labels. */
export const INK = "#30363f";
/** The one dash pattern: predicted or promised, not measured. */
export const DASHES = [5, 4];
/** Colour of axis labels and subtitles. */
const MUTED = "#5b6370";

/** Text sizes in pixels, at a chart of 640 by 360. */
export const SIZES = { title: 15, titleLine: 20, subtitle: 12, label: 11, legend: 12, rule: 11.5 };

/** Room for the y title, which stands level above its axis, in pixels. */
export const Y_TITLE = 20;

/** Space between a chart and its edge, in pixels. */
export const PADDING = 12;

/** Vega-Lite's `config`, the same for all charts. */
export const CONFIG = {
  font: FONT_FAMILY,
  background: "white",
  view: { stroke: null },
  title: {
    anchor: "start",
    frame: "bounds",
    fontSize: SIZES.title,
    fontWeight: "bold",
    lineHeight: SIZES.titleLine,
    color: "#14181f",
    subtitleFontSize: SIZES.subtitle,
    subtitleColor: MUTED,
    subtitlePadding: 5,
    offset: 10,
  },
  axis: {
    labelFontSize: SIZES.label,
    labelColor: MUTED,
    labelPadding: 5,
    titleFontSize: SIZES.legend,
    titleFontWeight: "normal",
    titleColor: INK,
    gridColor: "#e6e8ec",
    gridWidth: 1,
    domainColor: "#9aa1ab",
    tickColor: "#9aa1ab",
    tickSize: 4,
  },
  axisY: { domain: false, ticks: false },
  legend: {
    labelFontSize: SIZES.legend,
    labelColor: INK,
    titleFontSize: SIZES.legend,
    titleFontWeight: "normal",
    titleColor: MUTED,
    symbolSize: 70,
    symbolStrokeWidth: 2,
    rowPadding: 4,
    columnPadding: 16,
  },
  header: {
    title: null,
    labelFontSize: SIZES.legend,
    labelFontWeight: "bold",
    labelColor: INK,
    labelAnchor: "start",
    // The first of the small charts has its y title below the heading.
    labelPadding: Y_TITLE + 6,
  },
} as const;
