/**
 * A formula as a chart with sliders: "what if" without a kernel, also in an exported report.
 *
 * Vega computes the curves in the reader's browser from expressions over the slider's names, so they
 * follow every move. Initial values are the current assumptions. Expressions are in Vega's language:
 * JavaScript's arithmetic, `?:`, `pow`, `exp`, `log`, `sqrt`, `min`, `max`, `ceil`, `floor`, `abs`.
 *
 * Simplified: sliders are linear; a picture of the chart shows where they start.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { sliders } from "./sliders.ts";
 *
 * const chart = sliders({
 *   x: { name: "heartbeat", domain: [0.25, 10], unit: "s", value: 1.5 },
 *   y: { title: "detection delay", unit: "s" },
 *   params: { misses: { value: 3, range: [1, 10], step: 1, unit: "beats" } },
 *   curves: {
 *     worst: "misses * heartbeat + 0.45",
 *     mean: "(misses - 0.5) * heartbeat + 0.325",
 *   },
 *   rules: [{ y: 5, label: "SLO: 5 s" }],
 *   title: "Three misses of 1.5 s just meet the objective",
 * });
 * assertEquals((chart.params as unknown[]).length, 2);
 * ```
 *
 * @see https://vega.github.io/vega/docs/expressions/
 * @module
 */
import { assemble } from "../chart/assemble.ts";
import { quantityTitle, type ScaleType } from "../chart/channel.ts";
import type { Chart, ChartOptions } from "../chart/chart.ts";
import { formatNumber, numberExpression } from "../chart/number_format.ts";
import type { Layer, Part, Pen } from "../chart/part.ts";
import type { Row } from "../chart/rows.ts";
import { extentOf } from "../chart/scale.ts";
import { INK, type Meaning, SIZES } from "../chart/theme.ts";
import { through } from "./mark.ts";
import { compileFormula, withDatum } from "./formula.ts";

/** A slider. */
export interface Slider {
  /** Where it starts: the current assumption. */
  value: number;
  /** Its ends. */
  range: readonly [number, number];
  /** The least move; a hundredth of the range when absent. */
  step?: number;
  /** Unit of the value, such as `"s"`; `"ratio"` or `"count"` for a pure number. */
  unit: string;
  /** Its label; the name when absent. */
  title?: string;
}

/** Options of {@linkcode sliders}. */
export interface SlidersOptions extends ChartOptions {
  /** The axis that curves run along, by the name that expressions use. */
  x: {
    name: string;
    domain: readonly [number, number];
    unit: string;
    title?: string;
    scale?: ScaleType;
    /** Where we stand: gets a slider too, and a point on every curve. */
    value?: number;
  };
  /** What curves show. Without a domain the axis follows the curves. */
  y: { title: string; unit?: string; scale?: ScaleType; domain?: readonly [number, number] };
  /** Sliders by the name that expressions use. */
  params: Readonly<Record<string, Slider>>;
  /** One expression, or several by the name of their curve. */
  curves: string | Readonly<Record<string, string>>;
  /** What curves stand for, by name. */
  meanings?: Readonly<Record<string, Meaning>>;
}

/** Points on a curve. */
const STEPS = 120;
const [CURVE, VALUE] = ["curve", "value"];

