/**
 * A bar per row, from zero: how much of each. Upright, or level where y holds the names.
 *
 * Series stand side by side, or stacked. Few bars carry their values; with `color` on the field that
 * names the bars, `meanings` highlight single bars.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { bar } from "./bar.ts";
 *
 * const chart = bar([{ detector: "timeout", flaps: 3.07 }, { detector: "phi", flaps: 0.2 }], {
 *   y: "detector",
 *   x: { field: "flaps", title: "false offline (1/h)" },
 *   color: { field: "detector", meanings: { timeout: "worse", phi: "better" } },
 *   title: "Phi accrual flaps fifteen times less",
 * });
 * assertEquals(chart.usermeta.workshop.slug, "phi-accrual-flaps-fifteen-times-less");
 * ```
 *
 * @module
 */
import { finish } from "../chart/assemble.ts";
import { escaped } from "../chart/channel.ts";
import type { Chart, ChartOptions } from "../chart/chart.ts";
import type { FacetOptions } from "../chart/facet.ts";
import { formatNumber } from "../chart/number_format.ts";
import type { Encoding, Layer, MarkOptions, Part, Pen } from "../chart/part.ts";
import { groupRows, type Row } from "../chart/rows.ts";
import { INK, SIZES } from "../chart/theme.ts";
import { barInk, checkLengths, facetField, type Marked, readMark, stacking } from "./mark.ts";
import { type IntervalOptions, intervalValues, whiskers } from "./whiskers.ts";

/** Options of {@linkcode bar}. */
export interface BarOptions<R> extends MarkOptions<R>, FacetOptions<R>, IntervalOptions<R> {
  /** Series on top of each other instead of side by side. */
  stack?: boolean;
}

/** Up to this many bars carry their values. */
const LABELLED = 14;
/** Share of the longest bar that is left free for its label. */
const HEADROOM = 1.1;
const LABEL_FIELD = "label";

/** Draws a bar per row; without a `title`, a part for `layer`. */
export function bar<R extends object>(
  rows: readonly R[],
  options: BarOptions<R> & ChartOptions,
): Chart;
export function bar<R extends object>(rows: readonly R[], options: BarOptions<R>): Part;
export function bar<R extends object>(
  rows: readonly R[],
  options: BarOptions<R> & Partial<ChartOptions>,
): Chart | Part {
  const ends = options as IntervalOptions<Row>;
  const level = namesAreOn("y", rows, options);
  const marked = readMark("bar", rows, options, {
    [level ? "y" : "x"]: "ordinal",
    fields: [ends.low, ends.high],
  });
  const [names, lengths] = level ? ["y", "x"] as const : ["x", "y"] as const;
  const { channel } = marked[lengths];
  const name = marked[names].channel;
  checkLengths("bar", lengths, channel);
  // Texts are names without an order.
  if (typeof marked.rows[0][name.field] === "string") name.type = "nominal";
  const facet = facetField(options);
  const side = marked.series && marked.series.field !== name.field && !options.stack;
  checkOneEach(marked, name.field, [facet, marked.series?.field]);
  const stacked = options.stack && marked.series !== undefined;
  const labelled = marked.rows.length <= LABELLED && !stacked;
  const totals = stacked
    ? groupRows(marked.rows, [name.field, facet]).map((group) =>
      group.reduce((sum, row) => sum + (row[channel.field] as number), 0)
    )
    : marked[lengths].values as number[];
  const reach = intervalValues("bar", marked.rows, ends, marked[lengths]);
  const offset = side ? offsetOf(level, marked) : {};
  const part: Part = {
    ...marked,
    rows: labelled
      ? marked.rows.map((row) => ({
        ...row,
        [LABEL_FIELD]: formatNumber(row[channel.field] as number),
      }))
      : marked.rows,
    [lengths]: {
      channel,
      values: [...totals, ...reach],
      room: labelled ? [...totals, ...reach].map((end) => (end as number) * HEADROOM) : [],
      zero: true,
    },
    noun: "Bar chart",
    height: level ? levelHeight(marked, side ? marked.series!.names.length : 1) : undefined,
    outline: (x, y) =>
      marked.rows.flatMap((row) => {
        const [at, to] = [row[name.field], row[channel.field]];
        return level
          ? barInk([[x.at(0), y.at(at)], [x.at(to), y.at(at)]], "y", y.band)
          : barInk([[x.at(at), y.at(0)], [x.at(at), y.at(to)]], "x", x.band);
      }),
    draw: (pen) => [
      bars(pen, lengths, stacked ? stacking(marked) : undefined, offset),
      ...whiskers(pen, lengths, ends, offset),
    ],
    label: (pen) => labelled ? labels(pen, lengths, ends.high ?? channel.field, offset) : [],
  };
  return finish(part, options);
}

