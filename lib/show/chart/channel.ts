/**
 * A channel says which field of the rows an axis or a colour shows, and in which unit and scale.
 *
 * `"load"` is short for `{ field: "load" }`. The type follows from the values; the unit comes from
 * `unit`, from a title that ends in it ("load (%)"), or from a field named after it (`latencyMs`).
 * A number without a unit is an error: its axis would say nothing.
 *
 * @module
 */
import type { Row } from "./rows.ts";

/** How values map to positions. */
export type ScaleType = "linear" | "log" | "symlog";

/** What kind of values a field holds. */
export type ChannelType = "quantitative" | "nominal" | "ordinal" | "temporal";

/** A channel with options. */
export interface ChannelOptions<Field extends string = string> {
  field: Field;
  /** The axis title; the field's name in words when absent. It may end in the unit: "load (%)". */
  title?: string;
  /** Unit of the values, such as `"ms"`; `"ratio"` or `"count"` for a pure number. */
  unit?: string;
  scale?: ScaleType;
  /** Needed only where numbers are names, as in a bar per shard: `"ordinal"`. */
  type?: ChannelType;
  /** Ticks in d3's number format, such as `".0%"` for shares of one. */
  format?: string;
  /** Ends of the axis for numbers, or all categories in their order. */
  domain?: readonly [number, number] | readonly string[];
}

/** A field, or a field with options. */
export type Channel<Field extends string = string> = Field | ChannelOptions<Field>;

/** A channel with nothing left open. */
export interface ResolvedChannel {
  field: string;
  title: string;
  type: ChannelType;
  scale: ScaleType;
  format?: string;
  domain?: readonly (number | string)[];
  /** The author gave the title. */
  titled: boolean;
}

/** Units that our naming style puts at the end of a field's name. */
const UNIT_SUFFIXES: readonly [RegExp, string][] = [
  [/Ns$/, "ns"],
  [/Us$/, "µs"],
  [/Ms$/, "ms"],
  [/PerSecond$/, "1/s"],
  [/PerMinute$/, "1/min"],
  [/PerHour$/, "1/h"],
  [/(?:Seconds|Sec)$/, "s"],
  [/Minutes$/, "min"],
  [/Hours$/, "h"],
  [/Days$/, "days"],
  [/Bytes$/, "B"],
  [/Percent$/, "%"],
];

/** What a builder asks of a channel beyond what the values tell. */
export interface Wanted {
  /** The mark's name, for messages. */
  mark: string;
  /** The channel's name: x, y, color … */
  name: string;
  /** The type to take where the author gives none. */
  type?: ChannelType;
}

/**
 * Completes a channel from the rows and checks every value of its field.
 *
 * @throws {TypeError} on a field that the rows lack, a value of the wrong kind, or a missing unit.
 * @throws {RangeError} on NaN and infinities, and on zero or less on a logarithmic scale.
 */
export function resolveChannel(
  rows: readonly Row[],
  channel: Channel,
  { mark, name, type: preferred }: Wanted,
): ResolvedChannel {
  const options: ChannelOptions = typeof channel === "object" ? channel : { field: channel };
  const { field, scale = "linear", format, domain } = options;
  checkField(rows, field, mark, name);
  const type = options.type ?? preferred ?? typeOf(rows[0][field]);
  if (type === "quantitative" || type === "temporal") {
    rows.forEach((row, i) => checkNumber(row, i, { field, scale, mark, name }));
  } else {
    rows.forEach((row, i) => checkPresent(row, i, { field, mark, name }));
  }
  const title = type === "quantitative"
    ? quantityTitle(options, scale, `Cannot draw ${mark}: ${name}`)
    : nameTitle(options);
  return { field, title, type, scale, format, domain, titled: options.title !== undefined };
}

/** Numbers that are names may have a unit; texts have none. */
function nameTitle({ field, title, unit }: ChannelOptions): string {
  const words = title ?? wordsOf(field);
  return unit === undefined || unitOf(words) ? words : `${words} (${unit})`;
}