/** Draws formulas over x, with a slider for each parameter. */
export function sliders(options: SlidersOptions): Chart {
  const { x, y, params, meanings = {} } = options;
  const curves = typeof options.curves === "string" ? { "": options.curves } : options.curves;
  const all = { ...params, ...(x.value !== undefined && { [x.name]: sliderOf(x, x.value) }) };
  for (const [name, slider] of Object.entries(all)) checkSlider(name, slider);
  const scale = x.scale ?? "linear";
  const rows = sampled(x, curves, params);
  const names = Object.keys(curves);
  const several = names.length > 1;
  const part: Part = {
    mark: "sliders",
    noun: "Formula chart",
    rows,
    data: { sequence: { start: 0, stop: STEPS + 1, as: "step" } },
    params: Object.entries(all).map(([name, slider]) => bound(name, slider)),
    x: {
      channel: {
        field: x.name,
        title: quantityTitle({ field: x.name, ...x }, scale, "Cannot draw sliders: x"),
        type: "quantitative",
        scale,
        domain: x.domain,
        titled: true,
      },
      values: [...x.domain],
    },
    y: {
      channel: {
        field: VALUE,
        title: quantityTitle({ field: VALUE, ...y }, y.scale ?? "linear", "Cannot draw sliders: y"),
        type: "quantitative",
        scale: y.scale ?? "linear",
        domain: y.domain,
        titled: true,
      },
      values: rows.map((row) => row[VALUE]),
      free: y.domain === undefined,
    },
    series: several ? { field: CURVE, names, meanings } : undefined,
    outline: through(
      names.map((name) =>
        rows.filter((row) => row[CURVE] === name).map((row) => [row[x.name], row[VALUE]] as const)
      ),
    ),
    draw: (pen) => [
      curve(pen, x, curves),
      ...(x.value === undefined
        ? []
        : standing(pen, x.name, curves, labelPlaces(options, curves, rows))),
    ],
  };
  const start = Object.entries(all).map(([name, { title, value, unit }]) =>
    `${title ?? name} ${formatNumber(value)} ${shown(unit)}`.trimEnd()
  );
  return assemble([part], { subtitle: `Sliders start at ${start.join(", ")}`, ...options });
}

function sliderOf(x: SlidersOptions["x"], value: number): Slider {
  return { value, range: x.domain, unit: x.unit, title: x.title };
}

function checkSlider(name: string, { value, range, step = 1 }: Slider): void {
  const subject = `Cannot draw sliders: ${name}`;
  if (!/^[A-Za-z_]\w*$/.test(name)) {
    throw new TypeError(`${subject} must be a name for expressions: received ${name}`);
  }
  const [lowest, highest] = range;
  if (!(lowest < highest) || !(value >= lowest && value <= highest)) {
    throw new RangeError(
      `${subject} must start within its range ${lowest} to ${highest}: received ${value}`,
    );
  }
  if (!(step > 0)) throw new RangeError(`${subject}.step must be above zero: received ${step}`);
}

/** A pure number is shown without its unit. */
function shown(unit: string): string {
  return ["count", "ratio", "1"].includes(unit) ? "" : unit;
}

function bound(name: string, { value, range: [min, max], step, unit, title }: Slider) {
  const inUnit = shown(unit) === "" ? "" : ` (${unit})`;
  return {
    name,
    value,
    bind: {
      input: "range",
      min,
      max,
      step: step ?? (max - min) / 100,
      name: `${title ?? name}${inUnit} `,
    },
  };
}

/** The curves as they start; every value must be a finite number. */
function sampled(
  { name, domain: [lowest, highest], scale = "linear" }: SlidersOptions["x"],
  curves: Readonly<Record<string, string>>,
  params: Readonly<Record<string, Slider>>,
): Row[] {
  const names = [...Object.keys(params), name];
  const values = Object.values(params).map((param) => param.value);
  return Object.entries(curves).flatMap(([curve, expression]) => {
    const formula = compileFormula(expression, names);
    return Array.from({ length: STEPS + 1 }, (_, i) => {
      const share = i / STEPS;
      const at = scale === "log"
        ? lowest * (highest / lowest) ** share
        : lowest + (highest - lowest) * share;
      const value = formula(...values, at);
      if (!Number.isFinite(value)) {
        throw new RangeError(
          `Cannot draw sliders: ${curve || "the curve"} must be finite: ` +
            `received ${value} at ${name} = ${at}`,
        );
      }
      return { [name]: at, [CURVE]: curve, [VALUE]: value };
    });
  });
}

