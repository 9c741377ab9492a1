/**
 * Dashed rules for what was predicted or promised, each with a label that stays readable.
 *
 * A label goes to the end and the side of its rule where the least data lies; the places are tried in
 * a fixed order and scored by the data's ink under them. What still crosses the label is kept off by a
 * white halo.
 *
 * Simplified: the plot's size is estimated before Vega lays it out; a few pixels do not matter here.
 *
 * @module
 */
import { textWidth } from "../font.ts";
import type { ResolvedChannel } from "./channel.ts";
import type { Encoding, Layer, Part } from "./part.ts";
import type { PositionScale } from "./scale.ts";
import { DASHES, INK, SIZES } from "./theme.ts";
import { wrapText } from "./title.ts";

/** A dashed line across the chart: a prediction, an objective, a limit. */
export type Rule = { label: string } & ({ x: number | Date; y?: never } | { y: number; x?: never });

/** The plot that rules are drawn on. */
export interface Plot {
  /** Size of the plotting area, in pixels. */
  width: number;
  height: number;
  x: PositionScale;
  y: PositionScale;
}

interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

interface Placement {
  /** Text in lines, at most as wide as the plot. */
  lines: string[];
  /** Properties of Vega-Lite's text mark. */
  text: Record<string, unknown>;
  /** The position across the rule, in pixels or as the plot's far end. */
  across: number | "width" | "height";
  box: Box;
}

const LINE_HEIGHT = 14;
/** From the rule, and from the plot's edge, to the label. */
const GAP = 5;

/** Checks rules against the axes of their chart. */
export function checkRules(
  mark: string,
  rules: readonly Rule[],
  axes: { x: ResolvedChannel; y: ResolvedChannel },
): void {
  rules.forEach((rule, i) => {
    const subject = `Cannot draw ${mark}: rules[${i}]`;
    if (typeof rule.label !== "string" || rule.label.trim() === "") {
      throw new TypeError(
        `${subject}.label must say what the rule is: received ${Deno.inspect(rule.label)}`,
      );
    }
    if ((rule.x === undefined) === (rule.y === undefined)) {
      throw new TypeError(`${subject} must have x or y: received ${Deno.inspect(rule)}`);
    }
    const name = rule.x === undefined ? "y" : "x";
    const { type, scale, domain } = axes[name];
    const value = valueOf(rule);
    if (type !== "quantitative" && type !== "temporal") {
      throw new TypeError(`${subject}.${name} must be on an axis of numbers: received ${type}`);
    }
    if (!Number.isFinite(value) || (scale === "log" && value <= 0)) {
      const rightful = scale === "log" ? "above zero on a log scale" : "a finite number";
      throw new RangeError(`${subject}.${name} must be ${rightful}: received ${value}`);
    }
    if (domain && (value < Number(domain[0]) || value > Number(domain[1]))) {
      throw new RangeError(
        `${subject}.${name} must be within the domain ${domain.join(" to ")}: received ${value}`,
      );
    }
  });
}

/** The number of a rule on its axis. */
export function valueOf(rule: Rule): number {
  return Number(rule.x ?? rule.y);
}

/** Draws rules and their labels over a plot. */
export function ruleLayers(
  rules: readonly Rule[],
  plot: Plot,
  parts: readonly Part[],
  axes: { x: Encoding; y: Encoding },
): Layer[] {
  const ink = samples(parts, plot);
  const taken: Box[] = [];
  return rules.flatMap((rule) => {
    const name = rule.x === undefined ? "y" : "x";
    const other = name === "x" ? "y" : "x";
    const position = { [name]: { ...axes[name], datum: valueOf(rule) } };
    const { lines, text, across, box } = place(rule, plot, ink, taken);
    taken.push(box);
    const label = (more: Record<string, unknown>): Layer => ({
      mark: { type: "text", fontSize: SIZES.rule, lineHeight: LINE_HEIGHT, ...text, ...more },
      encoding: {
        ...position,
        [other]: { value: across },
        text: { value: lines.length === 1 ? lines[0] : lines },
      },
    });
    return [
      {
        mark: { type: "rule", color: INK, strokeWidth: 1.25, strokeDash: DASHES },
        encoding: position,
      },
      label({ stroke: "white", strokeWidth: 4, strokeJoin: "round", color: "white" }),
      label({ color: INK }),
    ];
  });
}

