/**
 * Reads and writes notebooks in the nbformat 4.5 layout.
 *
 * On reading, text that nbformat stores as a list of lines becomes one string and a missing cell id
 * gets a stable one. Writing splits the text again and gives the bytes that Jupyter's own writer
 * gives (sorted keys, one space of indent, a final newline), so that saving a notebook in JupyterLab
 * and writing it here differ only where the content does. Cell timings are left out: they would
 * change with every run.
 *
 * Simplified: older notebooks (4.0 to 4.4) are raised to 4.5; nbformat 3 and before is refused.
 *
 * @example
 * ```ts
 * import { formatNotebook, newNotebook, parseNotebook } from "./nbformat.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const text = formatNotebook(newNotebook(["const beats = 3;", "beats * 2"]));
 * const notebook = parseNotebook(text, "beats.ipynb");
 * assertEquals(notebook.cells[1].source, "beats * 2");
 * assertEquals(formatNotebook(notebook), text);
 * ```
 *
 * @see https://nbformat.readthedocs.io/en/latest/format_description.html
 * @module
 */

import type { Cell, CellBase, MimeBundle, Notebook, Output } from "./notebook.ts";

export * from "./notebook.ts";

// deno-lint-ignore no-explicit-any
type Json = any;

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function describe(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

function join(text: Json): string {
  return Array.isArray(text) ? text.join("") : String(text ?? "");
}

/** JSON types stay as they are; everything else that is a list of strings is text. */
function joinBundle(bundle: Json): MimeBundle {
  const joined: MimeBundle = {};
  for (const [type, value] of Object.entries(bundle ?? {})) {
    const isText = Array.isArray(value) && !/^application\/(.*\+)?json$/.test(type);
    joined[type] = isText ? value.join("") : value;
  }
  return joined;
}

function parseOutput(raw: Json, where: string): Output {
  switch (raw?.output_type) {
    case "stream":
      return { output_type: "stream", name: raw.name ?? "stdout", text: join(raw.text) };
    case "display_data":
      return {
        output_type: "display_data",
        data: joinBundle(raw.data),
        metadata: raw.metadata ?? {},
      };
    case "execute_result":
      return {
        output_type: "execute_result",
        data: joinBundle(raw.data),
        metadata: raw.metadata ?? {},
        execution_count: raw.execution_count ?? null,
      };
    case "error":
      return {
        output_type: "error",
        ename: String(raw.ename),
        evalue: String(raw.evalue),
        traceback: raw.traceback ?? [],
      };
    default:
      throw new SyntaxError(
        `${where}: output_type must be stream, display_data, execute_result or error: ` +
          `received ${describe(raw?.output_type)}`,
      );
  }
}

function parseCell(raw: Json, index: number, ids: Set<string>, where: string): Cell {
  let id = typeof raw?.id === "string" ? raw.id : `cell-${index + 1}`;
  while (ids.has(id)) id += "-again";
  ids.add(id);
  const base: CellBase = { id, source: join(raw?.source), metadata: raw?.metadata ?? {} };
  if (raw?.attachments) base.attachments = raw.attachments;
  switch (raw?.cell_type) {
    case "code":
      return {
        ...base,
        cell_type: "code",
        execution_count: raw.execution_count ?? null,
        outputs: (raw.outputs ?? []).map((output: Json) => parseOutput(output, where)),
      };
    case "markdown":
    case "raw":
      return { ...base, cell_type: raw.cell_type };
    default:
      throw new SyntaxError(
        `${where}: cell_type must be code, markdown or raw: received ${describe(raw?.cell_type)}`,
      );
  }
}

function requireDeno(metadata: Notebook["metadata"], name: string): void {
  const spec = metadata.kernelspec;
  const language = metadata.language_info?.name ?? spec?.language;
  if (/deno/i.test(`${spec?.name} ${spec?.display_name}`) || language === "typescript") return;
  const received = spec || language
    ? `kernel "${spec?.display_name ?? spec?.name ?? "unnamed"}", language ${language ?? "unknown"}`
    : "no kernelspec in its metadata";
  throw new TypeError(
    `Cannot read notebook ${name}: its kernel must be Deno (TypeScript): received ${received}. ` +
      `In JupyterLab, choose Kernel > Change Kernel > Deno and save`,
  );
}

/**
 * Reads the text of a Deno notebook; `name` is what errors call it.
 *
 * @throws {SyntaxError} when the text is no complete nbformat 4 notebook
 * @throws {TypeError} when it is a notebook of another kernel than Deno
 */
export function parseNotebook(text: string, name: string): Notebook {
  let raw: Json;
  try {
    raw = JSON.parse(text);
  } catch (error) {
    const conflict = text.includes("\n<<<<<<< ");
    throw new SyntaxError(
      `Cannot read notebook ${name}: the file must be complete JSON: received ${text.length} ` +
        `characters with "${(error as Error).message}". ` +
        (conflict ? "Resolve its merge conflict" : "It may be truncated: restore it from git"),
    );
  }
  if (!isObject(raw) || raw.nbformat !== 4 || !Array.isArray(raw.cells)) {
    throw new SyntaxError(
      `Cannot read notebook ${name}: it must be an nbformat 4 notebook: received ` +
        (raw?.nbformat === undefined ? describe(raw) : `nbformat ${describe(raw.nbformat)}`) +
        ". Open and save it in a current JupyterLab",
    );
  }
  const metadata = isObject(raw.metadata) ? raw.metadata : {};
  requireDeno(metadata, name);
  const ids = new Set<string>();
  const cells = raw.cells.map((cell: Json, i: number) =>
    parseCell(cell, i, ids, `Cannot read notebook ${name}: cell ${i + 1}`)
  );
  return { cells, metadata, nbformat: 4, nbformat_minor: Math.max(5, raw.nbformat_minor ?? 0) };
}

/** Where Python's `splitlines` cuts: after each of these. */
// deno-lint-ignore no-control-regex
const LINE_END = /(?<=\n|\r(?!\n)|[\v\f\x1c-\x1e\x85\u2028\u2029])/;

function splitLines(text: string): string[] {
  return text === "" ? [] : text.split(LINE_END);
}

/** Jupyter splits text, JavaScript and SVG into lines, and nothing else. */
function splitBundle(bundle: MimeBundle): MimeBundle {
  const isText = /^(text\/.*|application\/javascript|image\/svg\+xml)$/;
  return Object.fromEntries(
    Object.entries(bundle).map(([type, value]) => [
      type,
      typeof value === "string" && isText.test(type) ? splitLines(value) : value,
    ]),
  );
}

function toJson(cell: Cell): Json {
  const { execution: _timings, ...metadata } = cell.metadata;
  const json: Json = { ...cell, metadata, source: splitLines(cell.source) };
  if (cell.cell_type === "code") {
    json.outputs = cell.outputs.map((output) =>
      output.output_type === "stream"
        ? { ...output, text: splitLines(output.text) }
        : "data" in output
        ? { ...output, data: splitBundle(output.data) }
        : output
    );
  }
  return json;
}

function sortKeys(_key: string, value: unknown): unknown {
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value as object).sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0),
  );
}

/** The notebook's text as Jupyter writes it: the same notebook always gives the same bytes. */
export function formatNotebook(notebook: Notebook): string {
  const json = { ...notebook, cells: notebook.cells.map(toJson) };
  return JSON.stringify(json, sortKeys, 1) + "\n";
}