/** The curves, computed along the axis. */
function curve(
  pen: Pen,
  { name, domain: [lowest, highest], scale = "linear" }: SlidersOptions["x"],
  curves: Readonly<Record<string, string>>,
): Layer {
  const at = scale === "log"
    ? `${lowest} * pow(${highest / lowest}, datum.step / ${STEPS})`
    : `${lowest} + ${highest - lowest} * datum.step / ${STEPS}`;
  return {
    transform: [
      { calculate: at, as: name },
      ...folded(curves, (expression) => withDatum(expression, name)),
    ],
    mark: { type: "line", color: pen.look.color, strokeWidth: 2.25, tooltip: true },
    encoding: { x: pen.x, y: pen.y, ...pen.color },
  };
}

/** Where a curve says its value: on the side of its point that the curves leave free. */
interface LabelPlace {
  curve: string;
  align: "left" | "right";
  dx: number;
  dy: number;
}

/** A point that is lower in the plot than this share of it has no room below. */
const LOW = 0.1;

/** Places for the first and the last curve: the upper one's value stands above, the other's below. */
function labelPlaces(
  { x, y, params }: SlidersOptions,
  curves: Readonly<Record<string, string>>,
  rows: readonly Row[],
): LabelPlace[] {
  const inputs = [...Object.keys(params), x.name];
  const starts = [...Object.values(params).map(({ value }) => value), x.value!];
  const valueOf = (curve: string) => compileFormula(curves[curve], inputs)(...starts);
  const names = Object.keys(curves);
  const ends = names.length > 1 ? [names[0], names.at(-1)!] : [names[0]];
  const [first, last] = [rows[0][VALUE] as number, rows.at(-1)![VALUE] as number];
  const bent = (value: number) => y.scale === "log" ? Math.log(value) : value;
  const [lowest, highest] = y.domain ??
    extentOf([...y.scale === "log" ? [] : [0], ...rows.map((row) => row[VALUE] as number)]);
  const height = (value: number) =>
    (bent(value) - bent(lowest)) / (bent(highest) - bent(lowest) || 1);
  return ends.toSorted((a, b) => valueOf(b) - valueOf(a)).map((curve, i) => {
    const above = i === 0 || height(valueOf(curve)) < LOW;
    const left = above === last > first;
    return {
      curve,
      align: left ? "right" : "left",
      dx: left ? -8 : 8,
      dy: above ? -10 : 12,
    };
  });
}

/** Points at the slider of the axis itself, some with their values. */
function standing(
  pen: Pen,
  name: string,
  curves: Readonly<Record<string, string>>,
  places: readonly LabelPlace[],
): Layer[] {
  const here = {
    data: { values: [{}] },
    transform: [
      { calculate: name, as: name },
      ...folded(curves, (expression) => expression),
      { calculate: numberExpression(`datum.${VALUE}`), as: "label" },
    ],
  };
  const encoding = { x: pen.x, y: pen.y };
  const several = Object.keys(curves).length > 1;
  return [
    {
      ...here,
      mark: { type: "point", filled: true, size: 80, opacity: 1, color: pen.look.color },
      encoding: { ...encoding, ...pen.color, ...pen.shape },
    },
    ...places.flatMap(({ curve, ...place }) => {
      const text = { type: "text", fontSize: SIZES.rule, ...place };
      const only = several ? [{ filter: `datum.${CURVE} == ${JSON.stringify(curve)}` }] : [];
      const label = {
        ...here,
        transform: [...here.transform, ...only],
        encoding: { ...encoding, text: { field: "label", type: "nominal" } },
      };
      return [
        { ...label, mark: { ...text, color: "white", stroke: "white", strokeWidth: 4 } },
        { ...label, mark: { ...text, color: INK } },
      ];
    }),
  ];
}

function folded(
  curves: Readonly<Record<string, string>>,
  expressionOf: (expression: string) => string,
): Record<string, unknown>[] {
  const names = Object.keys(curves);
  return [
    ...names.map((curve) => ({
      calculate: expressionOf(curves[curve]),
      as: names.length > 1 ? curve : VALUE,
    })),
    ...(names.length > 1 ? [{ fold: names, as: [CURVE, VALUE] }] : []),
  ];
}