/** Numbers are quantities, dates are times, everything else is a name. */
function typeOf(value: unknown): ChannelType {
  if (typeof value === "number") return "quantitative";
  return value instanceof Date ? "temporal" : "nominal";
}

/** The rows must have the field, at least one of them. */
export function checkField(
  rows: readonly Row[],
  field: unknown,
  mark: string,
  name: string,
): void {
  if (typeof field === "string" && rows.some((row) => row[field] !== undefined)) return;
  const fields = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  throw new TypeError(
    `Cannot draw ${mark}: ${name} must be a field of the rows (${fields.join(", ")}): received ${
      Deno.inspect(field)
    }`,
  );
}

interface Place {
  field: string;
  mark: string;
  name: string;
}

function checkPresent(row: Row, i: number, { field, mark, name }: Place): void {
  if (["string", "number", "boolean"].includes(typeof row[field])) return;
  throw new TypeError(
    `Cannot draw ${mark}: ${name} must be a text or a number in every row: ` +
      `received ${Deno.inspect(row[field])} as ${field} in row ${i + 1}`,
  );
}

function checkNumber(row: Row, i: number, place: Place & { scale: ScaleType }): void {
  const { field, scale, mark, name } = place;
  const value = row[field] instanceof Date ? (row[field] as Date).getTime() : row[field];
  const where = `as ${field} in row ${i + 1}`;
  if (typeof value !== "number") {
    const inUnit = typeof value === "object" && value !== null && "unit" in value
      ? `; give its number, as in quantity.in(${JSON.stringify(String(value.unit))})`
      : "";
    const received = typeof value === "object" ? String(value) : Deno.inspect(value);
    throw new TypeError(
      `Cannot draw ${mark}: ${name} must be a number in every row: ` +
        `received ${received} ${where}${inUnit}`,
    );
  }
  if (!Number.isFinite(value)) {
    throw new RangeError(
      `Cannot draw ${mark}: ${name} must be finite: received ${value} ${where}`,
    );
  }
  if (scale === "log" && value <= 0) {
    throw new RangeError(
      `Cannot draw ${mark}: ${name} must be above zero on a log scale: ` +
        `received ${value} ${where}; leave such rows out, or take scale: "symlog"`,
    );
  }
}

/** A quantity's title with unit and scale: "load (%)", "latency (ms, log)". */
export function quantityTitle(
  { field, title, unit }: { field: string; title?: string; unit?: string },
  scale: ScaleType,
  subject: string,
): string {
  const suffix = UNIT_SUFFIXES.find(([pattern]) => pattern.test(field));
  const words = title ?? wordsOf(suffix ? field.replace(suffix[0], "") : field);
  const known = unit ?? suffix?.[1];
  if (!unitOf(words) && !known) {
    throw new TypeError(
      `${subject} must have a unit: received ${JSON.stringify(field)}; ` +
        `give { field: ${JSON.stringify(field)}, unit: "ms" }, or a title that ends in it, ` +
        `such as "load (%)"; a pure number is a "ratio" or a "count"`,
    );
  }
  const complete = unitOf(words) ? words : `${words} (${known})`;
  return scale === "linear" ? complete : complete.replace(/\)$/, `, ${scale})`);
}

/** The unit in parentheses at the end of a title. */
export function unitOf(title: string): string | undefined {
  return /\(([^()]+)\)$/.exec(title.trim())?.[1];
}

/** `falseOfflineRate` and `false_offline_rate` read "false offline rate"; a unit at the end stays. */
export function wordsOf(field: string): string {
  const unit = /\s*\([^()]+\)$/.exec(field)?.[0] ?? "";
  return field.slice(0, field.length - unit.length)
    .replace(
      /([A-Za-z0-9])([A-Z])(?=[a-z])/g,
      (_, before, initial) => `${before} ${initial.toLowerCase()}`,
    )
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .replace(/[_-]+/g, " ")
    .trim() + unit;
}

/** The field as Vega-Lite wants it: dots and brackets would mean a path. */
export function escaped(field: string): string {
  return field.replace(/[.[\]]/g, "\\$&");
}
