/**
 * Where values lie on an axis: its ends, its ticks and their labels.
 *
 * We fix the ends ourselves instead of leaving them to Vega, because labels of rules are placed by
 * where the data is not, and that needs positions. Ends are round numbers (1, 2 or 5 times a power of
 * ten); an axis starts at zero when that costs less than half of it, and always under bars and areas.
 *
 * @module
 */
import { type ResolvedChannel, unitOf } from "./channel.ts";
import { formatNumber, tickLabels } from "./number_format.ts";
import { SIZES } from "./theme.ts";
import { wrapText } from "./title.ts";
import { textWidth } from "../font.ts";

/** What an axis has to hold. */
export interface Extent {
  channel: ResolvedChannel;
  /** All values that are drawn on this axis. */
  values: readonly unknown[];
  /** Zero must be in view: lengths are compared. */
  zero?: boolean;
  /** Ends are rounded outwards, so that lines do not touch the frame. */
  round?: boolean;
  /** The axis ends where the values end, even far from zero. */
  tight?: boolean;
  /** Space between categories, as a share of their step. */
  padding?: number;
}

/** An axis, ready for Vega-Lite, with its geometry. */
export interface PositionScale {
  scale: Record<string, unknown>;
  axis: Record<string, unknown>;
  /** Where the value lies, from 0 at the start of the axis to 1 at its end. */
  at(value: unknown): number;
  /** Width of one category, as a share of the axis; nothing where values are numbers. */
  band: number;
}

/** Fits an axis of this length (pixels) to its values. */
export function positionScale(extent: Extent, pixels: number, vertical: boolean): PositionScale {
  const { type, scale } = extent.channel;
  if (type === "nominal" || type === "ordinal") return categories(extent, pixels, vertical);
  if (type === "temporal") return times(extent);
  return scale === "linear" ? linear(extent, pixels) : logarithmic(extent, pixels, vertical);
}

function numbersOf({ channel, values }: Extent): [number, number] {
  if (channel.domain) return channel.domain as unknown as [number, number];
  return extentOf(values as readonly number[]);
}

/** The least and the greatest of the numbers. */
export function extentOf(values: readonly number[]): [lowest: number, highest: number] {
  let [lowest, highest] = [Infinity, -Infinity];
  for (const value of values) {
    lowest = Math.min(lowest, value);
    highest = Math.max(highest, value);
  }
  return [lowest, highest];
}

/** End of an axis of shares whose bars carry their values. */
const PERCENT_END = 110;

function linear(extent: Extent, pixels: number): PositionScale {
  let [lowest, highest] = numbersOf(extent);
  const { zero, round, tight, channel } = extent;
  const count = Math.max(2, Math.min(6, Math.round(pixels / 55)));
  const most = tidy(highest);
  if (!channel.domain) {
    if (lowest > 0 && (zero || (!tight && lowest < highest / 2))) lowest = 0;
    if (highest < 0 && (zero || (!tight && highest > lowest / 2))) highest = 0;
    if (lowest === highest) {
      const room = Math.abs(lowest) / 2 || 1;
      [lowest, highest] = [lowest === 0 ? 0 : lowest - room, highest + room];
    }
    if (round) {
      const step = niceStep(highest - lowest, count);
      lowest = tidy(Math.floor(tidy(lowest / step)) * step);
      highest = tidy(Math.ceil(tidy(highest / step)) * step);
      // What is at most a whole needs room for a label above 100 %, but no tick there.
      if (highest > PERCENT_END && most <= PERCENT_END && unitOf(channel.title) === "%") {
        highest = PERCENT_END;
      }
    }
  }
  const labelExpr = tickLabels(lowest, highest, "linear");
  return {
    scale: { domain: [lowest, highest], zero: false, nice: false },
    axis: { tickCount: count, ...(labelExpr && { labelExpr }) },
    band: 0,
    at: (value) => ((value as number) - lowest) / (highest - lowest),
  };
}

function logarithmic(extent: Extent, pixels: number, vertical: boolean): PositionScale {
  const { channel, round } = extent;
  const symmetric = channel.scale === "symlog";
  let [lowest, highest] = numbersOf(extent);
  if (!channel.domain) {
    if (symmetric) [lowest, highest] = [Math.min(lowest, 0), Math.max(highest, 0)];
    if (lowest === highest) [lowest, highest] = symmetric ? [0, 1] : [lowest / 10, highest * 10];
    if (round && !symmetric) [lowest, highest] = [roundDown(lowest), roundUp(highest)];
  }
  const values = symmetric
    ? symmetricTicks(lowest, highest)
    : logTicks(lowest, highest, Math.max(3, Math.round(pixels / 30)), vertical ? 0 : pixels);
  const bent = (value: number) =>
    symmetric ? Math.sign(value) * Math.log1p(Math.abs(value)) : Math.log(value);
  return {
    scale: { type: channel.scale, domain: [lowest, highest], nice: false },
    axis: { values, labelExpr: tickLabels(lowest, highest, channel.scale) },
    band: 0,
    at: (value) => (bent(value as number) - bent(lowest)) / (bent(highest) - bent(lowest)),
  };
}

function times(extent: Extent): PositionScale {
  const [lowest, highest] = numbersOf(extent);
  return {
    // UTC, so that a chart is the same in every time zone.
    scale: { type: "utc", domain: [lowest, highest], nice: false },
    axis: { tickCount: 6, format: timeFormat(highest - lowest) },
    band: 0,
    at: (value) => ((value as number) - lowest) / (highest - lowest || 1),
  };
}

/** Hours and minutes as a log has them, or days. */
function timeFormat(spanMs: number): string {
  if (spanMs <= 5 * 60_000) return "%H:%M:%S";
  return spanMs <= 3 * 86_400_000 ? "%H:%M" : "%-d %b";
}