function place(rule: Rule, plot: Plot, ink: readonly Dot[], taken: readonly Box[]): Placement {
  const candidates = rule.x === undefined ? alongLevel(rule, plot) : alongUpright(rule, plot);
  let best = candidates[0];
  let least = Infinity;
  for (const candidate of candidates) {
    const score = ink.filter((dot) => inside(dot, candidate.box)).length +
      1000 * taken.filter((box) => overlap(box, candidate.box)).length +
      1000 * Number(!fits(candidate.box, plot));
    if (score < least) [best, least] = [candidate, score];
  }
  return best;
}

/** Places for the label of a level rule: above or below it, at the right or left end. */
function alongLevel(rule: Rule, { width, height, y }: Plot): Placement[] {
  const at = height * (1 - y.at(valueOf(rule)));
  const lines = wrapText(rule.label, width - 2 * GAP, { size: SIZES.rule });
  const [wide, high] = sizeOf(lines);
  return [false, true].flatMap((below) =>
    (["right", "left"] as const).map((align) => {
      const left = align === "right" ? width - GAP - wide : GAP;
      const top = below ? at + GAP : at - GAP - high;
      return {
        lines,
        across: align === "right" ? "width" as const : 0,
        // Lines grow downwards from the first, so a label above its rule is lifted by all of them.
        text: {
          align,
          baseline: "top",
          dx: align === "right" ? -GAP : GAP,
          dy: below ? GAP : -GAP - high + 2,
        },
        box: { left, top, right: left + wide, bottom: top + high },
      };
    })
  );
}

/** Places for the label of an upright rule: right or left of it, from the top downwards. */
function alongUpright(rule: Rule, { width, height, x }: Plot): Placement[] {
  const at = width * x.at(valueOf(rule));
  const sides = (["left", "right"] as const).map((align) => ({
    align,
    room: (align === "left" ? width - at : at) - 2 * GAP,
  }));
  const needed = textWidth(rule.label, SIZES.rule);
  const wideEnough = sides.filter(({ room }) => room >= needed);
  const usable = wideEnough.length > 0
    ? wideEnough
    : [sides[0].room > sides[1].room ? sides[0] : sides[1]];
  const sided = usable.map(({ align, room }) => {
    const lines = wrapText(rule.label, room, { size: SIZES.rule });
    const [wide, high] = sizeOf(lines);
    return { align, lines, left: align === "left" ? at + GAP : at - GAP - wide, wide, high };
  });
  const places: Placement[] = [];
  for (let top = 1; top < height - LINE_HEIGHT; top += LINE_HEIGHT + 2) {
    for (const { align, lines, left, wide, high } of sided) {
      places.push({
        lines,
        across: top,
        text: { align, baseline: "top", dx: align === "left" ? GAP : -GAP },
        box: { left, top, right: left + wide, bottom: top + high },
      });
    }
  }
  return places;
}

function sizeOf(lines: readonly string[]): [number, number] {
  return [
    Math.max(...lines.map((line) => textWidth(line, SIZES.rule))),
    LINE_HEIGHT * lines.length,
  ];
}

type Dot = readonly [left: number, top: number];

/** The data's ink as dots a few pixels apart. */
function samples(parts: readonly Part[], { width, height, x, y }: Plot): Dot[] {
  const dots: Dot[] = [];
  for (const part of parts) {
    for (const line of part.outline(x, y)) {
      const path = line.map(([across, up]): Dot => [width * across, height * (1 - up)]);
      path.forEach(([left, top], i) => {
        const [fromLeft, fromTop] = path[Math.max(0, i - 1)];
        const steps = Math.max(1, Math.round(Math.hypot(left - fromLeft, top - fromTop) / 5));
        for (let step = 1; step <= steps; step++) {
          const share = step / steps;
          dots.push([fromLeft + (left - fromLeft) * share, fromTop + (top - fromTop) * share]);
        }
      });
    }
  }
  return dots;
}

function inside([left, top]: Dot, box: Box): boolean {
  const margin = 4;
  return left > box.left - margin && left < box.right + margin &&
    top > box.top - margin && top < box.bottom + margin;
}

function overlap(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

function fits(box: Box, { width, height }: Plot): boolean {
  return box.left >= -1 && box.right <= width + 1 && box.top >= -2 && box.bottom <= height + 2;
}
