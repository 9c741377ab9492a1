/**
 * Brings all parts of a chart onto one x and one y axis.
 *
 * The first part names the axis; the others must agree with it in type, scale and unit, so that
 * milliseconds are never drawn on an axis of seconds.
 *
 * @module
 */
import { type ResolvedChannel, unitOf } from "./channel.ts";
import { tickLabels } from "./number_format.ts";
import type { Encoding, Part } from "./part.ts";
import { type Rule, valueOf } from "./rules.ts";
import { type PositionScale, positionScale } from "./scale.ts";

/** A common axis: its geometry, and its encoding without a field. */
export interface Axis {
  channel: ResolvedChannel;
  position: PositionScale;
  encoding: Encoding;
}

/** Fits the axis of this name (its length in pixels) to all parts and rules. */
export function commonAxis(
  name: "x" | "y",
  parts: readonly Part[],
  rules: readonly Rule[],
  pixels: number,
): Axis {
  const { channel } = parts[0][name];
  for (const part of parts) checkAgreement(name, channel, part[name].channel);
  const domain = parts.map((part) => part[name].channel.domain).find((one) => one !== undefined);
  const values = [
    ...parts.flatMap((part) => [...part[name].values, ...part[name].room ?? []]),
    ...rules.filter((rule) => rule[name] !== undefined).map(valueOf),
  ];
  const zero = parts.some((part) => part[name].zero);
  const inset = Math.max(...parts.map((part) => part[name].inset ?? 0));
  const padding = parts.map((part) => part[name].padding).find((one) => one !== undefined);
  const tight = parts.every((part) => part[name].tight);
  const free = parts.some((part) => part[name].free);
  const vertical = name === "y";
  const position = positionScale(
    { channel: { ...channel, domain }, values, zero, round: vertical || zero, tight, padding },
    pixels,
    vertical,
  );
  return {
    channel,
    position,
    encoding: encodingOf(
      channel,
      free ? freed(channel, position) : insetBy(position, inset),
      vertical,
    ),
  };
}

function checkAgreement(name: string, first: ResolvedChannel, other: ResolvedChannel): void {
  const pairs: [string, unknown, unknown][] = [
    ["type", first.type, other.type],
    ["scale", first.scale, other.scale],
    ["unit", unitOf(first.title), unitOf(other.title)],
  ];
  for (const [what, expected, received] of pairs) {
    if (expected === received) continue;
    throw new TypeError(
      `Cannot draw layer: ${name} must have the ${what} of the first mark, ${expected}: ` +
        `received ${received} (${other.title})`,
    );
  }
}

/** An axis with some pixels before its first value and behind its last. */
function insetBy(position: PositionScale, pixels: number): PositionScale {
  if (pixels === 0 || position.band > 0) return position;
  return { ...position, scale: { ...position.scale, padding: pixels } };
}

/** An axis whose ends Vega finds as the data changes. */
function freed({ scale }: ResolvedChannel, position: PositionScale): PositionScale {
  return {
    ...position,
    scale: { type: scale, nice: true, ...(scale === "linear" && { zero: true }) },
    // Labels for whatever may come.
    axis: { tickCount: 6, labelExpr: tickLabels(1e-9, 1e9, "log") },
  };
}

function encodingOf(
  channel: ResolvedChannel,
  { scale, axis }: PositionScale,
  vertical: boolean,
): Encoding {
  const { labelExpr: _, ...ticks } = axis;
  const names = channel.type === "nominal" || channel.type === "ordinal";
  return {
    type: channel.type,
    // Names at an axis speak for themselves, numbers do not.
    title: channel.type === "nominal" && !channel.titled ? null : channel.title,
    scale,
    ...(names && { sort: null }),
    axis: {
      ...(channel.format === undefined ? axis : { ...ticks, format: channel.format }),
      grid: !names && vertical,
      ...(!names && { labelFlush: false }),
      // The y title is read first when it stands level above the axis.
      ...(vertical && {
        titleAngle: 0,
        titleAlign: "left",
        titleAnchor: "end",
        titleBaseline: "bottom",
        titleX: 0,
        titleY: -8,
      }),
    },
  };
}
