/**
 * Which assumption moves the answer most: a bar per assumption, from the answer at the low end of its
 * range to the answer at its high end, the widest on top.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tornado } from "./tornado.ts";
 *
 * const chart = tornado([
 *   { assumption: "push", low: 4.76, high: 6.75 },
 *   { assumption: "heartbeat", low: 1.2, high: 180.45 },
 * ], {
 *   name: "assumption",
 *   low: "low",
 *   high: "high",
 *   base: 4.95,
 *   value: { title: "worst detection", unit: "s" },
 *   title: "The heartbeat decides how late we are",
 * });
 * assertEquals(chart.description.includes("heartbeat, push"), true);
 * ```
 *
 * @module
 */
import { assemble } from "../chart/assemble.ts";
import { quantityTitle, resolveChannel, type ScaleType, unitOf } from "../chart/channel.ts";
import type { Chart, ChartOptions } from "../chart/chart.ts";
import { formatNumber } from "../chart/number_format.ts";
import type { Encoding, Layer, Part, Pen } from "../chart/part.ts";
import { barInk } from "./mark.ts";
import { checkRows, type FieldOf, type Row } from "../chart/rows.ts";
import { extentOf } from "../chart/scale.ts";
import { DASHES, INK, SIZES } from "../chart/theme.ts";
import { textWidth } from "../font.ts";

/** Options of {@linkcode tornado}. */
export interface TornadoOptions<R> extends ChartOptions {
  /** Field with the assumption's name. */
  name: FieldOf<R>;
  /** Field with the answer at the low end of the assumption's range. */
  low: FieldOf<R>;
  /** Field with the answer at the high end. */
  high: FieldOf<R>;
  /** Fields with what the low and high ends are, such as `"0.25 s"`; the answers when absent. */
  lowLabel?: FieldOf<R>;
  highLabel?: FieldOf<R>;
  /** What the ends are, where they are not those of an assumption's range. */
  ends?: readonly [low: string, high: string];
  /** The answer with every assumption as it stands. */
  base: number;
  /** What the answer is. */
  value: { title: string; unit?: string; scale?: ScaleType };
}

const ENDS: readonly [string, string] = ["assumption at its low end", "assumption at its high end"];
/** Share of the axis that is left free on each side. */
const SIDE_ROOM = 0.05;
/** Width of the axis in pixels, about: what names and margins leave of a chart. */
const AXIS_WIDTH = 480;

