/**
 * Intervals around measured values: mean ± sd, three standard errors, p5 to p95.
 *
 * @module
 */
import { resolveChannel } from "../chart/channel.ts";
import type { Layer, PartAxis, Pen } from "../chart/part.ts";
import type { FieldOf, Row } from "../chart/rows.ts";
import { INK } from "../chart/theme.ts";

/** Fields that hold the ends of an interval. */
export interface IntervalOptions<R> {
  /** Field with the lower end, in the unit of y. */
  low?: FieldOf<R>;
  /** Field with the upper end, in the unit of y. */
  high?: FieldOf<R>;
}

/** Checks the ends of intervals and returns their values, which the axis has to hold. */
export function intervalValues(
  mark: string,
  rows: readonly Row[],
  { low, high }: IntervalOptions<Row>,
  { channel }: PartAxis,
): unknown[] {
  if (low === undefined && high === undefined) return [];
  return ([["low", low], ["high", high]] as const).flatMap(([name, field]) => {
    if (field === undefined) {
      throw new TypeError(
        `Cannot draw ${mark}: ${name} must be given with its other end: received undefined`,
      );
    }
    const unit = { title: channel.title, scale: channel.scale };
    resolveChannel(rows, { field, ...unit }, { mark, name, type: "quantitative" });
    return rows.map((row) => row[field]);
  });
}

/** Draws the intervals along this axis. */
export function whiskers(
  pen: Pen,
  axis: "x" | "y",
  { low, high }: IntervalOptions<Row>,
  extra: Record<string, Record<string, unknown>> = {},
): Layer[] {
  if (low === undefined || high === undefined) return [];
  return [{
    mark: { type: "rule", strokeWidth: 1.5, color: INK },
    encoding: {
      x: pen.x,
      y: pen.y,
      [axis]: pen.on(axis, low),
      [`${axis}2`]: { field: pen.on(axis, high).field as string },
      ...extra,
    },
  }];
}
