/**
 * The parts of a notebook, as our tools hold them: cells with their source and outputs as whole strings.
 *
 * The field names are nbformat's own, so that a notebook in memory reads like one on disk;
 * `nbformat.ts` reads and writes the files.
 *
 * @see https://nbformat.readthedocs.io/en/latest/format_description.html
 * @module
 */

/** Values by media type: text as one string, JSON types (`…+json`) as objects. */
export type MimeBundle = Record<string, unknown>;

/** Text that a cell printed. */
export interface StreamOutput {
  output_type: "stream";
  name: "stdout" | "stderr";
  text: string;
}

/** Something that a cell showed, in one or more media types. */
export interface DisplayOutput {
  output_type: "display_data";
  data: MimeBundle;
  metadata: Record<string, unknown>;
}

/** The value of a cell's last expression. */
export interface ExecuteResult {
  output_type: "execute_result";
  data: MimeBundle;
  metadata: Record<string, unknown>;
  execution_count: number | null;
}

/** An error that ended a cell. */
export interface ErrorOutput {
  output_type: "error";
  ename: string;
  evalue: string;
  traceback: string[];
}

export type Output = StreamOutput | DisplayOutput | ExecuteResult | ErrorOutput;

/** Metadata of a cell; tags are what our tools read. */
export interface CellMetadata {
  tags?: string[];
  [key: string]: unknown;
}

/** What all cells have. */
export interface CellBase {
  id: string;
  source: string;
  metadata: CellMetadata;
  /** Pictures in a Markdown or raw cell, by file name. */
  attachments?: Record<string, MimeBundle>;
}

export interface CodeCell extends CellBase {
  cell_type: "code";
  execution_count: number | null;
  outputs: Output[];
}

export interface MarkdownCell extends CellBase {
  cell_type: "markdown";
}

export interface RawCell extends CellBase {
  cell_type: "raw";
}

export type Cell = CodeCell | MarkdownCell | RawCell;

export interface Notebook {
  cells: Cell[];
  metadata: {
    kernelspec?: { name: string; display_name?: string; language?: string };
    language_info?: { name: string; [key: string]: unknown };
    [key: string]: unknown;
  };
  nbformat: 4;
  nbformat_minor: number;
}

/** Reports whether a cell carries a tag, such as `parameters` or `raises-exception`. */
export function hasTag(cell: Cell, tag: string): boolean {
  return cell.metadata.tags?.includes(tag) ?? false;
}

/** A code cell that has not run. */
export function newCodeCell(id: string, source: string, tags: string[] = []): CodeCell {
  return {
    cell_type: "code",
    execution_count: null,
    id,
    metadata: tags.length === 0 ? {} : { tags },
    outputs: [],
    source,
  };
}

/** A Deno notebook of code cells that have not run. */
export function newNotebook(sources: string[] = []): Notebook {
  return {
    cells: sources.map((source, i) => newCodeCell(`cell-${i + 1}`, source)),
    metadata: {
      kernelspec: { display_name: "Deno", language: "typescript", name: "deno" },
      language_info: {
        codemirror_mode: "typescript",
        file_extension: ".ts",
        mimetype: "text/x.typescript",
        name: "typescript",
        nbconvert_exporter: "script",
        pygments_lexer: "typescript",
      },
    },
    nbformat: 4,
    nbformat_minor: 5,
  };
}
