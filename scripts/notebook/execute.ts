/**
 * Runs a notebook from top to bottom in a fresh kernel.
 *
 * @module
 */
import type { CellStatus } from "./kernel.ts";
import type { CodeCell, Notebook, Output } from "./notebook.ts";

/** What happens in a run, in this order, for progress displays. */
export type RunEvent =
  | { type: "kernel started"; pid: number; startMs: number }
  /** `index` counts all cells from 0, `ran` code cells from 1; `heading` is that of the section. */
  | { type: "cell started"; index: number; ran: number; total: number; heading: string }
  | { type: "output"; index: number; output: Output }
  | { type: "cell finished"; index: number; status: CellStatus; durationMs: number };

export interface ExecuteNotebookOptions {
  /** The notebook's folder: imports resolve from here. */
  cwd: string;
  /** What errors call the notebook. */
  path?: string;
  /** Wall-clock limit a cell, in milliseconds. Default 600,000. */
  timeoutMs?: number;
  /** Assumptions or parameters to change: name to text, as on the command line. */
  overrides?: Record<string, string>;
  /** Stops after the first cell for which this holds; the rest is not run. */
  until?: (cell: CodeCell) => boolean;
  onEvent?: (event: RunEvent) => void;
  signal?: AbortSignal;
  env?: Record<string, string>;
  /** Gets what the kernel process itself writes. */
  log?: (text: string) => void;
}

export interface Failure {
  /** 1-based over all cells. */
  cell: number;
  /** 1-based line within the cell, where it is known, and its text. */
  line?: number;
  sourceLine?: string;
  name: string;
  message: string;
  traceback: string[];
}

export interface Execution {
  /** A copy with outputs; when a cell failed, those of the cells after it are empty. */
  notebook: Notebook;
  status: CellStatus;
  failure?: Failure;
  durationMs: number;
  cells: { index: number; durationMs: number; status: CellStatus }[];
}

export function executeNotebook(
  _notebook: Notebook,
  _options: ExecuteNotebookOptions,
): Promise<Execution> {
  throw new Error("Cannot run notebook: it must be written first: received an empty function");
}
