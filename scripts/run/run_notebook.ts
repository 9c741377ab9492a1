/**
 * Runs one notebook into a folder: the executed notebook, the files that its cells emitted, and a record of the run.
 *
 * @module
 */
import { dirname, join } from "node:path";
import { executeNotebook, type Failure, type RunEvent } from "../notebook/execute.ts";
import { formatNotebook, newNotebook, type Notebook, parseNotebook } from "../notebook/nbformat.ts";
import { displayName, stem } from "../select.ts";
import { writeWhole } from "../write_file.ts";
import { type Facts, readFacts } from "./facts.ts";
import { safeName } from "./output_folder.ts";

/** A notebook to run. */
export interface Job {
  /** Absolute. */
  path: string;
  /** What the executed notebook is called in the folder, without the ending. */
  stem: string;
  overrides: Record<string, string>;
  outDir: string;
}

export interface RunLimits {
  /** Limit for one cell, in milliseconds. */
  timeoutMs: number;
  signal?: AbortSignal;
  onEvent?: (job: Job, event: RunEvent) => void;
}

/** What a run came to: an entry of `results.json`. */
export interface NotebookRun extends Omit<Facts, "files"> {
  path: string;
  title: string;
  status: "ok" | "failed" | "timed out" | "kernel died" | "interrupted";
  durationMs: number;
  /** Without a cell when the notebook could not be read. */
  failure?: Omit<Failure, "cell"> & { cell?: number };
  overrides: Record<string, string>;
}

export interface Outcome {
  job: Job;
  run: NotebookRun;
  /** Missing when the notebook could not be read. */
  executed?: Notebook;
}

/** The first heading of a notebook, without its marks. */
export function notebookTitle(notebook: Notebook, path: string): string {
  const heading = /^# +(.+)$/m;
  for (const cell of notebook.cells) {
    const title = cell.cell_type === "markdown" && cell.source.match(heading)?.[1];
    if (title) return title.trim();
  }
  return stem(path);
}

/**
 * Reads a notebook.
 *
 * @throws {Error} when the file is missing, or no complete Deno notebook
 */
export async function readNotebook(path: string): Promise<Notebook> {
  return parseNotebook(await Deno.readTextFile(path), displayName(path));
}

function unreadable(job: Job, error: Error): NotebookRun {
  const { files: _none, ...facts } = readFacts(newNotebook());
  return {
    path: displayName(job.path),
    title: stem(job.path),
    status: "failed",
    durationMs: 0,
    failure: { name: error.name, message: error.message, traceback: [] },
    overrides: job.overrides,
    ...facts,
  };
}

async function writeFiles(job: Job, files: Facts["files"]): Promise<void> {
  if (files.length === 0) return;
  const folder = join(job.outDir, "files", job.stem);
  await Deno.mkdir(folder, { recursive: true });
  for (const file of files) await writeWhole(join(folder, safeName(file.name)), file.text);
}

/** Runs a notebook and writes what came of it; what is wrong with the notebook is in the record. */
export async function runNotebook(job: Job, limits: RunLimits): Promise<Outcome> {
  let notebook: Notebook;
  try {
    notebook = await readNotebook(job.path);
  } catch (error) {
    return { job, run: unreadable(job, error as Error) };
  }
  const path = displayName(job.path);
  const execution = await executeNotebook(notebook, {
    cwd: dirname(job.path),
    path,
    overrides: job.overrides,
    timeoutMs: limits.timeoutMs,
    signal: limits.signal,
    onEvent: (event) => limits.onEvent?.(job, event),
  });
  const { files, ...facts } = readFacts(execution.notebook);
  await writeWhole(join(job.outDir, `${job.stem}.ipynb`), formatNotebook(execution.notebook));
  await writeFiles(job, files);
  const isCut = limits.signal?.aborted && execution.status !== "ok";
  const run: NotebookRun = {
    path,
    title: notebookTitle(notebook, path),
    status: isCut ? "interrupted" : execution.status,
    durationMs: Math.round(execution.durationMs),
    failure: execution.failure,
    overrides: job.overrides,
    ...facts,
  };
  return { job, run, executed: execution.notebook };
}
