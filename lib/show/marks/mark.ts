/**
 * What all builders with two axes do first: check the rows, complete the channels, copy the fields.
 *
 * @module
 */
import { type ChannelType, resolveChannel, type ResolvedChannel } from "../chart/channel.ts";
import type { FacetOptions } from "../chart/facet.ts";
import type { Layer, MarkOptions, PartAxis, Path } from "../chart/part.ts";
import { checkRows, groupRows, pick, type Row } from "../chart/rows.ts";
import {
  checkMeaning,
  NAME_FIELD,
  namedSeries,
  resolveSeries,
  type Series,
} from "../chart/series.ts";
import type { PositionScale } from "../chart/scale.ts";
import type { Meaning } from "../chart/theme.ts";

/** A mark's data, checked and copied. */
export interface Marked {
  mark: string;
  rows: Row[];
  x: PartAxis;
  y: PartAxis;
  series?: Series;
  meaning?: Meaning;
}

/** What a builder needs beyond x, y and colour. */
export interface Reading {
  /** Types to take where the author gives none. */
  x?: ChannelType;
  y?: ChannelType;
  /** Further fields to copy. */
  fields?: readonly (string | undefined)[];
}

type AnyOptions = MarkOptions<Row> & FacetOptions<Row>;

/** Reads rows and options of a mark. */
export function readMark<R extends object>(
  mark: string,
  rows: readonly R[],
  options: MarkOptions<R> & FacetOptions<R>,
  { x: xType, y: yType, fields = [] }: Reading = {},
): Marked {
  const { x, y, color, name, meaning, facet } = options as unknown as AnyOptions;
  const checked = checkRows(mark, rows);
  const xChannel = resolveChannel(checked, x, {
    mark,
    name: "x",
    type: xType,
  });
  const yChannel = resolveChannel(checked, y, {
    mark,
    name: "y",
    type: yType,
  });
  if (meaning !== undefined) checkMeaning(mark, meaning);
  if (color !== undefined && (name !== undefined || meaning !== undefined)) {
    throw new TypeError(
      `Cannot draw ${mark}: name and meaning must be absent where color gives the series: ` +
        `received ${name ?? meaning}`,
    );
  }
  const series = color !== undefined
    ? resolveSeries(mark, checked, color)
    : name !== undefined
    ? namedSeries(name, meaning)
    : undefined;
  const copied = pick(checked, [
    xChannel.field,
    yChannel.field,
    ...(color === undefined ? [] : [series!.field]),
    ...(facet === undefined ? [] : [typeof facet === "string" ? facet : facet.field]),
    ...fields.filter((field) => field !== undefined),
  ]);
  const own: Row[] = name === undefined
    ? copied
    : copied.map((row) => ({ ...row, [NAME_FIELD]: name }));
  return {
    mark,
    rows: own,
    x: { channel: xChannel, values: own.map((row) => row[xChannel.field]) },
    y: { channel: yChannel, values: own.map((row) => row[yChannel.field]) },
    series,
    meaning,
  };
}

/** The ink of lines through data values. */
export function through(lines: readonly (readonly (readonly [unknown, unknown])[])[]) {
  return (x: PositionScale, y: PositionScale): Path[] =>
    lines.map((line) => line.map(([a, b]) => [x.at(a), y.at(b)] as const));
}

/** The ink of a bar: its middle and both its long edges. */
export function barInk(middle: Path, across: "x" | "y", thickness: number): Path[] {
  return [-0.5, 0, 0.5].map((shift) =>
    middle.map(([x, y]) =>
      across === "x" ? [x + shift * thickness, y] as const : [x, y + shift * thickness] as const
    )
  );
}

/** The lines through the rows of each series, in order of x. */
export function paths(
  { rows, x, y, series }: Marked,
  facet?: string,
): (readonly [unknown, unknown])[][] {
  const [across, up] = [x.channel.field, y.channel.field];
  return groupRows(rows, [series?.field, facet]).map((group) => {
    const points = group.map((row) => [row[across], row[up]] as const);
    return typeof points[0][0] === "number"
      ? points.sort(([a], [b]) => Number(a) - Number(b))
      : points;
  });
}

/** Rows of the longest series, which decides how densely points are marked. */
export function longest({ rows, series }: Marked, facet?: string): number {
  return Math.max(...groupRows(rows, [series?.field, facet]).map((group) => group.length));
}

/** Lengths and areas are compared from zero, on a linear axis that shows it. */
export function checkLengths(mark: string, name: string, channel: ResolvedChannel): void {
  const { type, scale, domain } = channel;
  if (type !== "quantitative") {
    throw new TypeError(`Cannot draw ${mark}: ${name} must be numbers: received ${type} values`);
  }
  if (scale !== "linear") {
    throw new RangeError(
      `Cannot draw ${mark}: ${name} must be linear, because its lengths start at zero: ` +
        `received scale ${scale}; take point or line`,
    );
  }
  if (domain && (Number(domain[0]) > 0 || Number(domain[1]) < 0)) {
    throw new RangeError(
      `Cannot draw ${mark}: ${name} must start at zero: received domain ${domain.join(" to ")}`,
    );
  }
}

/** The field of a facet channel. */
export function facetField(options: { facet?: unknown }): string | undefined {
  const facet = options.facet as string | { field: string } | undefined;
  return typeof facet === "object" ? facet.field : facet;
}

/** The field of a colour channel. */
export function seriesField(options: { color?: unknown }): string | undefined {
  const color = options.color as string | { field: string } | undefined;
  return typeof color === "object" ? color.field : color;
}

/** Layers stack in the order of the legend, the first at the bottom. */
export function stacking({ series }: { series?: Series }): Pick<Layer, "transform" | "encoding"> {
  if (series === undefined) return { encoding: {} };
  const names = JSON.stringify(series.names);
  const field = `datum[${JSON.stringify(series.field)}]`;
  return {
    transform: [{ calculate: `indexof(${names}, ${field})`, as: "order" }],
    encoding: { order: { field: "order", type: "quantitative" } },
  };
}