/** Draws the sensitivity of an answer to its assumptions. */
export function tornado<R extends object>(
  rows: readonly R[],
  options: TornadoOptions<R>,
): Chart {
  const { name, low, high, lowLabel, highLabel, base, value, ends: names = ENDS } = options;
  const checked = checkRows("tornado", rows);
  const { scale = "linear" } = value;
  const mark = "tornado";
  const title = quantityTitle({ field: "value", ...value }, scale, "Cannot draw tornado: value");
  const named = resolveChannel(checked, name, { mark, name: "name", type: "nominal" });
  for (const [channel, field] of Object.entries({ low, high })) {
    resolveChannel(checked, { field, title, scale }, { mark, name: channel, type: "quantitative" });
  }
  if (!Number.isFinite(base) || (scale === "log" && base <= 0)) {
    throw new RangeError(
      `Cannot draw tornado: base must be the answer as assumed, a finite number` +
        `${scale === "log" ? " above zero" : ""}: received ${base}`,
    );
  }
  const answer = (row: Row, field: string) => row[field] as number;
  const bent = (number: number) => scale === "log" ? Math.log(number) : number;
  const span = (row: Row) => Math.abs(bent(answer(row, high)) - bent(answer(row, low)));
  const bars = [...checked].sort((a, b) => span(b) - span(a)).flatMap((row) =>
    ([[low, lowLabel, names[0]], [high, highLabel, names[1]]] as const).map((
      [field, label, end],
    ) => ({
      name: row[name],
      base,
      answer: answer(row, field),
      end,
      label: label === undefined ? formatNumber(answer(row, field)) : String(row[label]),
    }))
  );
  const ends = withRoom(bars, base, scale);
  const middle = (bent(base) - bent(ends[0])) / (bent(ends[1]) - bent(ends[0]));
  const unit = unitOf(title)!.split(",")[0].replace(/^count$/, "").replace(/^1\//, "/");
  const space = unit.startsWith("/") ? "" : " ";
  const part: Part = {
    mark,
    noun: "Tornado chart",
    rows: bars,
    x: {
      channel: { field: "answer", title, type: "quantitative", scale, titled: true },
      values: bars.map((row) => row.answer),
      room: ends,
    },
    y: { channel: { ...named, field: "name" }, values: bars.map((row) => row.name), padding: 0.35 },
    series: {
      field: "end",
      names,
      meanings: { [names[0]]: "neutral", [names[1]]: "baseline" },
    },
    height: Math.min(640, 170 + 32 * rows.length),
    outline: (x, y) =>
      bars.flatMap((row) =>
        barInk([[x.at(base), y.at(row.name)], [x.at(row.answer), y.at(row.name)]], "y", y.band)
      ),
    label: (pen) =>
      standing(pen, base, `as assumed: ${formatNumber(base)}${space}${unit}`.trim(), middle),
    draw: (pen) => [
      {
        mark: { type: "bar", tooltip: true },
        encoding: { x: pen.x, x2: { field: "base" }, y: pen.y, ...pen.color },
      },
      ...[true, false].map((right) => tips(pen, right)),
    ],
  };
  return assemble([part], options);
}

/** A dashed rule at the answer as it stands, labelled above the bars. */
function standing(pen: Pen, base: number, label: string, share: number): Layer[] {
  const { field: _, ...axis } = pen.x;
  const x = { ...axis, datum: base };
  const align = share < 0.25 ? "left" : share > 0.75 ? "right" : "center";
  const data = { values: [{}] };
  return [
    {
      data,
      mark: { type: "rule", color: INK, strokeWidth: 1.25, strokeDash: DASHES },
      encoding: { x },
    },
    {
      data,
      mark: { type: "text", fontSize: SIZES.rule, color: INK, align, baseline: "bottom" },
      encoding: { x, y: { value: -5 }, text: { value: label } },
    },
  ];
}

/** What the ends are, written beside the bars that point to this side. */
function tips(pen: Pen, right: boolean) {
  const encoding: Record<string, Encoding> = {
    x: pen.x,
    y: pen.y,
    text: { field: "label", type: "nominal" },
  };
  return {
    transform: [{ filter: `datum.answer ${right ? ">=" : "<"} datum.base` }],
    mark: {
      type: "text",
      align: right ? "left" : "right",
      dx: right ? 5 : -5,
      baseline: "middle",
      fontSize: SIZES.label,
      color: INK,
    },
    encoding,
  };
}

/** The ends of an axis on which every bar has room for its label. */
function withRoom(
  bars: readonly { answer: number; label: string }[],
  base: number,
  scale: ScaleType,
): number[] {
  const [bend, unbend] = scale === "log" ? [Math.log, Math.exp] : [Number, Number];
  const tips = bars.map(({ answer, label }) => ({
    at: bend(answer),
    side: answer < base ? -1 : 1,
    share: (textWidth(label, SIZES.label) + 10) / AXIS_WIDTH,
  }));
  const [lowest, highest] = extentOf([...tips.map(({ at }) => at), bend(base)]);
  const room = (highest - lowest || Math.abs(highest) || 1) * SIDE_ROOM;
  let ends = [lowest - room, highest + room];
  // A label takes a share of the axis, which grows with it: a few rounds come close enough.
  for (let round = 0; round < 8; round++) {
    const width = ends[1] - ends[0];
    const reach = tips.map(({ at, side, share }) => at + side * share * width);
    ends = [Math.min(lowest - room, ...reach), Math.max(highest + room, ...reach)];
  }
  return ends.map(unbend);
}
