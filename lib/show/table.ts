/**
 * Rows as a table, for notebooks as HTML and for terminals as aligned text.
 *
 * Numbers and quantities stand at the right, everything else at the left. Quantities print by their
 * own `toString()`, numbers as people write them.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { table } from "./table.ts";
 *
 * const { text } = table([{ name: "heartbeat", beats: 33_333_333 }, { name: "sweep", beats: 4 }], {
 *   columns: [{ field: "name", title: "timer" }, { field: "beats", unit: "1/s" }],
 *   caption: "What the gateways see",
 * });
 * assertEquals(text, [
 *   "What the gateways see",
 *   "timer      beats (1/s)",
 *   "---------  -----------",
 *   "heartbeat       33.3 M",
 *   "sweep                4",
 * ].join("\n"));
 * ```
 *
 * @module
 */
import { checkField, unitOf, wordsOf } from "./chart/channel.ts";
import { formatNumber } from "./chart/number_format.ts";
import { checkRows, type FieldOf, MAX_ROWS, type Row } from "./chart/rows.ts";
import type { Bundle } from "./emit.ts";

/** A column of a table. */
export interface Column<Field extends string = string> {
  field: Field;
  /** Heading; the field's name in words when absent. */
  title?: string;
  /** Unit of plain numbers, put into the heading. */
  unit?: string;
  /** How values print where the usual way will not do. */
  format?: (value: never) => string;
  align?: "left" | "right" | "center";
}

/** Options of {@linkcode table}. */
export interface TableOptions<R> {
  /** Columns in order, by field or with options; all fields of the first row when absent. */
  columns?: readonly (FieldOf<R> | Column<FieldOf<R>>)[];
  /** What the table says. */
  caption?: string;
}

/** A table, ready to show. */
export interface Table {
  readonly kind: "table";
  readonly html: string;
  readonly text: string;
}

/** Makes a table of rows. */
export function table<R extends object>(
  rows: readonly R[],
  { columns, caption }: TableOptions<R> = {},
): Table {
  const checked = checkRows("table", rows);
  if (checked.length > MAX_ROWS) {
    throw new RangeError(
      `Cannot draw table: rows must be at most ${MAX_ROWS}: received ${checked.length}`,
    );
  }
  const wanted: readonly (string | Column)[] = columns ?? Object.keys(checked[0]);
  const laidOut = wanted.map((column) =>
    layOut(checked, typeof column === "string" ? { field: column } : column)
  );
  return { kind: "table", html: htmlOf(laidOut, caption), text: textOf(laidOut, caption) };
}

/** The output of a table. */
export function tableBundle({ html, text }: Table): Bundle {
  return { data: { "text/html": html, "text/plain": text } };
}

/** A column with its cells as text. */
interface LaidOut {
  title: string;
  align: "left" | "right" | "center";
  cells: string[];
}

function layOut(rows: readonly Row[], { field, title, unit, format, align }: Column): LaidOut {
  checkField(rows, field, "table", "column");
  const words = title ?? wordsOf(field);
  const values = rows.map((row) => row[field]);
  const numeric = values.some((value) => isNumeric(value)) &&
    values.every((value) => isNumeric(value) || isMissing(value));
  return {
    title: unit === undefined || unitOf(words) ? words : `${words} (${unit})`,
    align: align ?? (numeric ? "right" : "left"),
    cells: values.map((value) => isMissing(value) ? "–" : format?.(value as never) ?? print(value)),
  };
}

function isMissing(value: unknown): boolean {
  return value === undefined || value === null;
}

/** Numbers, and things with a number and a unit. */
function isNumeric(value: unknown): boolean {
  return typeof value === "number" || typeof value === "bigint" ||
    (typeof value === "object" && value !== null && "value" in value && "unit" in value);
}

/** Whole numbers up to ten million are counts that readers compare, so they print in full. */
function print(value: unknown): string {
  if (typeof value === "number") {
    return Number.isInteger(value) && Math.abs(value) < 1e7
      ? value.toLocaleString("en")
      : formatNumber(value);
  }
  if (typeof value === "bigint") return value.toLocaleString("en");
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(print).join(", ");
  const text = String(value);
  return text === "[object Object]" ? JSON.stringify(value) : text;
}

function htmlOf(columns: readonly LaidOut[], caption: string | undefined): string {
  const cell = (tag: string, text: string, align: string) =>
    `<${tag} style="text-align:${align}">${escapeHtml(text)}</${tag}>`;
  const heading = columns.map(({ title, align }) => cell("th", title, align)).join("");
  const body = columns[0].cells.map((_, i) =>
    `<tr>${columns.map(({ cells, align }) => cell("td", cells[i], align)).join("")}</tr>`
  );
  return [
    "<table>",
    ...(caption ? [`<caption>${escapeHtml(caption)}</caption>`] : []),
    `<thead><tr>${heading}</tr></thead>`,
    "<tbody>",
    ...body,
    "</tbody>",
    "</table>",
  ].join("\n");
}

/** Text as HTML shows it. */
export function escapeHtml(text: string): string {
  const entities: Record<string, string> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
  };
  return text.replace(/[&<>"]/g, (character) => entities[character]);
}

function textOf(columns: readonly LaidOut[], caption: string | undefined): string {
  const widths = columns.map(({ title, cells }) =>
    Math.max(...[title, ...cells].map((text) => [...text].length))
  );
  const line = (texts: readonly string[]) =>
    texts.map((text, i) => pad(text, widths[i], columns[i].align)).join("  ").trimEnd();
  return [
    ...(caption ? [caption] : []),
    line(columns.map(({ title }) => title)),
    widths.map((width) => "-".repeat(width)).join("  "),
    ...columns[0].cells.map((_, i) => line(columns.map(({ cells }) => cells[i]))),
  ].join("\n");
}

function pad(text: string, width: number, align: LaidOut["align"]): string {
  const space = width - [...text].length;
  const before = align === "right" ? space : align === "center" ? Math.floor(space / 2) : 0;
  return " ".repeat(before) + text + " ".repeat(space - before);
}
