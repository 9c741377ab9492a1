/**
 * Runs a notebook from top to bottom in a fresh kernel, and returns it with its outputs.
 *
 * Cells run in order; the first that fails ends the run, and the notebook keeps what there is so far,
 * with the error as the output of its cell. Tags are honoured: `raises-exception` (an error is no
 * failure) and `skip-execution`. The notebook that is passed in stays as it is.
 *
 * @example
 * ```ts
 * import { executeNotebook } from "./execute.ts";
 * import { newNotebook } from "./nbformat.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const notebook = newNotebook(["const beats: number = 3;", "\nthrow new Error(`${beats} missed`);"]);
 * const { status, failure } = await executeNotebook(notebook, { cwd: "." });
 * assertEquals([status, failure?.cell, failure?.line], ["failed", 2, 2]);
 * assertEquals(failure?.message, "3 missed");
 * ```
 *
 * @module
 */
import { locate } from "./error_line.ts";
import { Kernel } from "./kernel.ts";
import { type CodeCell, hasTag, type Notebook, type Output } from "./notebook.ts";
import { inject } from "./parameters.ts";
import type { CellError, CellStatus } from "./verdict.ts";

/** What happens in a run, in this order, for progress displays. */
export type RunEvent =
  | { type: "kernel started"; pid: number; startMs: number }
  /** `index` counts all cells from 0, `ran` the `total` cells to run from 1; `heading` is the section's. */
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
  /** Ends the kernel; the execution then has what ran so far and no failure. */
  signal?: AbortSignal;
  /** Added to the environment of this process. */
  env?: Record<string, string>;
}

export interface Failure {
  /** 1-based over all cells of `Execution.notebook`. */
  cell: number;
  /** 1-based line within the cell, where it is known, and its text. */
  line?: number;
  sourceLine?: string;
  name: string;
  message: string;
  traceback: string[];
}

/** What came of a run. A kernel that could not be started counts as dead at the first cell. */
export interface Execution {
  /** A copy with outputs; when a cell failed, those of the cells after it are empty. */
  notebook: Notebook;
  status: CellStatus;
  failure?: Failure;
  durationMs: number;
  /** The cells that ran; `index` counts all cells from 0. */
  cells: { index: number; durationMs: number; status: CellStatus }[];
  /** The end of what the kernel process itself wrote, such as a crash report. */
  log: string;
}

/**
 * Runs all code cells of a notebook.
 *
 * @throws {UsageError} when an override does not fit the notebook; nothing has run then
 */
export async function executeNotebook(
  notebook: Notebook,
  options: ExecuteNotebookOptions,
): Promise<Execution> {
  const started = performance.now();
  const { cwd, path = "notebook", overrides = {}, onEvent = () => {}, signal, env } = options;
  const executed = await inject(notebook, overrides, path);
  const planned = plan(executed, options.until);
  const execution: Execution = {
    notebook: executed,
    status: "ok",
    durationMs: 0,
    cells: [],
    log: "",
  };
  let kernel: Kernel | undefined;
  try {
    kernel = await Kernel.start({ cwd, env, signal });
    onEvent({ type: "kernel started", pid: kernel.pid, startMs: performance.now() - started });
    await runCells(planned, kernel, execution, options);
    if (!signal?.aborted) await kernel.shutdown();
  } catch (error) {
    if (kernel) throw error;
    execution.status = "kernel died";
    if (!signal?.aborted) {
      const { name, message } = error as Error;
      const cell = (planned[0]?.index ?? 0) + 1;
      execution.failure = { cell, name, message, traceback: [message] };
    }
  } finally {
    await kernel?.kill();
    execution.log = kernel?.log ?? "";
    execution.durationMs = performance.now() - started;
  }
  return execution;
}

interface PlannedCell {
  cell: CodeCell;
  /** Over all cells, from 0. */
  index: number;
  /** The heading above it. */
  heading: string;
}

/** Runs cells in order until one fails or the signal comes. */
async function runCells(
  planned: PlannedCell[],
  kernel: Kernel,
  execution: Execution,
  options: ExecuteNotebookOptions,
): Promise<void> {
  const { onEvent = () => {}, signal, timeoutMs = 600_000 } = options;
  for (const [i, { cell, index, heading }] of planned.entries()) {
    onEvent({ type: "cell started", index, ran: i + 1, total: planned.length, heading });
    const started = performance.now();
    const result = await kernel.execute(cell.source, {
      timeoutMs,
      onOutput: (output) => onEvent({ type: "output", index, output }),
    });
    cell.outputs = result.outputs;
    cell.execution_count = result.executionCount;
    const isExpected = result.status === "failed" && hasTag(cell, "raises-exception") &&
      !kernel.ended;
    const status = isExpected ? "ok" : result.status;
    const durationMs = performance.now() - started;
    execution.cells.push({ index, durationMs, status });
    onEvent({ type: "cell finished", index, status, durationMs });
    if (status === "ok" && !signal?.aborted) continue;
    execution.status = status;
    if (signal?.aborted) {
      execution.status = "kernel died";
      cell.outputs = cell.outputs.filter((output) => output.output_type !== "error");
    } else {
      execution.failure = await explain(result.error!, cell, index, kernel);
    }
    return;
  }
}

/** Clears the cells' outputs and lists those that are to run, each with the heading above it. */
function plan(notebook: Notebook, until?: (cell: CodeCell) => boolean): PlannedCell[] {
  const planned: PlannedCell[] = [];
  let heading = "";
  let complete = false;
  for (const [index, cell] of notebook.cells.entries()) {
    if (cell.cell_type === "markdown") {
      heading = Array.from(cell.source.matchAll(/^#{1,6}\s+(.+)$/gm)).at(-1)?.[1] ?? heading;
    }
    if (cell.cell_type !== "code" || hasTag(cell, "skip-execution")) continue;
    cell.outputs = [];
    cell.execution_count = null;
    if (complete || cell.source.trim() === "") continue;
    planned.push({ cell, index, heading });
    complete = until?.(cell) ?? false;
  }
  return planned;
}

/** Finds the line of the cell, and shows it in the cell's error output too. */
async function explain(
  error: CellError,
  cell: CodeCell,
  index: number,
  kernel: Kernel,
): Promise<Failure> {
  let { line, traceback } = error;
  if (line === undefined && traceback.some((frame) => frame.includes("<anonymous>:"))) {
    const transpiled = (await kernel.transpiledCells()).at(-1) ?? "";
    ({ line, traceback } = locate(traceback, cell.source, transpiled));
    const output = cell.outputs.at(-1);
    if (output?.output_type === "error") output.traceback = traceback;
  }
  const sourceLine = line === undefined ? undefined : cell.source.split("\n")[line - 1]?.trim();
  return { cell: index + 1, line, sourceLine, name: error.name, message: error.message, traceback };
}