/** Gap between two neighbouring category labels, in pixels. */
const LABEL_GAP = 8;
/** Room for category labels left of a chart, in pixels. */
const LABEL_COLUMN = 190;

function categories(
  { channel, values, padding }: Extent,
  pixels: number,
  vertical: boolean,
): PositionScale {
  const names = categoryOrder(channel, values, vertical);
  const index = new Map(names.map((name, i) => [name, i]));
  const room = vertical ? LABEL_COLUMN : pixels / names.length - LABEL_GAP;
  const lines = names.map((name) => wrapText(String(name), room, { size: SIZES.label }));
  const widest = Math.max(...lines.flat().map((line) => textWidth(line, SIZES.label)));
  const slanted = !vertical && widest > room + LABEL_GAP;
  const broken = names.map((name, i) => [name, lines[i]] as const)
    .filter(([, { length }]) => length > 1);
  const labelExpr = broken.length > 0 && !slanted
    ? `(${JSON.stringify(Object.fromEntries(broken))})[datum.value] || datum.label`
    : undefined;
  const gap = padding ?? (names.length <= 2 ? 0.65 : names.length <= 6 ? 0.4 : 0.2);
  return {
    scale: { type: "band", domain: names, paddingInner: gap, paddingOuter: gap / 2 },
    axis: {
      labelAngle: slanted ? -40 : 0,
      labelLimit: 0,
      labelOverlap: false,
      ticks: false,
      ...(labelExpr && { labelExpr }),
    },
    band: (1 - gap) / names.length,
    at(value) {
      const share = (index.get(value as string)! + 0.5) / names.length;
      return vertical ? 1 - share : share;
    },
  };
}

/** Names in order of appearance; numbers in their order, upwards where the axis is upright. */
function categoryOrder(
  { domain }: ResolvedChannel,
  values: readonly unknown[],
  vertical: boolean,
): (string | number)[] {
  if (domain) return [...domain];
  const names = [...new Set(values)] as (string | number)[];
  if (!names.every((name) => typeof name === "number")) return names;
  names.sort((a, b) => Number(a) - Number(b));
  return vertical ? names.reverse() : names;
}

/** The step of 1, 2 or 5 times a power of ten that cuts the span into about `count` parts. */
export function niceStep(span: number, count: number): number {
  const power = 10 ** Math.floor(Math.log10(span / count));
  const error = span / count / power;
  const factor = error >= Math.sqrt(50)
    ? 10
    : error >= Math.sqrt(10)
    ? 5
    : error >= Math.SQRT2
    ? 2
    : 1;
  return factor * power;
}

/** Takes the noise of binary fractions off a number. */
export function tidy(value: number): number {
  return Number(value.toPrecision(12));
}

const ROUND = [1, 2, 5, 10];

/** The largest 1, 2 or 5 times a power of ten that is not above the value. */
function roundDown(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value) + 1e-9);
  return tidy(power * ROUND.findLast((factor) => factor <= value / power + 1e-9)!);
}

/** The smallest 1, 2 or 5 times a power of ten that is not below the value. */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value) + 1e-9);
  return tidy(power * ROUND.find((factor) => factor >= value / power - 1e-9)!);
}

/** Between the labels of two ticks on a level axis, in pixels. */
const TICK_GAP = 4;

/** Whether the labels of these ticks stand apart on a level axis of this length. */
function standApart(ticks: readonly number[], lowest: number, highest: number, pixels: number) {
  const perDecade = pixels / Math.log10(highest / lowest);
  const width = (tick: number) => textWidth(formatNumber(tick), SIZES.label);
  return ticks.every((tick, i) =>
    i === 0 ||
    Math.log10(tick / ticks[i - 1]) * perDecade >=
      (width(tick) + width(ticks[i - 1])) / 2 + TICK_GAP
  );
}

/**
 * Powers of ten within the ends; with 2 and 5 times them where there are few. On a level axis of
 * this many pixels their labels do not touch.
 */
export function logTicks(lowest: number, highest: number, most: number, pixels = 0): number[] {
  const within = (tick: number) => tick >= lowest * (1 - 1e-9) && tick <= highest * (1 + 1e-9);
  const first = Math.floor(Math.log10(lowest));
  const decades = Array.from(
    { length: Math.ceil(Math.log10(highest)) - first + 1 },
    (_, i) => first + i,
  );
  for (const factors of [[1, 2, 5], [1, 3], [1]]) {
    const ticks = decades.flatMap((power) => factors.map((factor) => tidy(factor * 10 ** power)))
      .filter(within);
    if (ticks.length < 3 || ticks.length > most) continue;
    if (pixels === 0 || standApart(ticks, lowest, highest, pixels)) return ticks;
  }
  const powers = decades.map((power) => tidy(10 ** power)).filter(within);
  if (powers.length > most) {
    const every = Math.ceil(powers.length / most);
    return powers.filter((_, i) => i % every === 0);
  }
  // Less than a decade: round steps, as on a linear axis.
  const step = niceStep(highest - lowest, most);
  const start = Math.ceil(lowest / step - 1e-9);
  const end = Math.floor(highest / step + 1e-9);
  return Array.from({ length: end - start + 1 }, (_, i) => tidy((start + i) * step));
}

function symmetricTicks(lowest: number, highest: number): number[] {
  const powers: number[] = [];
  for (let tick = 1; tick <= Math.max(-lowest, highest); tick *= 10) powers.push(tick);
  const every = Math.max(1, Math.ceil(powers.length / 5));
  const kept = powers.filter((_, i) => (powers.length - 1 - i) % every === 0);
  return [...kept.map((tick) => -tick).reverse(), 0, ...kept]
    .filter((tick) => tick >= lowest && tick <= highest);
}
