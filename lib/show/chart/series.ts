/**
 * Which series have which colour and point shape.
 *
 * A named series takes the colour of its meaning. Series that declare none take the colours that
 * judge nothing, three of them at most; numbers are ordered, and take shades of one hue. So a colour
 * never says "worse" by accident.
 *
 * @module
 */
import { checkField, unitOf, wordsOf } from "./channel.ts";
import type { Row } from "./rows.ts";
import {
  DASHES,
  INK,
  type Meaning,
  MEANINGS,
  ORDERED_SHAPES,
  shades,
  STROKE,
  UNDECLARED,
} from "./theme.ts";

/** The colour channel of a mark that draws several series. */
export interface SeriesOptions<Field extends string = string> {
  field: Field;
  /** Heading of the legend. */
  title?: string;
  /** Unit of the values, where they are numbers. */
  unit?: string;
  /** What series stand for, by name: `{ timeout: "worse", "phi accrual": "better" }`. */
  meanings?: Readonly<Record<string, Meaning>>;
}

/** A field that names the series, or one with options. */
export type SeriesChannel<Field extends string = string> = Field | SeriesOptions<Field>;

/** The field that names a mark which is one series. */
export const NAME_FIELD = "series";

/** The series of one mark. */
export interface Series {
  field: string;
  /** Heading of the legend; none where the names speak for themselves. */
  title?: string;
  names: readonly (string | number)[];
  meanings: Readonly<Record<string, Meaning>>;
}

/** Colours and shapes of all series of a chart. */
export interface SeriesScale {
  title?: string;
  names: (string | number)[];
  colors: string[];
  shapes: string[];
  /** Dash patterns; an empty one is a solid line. */
  dashes: number[][];
}

/** Reads the series of a mark from its rows. */
export function resolveSeries(
  mark: string,
  rows: readonly Row[],
  channel: SeriesChannel,
): Series {
  const { field, title, unit, meanings = {} } = typeof channel === "string"
    ? { field: channel }
    : channel as SeriesOptions;
  checkField(rows, field, mark, "color");
  const names = [...new Set(rows.map((row) => row[field]))] as (string | number)[];
  const wrong = names.find((name) => typeof name !== "string" && !Number.isFinite(name));
  if (wrong !== undefined || names.includes(undefined as unknown as string)) {
    throw new TypeError(
      `Cannot draw ${mark}: color must be a text or a number in every row: ` +
        `received ${Deno.inspect(wrong)} as ${field}`,
    );
  }
  for (const name of Object.keys(meanings)) {
    if (names.map(String).includes(name)) continue;
    throw new TypeError(
      `Cannot draw ${mark}: color.meanings must name series (${names.join(", ")}): ` +
        `received ${JSON.stringify(name)}`,
    );
  }
  if (names.every((name) => typeof name === "number")) names.sort((a, b) => Number(a) - Number(b));
  return { field, title: legendTitle(title, field, unit, names), names, meanings };
}

function legendTitle(
  title: string | undefined,
  field: string,
  unit: string | undefined,
  names: readonly unknown[],
): string | undefined {
  if (title === undefined && typeof names[0] === "string") return undefined;
  const words = title ?? wordsOf(field);
  return unit === undefined || unitOf(words) ? words : `${words} (${unit})`;
}

/**
 * Gives every series of a chart its colour and shape.
 *
 * @throws {RangeError} when there are more series than colours that the reader can tell apart.
 */
export function seriesScale(
  mark: string,
  parts: readonly { series?: Series; dashed?: boolean }[],
): SeriesScale | undefined {
  const all = parts.flatMap((part) => part.series ?? []);
  const names = [...new Set(all.flatMap((series) => series.names))];
  if (names.length === 0) return undefined;
  const title = all.find((series) => series.title !== undefined)?.title;
  const meanings = Object.assign({}, ...all.map((series) => series.meanings)) as Record<
    string,
    Meaning
  >;
  for (const meaning of Object.values(meanings)) checkMeaning(mark, meaning);
  const ordered = names.filter((name) => typeof name === "number" && !meanings[name]);
  const predicted = new Set(
    parts.flatMap(({ series, dashed }) =>
      dashed && series?.field === NAME_FIELD ? series.names : []
    ),
  );
  const plain = names.filter((name) =>
    typeof name !== "number" && !meanings[name] && !predicted.has(name)
  );
  const taken = new Set(Object.values(meanings));
  const free = UNDECLARED.filter((meaning) => !taken.has(meaning));
  if (ordered.length > 0) free.splice(0, 1); // shades of the baseline's hue are in use
  if (ordered.length > 5 || plain.length > free.length) {
    throw new RangeError(
      ordered.length > 5
        ? `Cannot draw ${mark}: color must be at most 5 numbers: received ${ordered.length} ` +
          `(${ordered.join(", ")}); draw fewer, or give facet: "${all[0].field}"`
        : `Cannot draw ${mark}: color.meanings must say what series stand for when there are more ` +
          `than ${free.length} without: received none for ${plain.join(", ")}; give color: ` +
          `{ field, meanings: { ${JSON.stringify(plain[0])}: "better", … } } with ` +
          Object.keys(MEANINGS).join(", "),
    );
  }
  const shade = shades(ordered.length);
  const looks = names.map((name) => {
    if (meanings[name]) return MEANINGS[meanings[name]];
    const order = ordered.indexOf(name);
    if (predicted.has(name)) return { color: INK, shape: STROKE };
    return order >= 0
      ? { color: shade[order], shape: ORDERED_SHAPES[order] }
      : MEANINGS[free[plain.indexOf(name)]];
  });
  return {
    title,
    names,
    colors: looks.map((look) => look.color),
    shapes: looks.map((look) => look.shape),
    dashes: names.map((name) => predicted.has(name) ? DASHES : []),
  };
}

/** A meaning must be one of the five. */
export function checkMeaning(mark: string, meaning: unknown): asserts meaning is Meaning {
  if (Object.hasOwn(MEANINGS, String(meaning))) return;
  throw new TypeError(
    `Cannot draw ${mark}: meaning must be one of ${Object.keys(MEANINGS).join(", ")}: ` +
      `received ${Deno.inspect(meaning)}`,
  );
}

/** The series of a mark that is one series, under this name. */
export function namedSeries(name: string, meaning: Meaning | undefined): Series {
  return { field: NAME_FIELD, names: [name], meanings: meaning ? { [name]: meaning } : {} };
}