function namesAreOn<R extends object>(
  axis: "y",
  rows: readonly R[],
  options: BarOptions<R>,
): boolean {
  const channel = options[axis];
  if (typeof channel === "object" && channel.type !== undefined) {
    return channel.type === "ordinal" || channel.type === "nominal";
  }
  const field = typeof channel === "object" ? channel.field : channel;
  return typeof (rows[0] as Row)?.[field] === "string";
}

/** Two rows for one bar would be drawn over each other. */
function checkOneEach(marked: Marked, name: string, others: (string | undefined)[]): void {
  const twice = groupRows(marked.rows, [name, ...others]).find((group) => group.length > 1);
  if (twice === undefined) return;
  throw new TypeError(
    `Cannot draw bar: rows must be one a bar: received ${twice.length} for ${
      JSON.stringify(twice[0][name])
    }; sum them up, or tell them apart with color`,
  );
}

function offsetOf(level: boolean, { series }: Marked): Record<string, Encoding> {
  const { field, names } = series!;
  return {
    [level ? "yOffset" : "xOffset"]: {
      field: escaped(field),
      type: "nominal",
      scale: { domain: names, paddingInner: 0.08 },
    },
  };
}

/** Level bars keep their thickness, so the chart grows with their number. */
function levelHeight({ rows, y }: Marked, series: number): number {
  const bars = new Set(rows.map((row) => row[y.channel.field])).size * Math.max(1, series * 0.7);
  return Math.round(Math.min(560, 120 + 34 * bars));
}

function bars(
  pen: Pen,
  lengths: "x" | "y",
  stack: ReturnType<typeof stacking> | undefined,
  offset: Record<string, Encoding>,
): Layer {
  return {
    ...stack,
    mark: {
      type: "bar",
      color: pen.look.color,
      tooltip: true,
      ...(stack && { stroke: "white", strokeWidth: 1 }),
    },
    encoding: {
      x: pen.x,
      y: pen.y,
      [lengths]: { ...pen[lengths], stack: stack ? "zero" : null },
      ...pen.color,
      ...stack?.encoding,
      ...offset,
    },
  };
}

/** Values beyond the ends of their bars, over a white halo where a rule crosses them. */
function labels(
  pen: Pen,
  lengths: "x" | "y",
  field: string,
  offset: Record<string, Encoding>,
): Layer[] {
  const negative = `datum[${JSON.stringify(field)}] < 0`;
  const place = lengths === "y"
    ? { dy: { expr: `${negative} ? 9 : -8` }, align: "center" }
    : { dx: { expr: `${negative} ? -5 : 5` }, align: { expr: `${negative} ? 'right' : 'left'` } };
  const encoding = {
    x: pen.x,
    y: pen.y,
    [lengths]: { ...pen.on(lengths, field), stack: null },
    text: { field: LABEL_FIELD, type: "nominal" },
    ...offset,
  };
  const text = { type: "text", baseline: "middle", fontSize: SIZES.label, ...place };
  return [
    { mark: { ...text, color: "white", stroke: "white", strokeWidth: 4 }, encoding },
    { mark: { ...text, color: INK }, encoding },
  ];
}
