/**
 * Runs one notebook, and keeps a record of what came of it.
 *
 * @module
 */
import { dirname, join } from "node:path";
import { executeNotebook, type Failure, type RunEvent } from "../notebook/execute.ts";
import { formatNotebook, newNotebook, type Notebook, parseNotebook } from "../notebook/nbformat.ts";
import { displayName, stem } from "../select.ts";
import { writeWhole } from "../write_file.ts";
import { readSession } from "../report/session.ts";
import { type Facts, readFacts } from "./facts.ts";
import { safeName } from "./output_folder.ts";

/** A notebook to run. */
export interface Task {
  /** Absolute. */
  path: string;
  /** Assumptions to change, as text. */
  overrides: Record<string, string>;
}

export interface RunLimits {
  /** Limit for one cell, in milliseconds. */
  timeoutMs: number;
  signal?: AbortSignal;
  onEvent?: (event: RunEvent) => void;
  /** Added to the environment of the kernel. */
  env?: Record<string, string>;
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
  run: NotebookRun;
  /** Missing when the notebook could not be read. */
  executed?: Notebook;
}

/**
 * Reads a notebook.
 *
 * @throws {Error} when the file is missing, or no complete Deno notebook
 */
export async function readNotebook(path: string): Promise<Notebook> {
  return parseNotebook(await Deno.readTextFile(path), displayName(path));
}

function unreadable(task: Task, error: Error): NotebookRun {
  const { files: _none, ...facts } = readFacts(newNotebook());
  return {
    path: displayName(task.path),
    title: stem(task.path),
    status: "failed",
    durationMs: 0,
    failure: { name: error.name, message: error.message, traceback: [] },
    overrides: task.overrides,
    ...facts,
  };
}

/** Runs a notebook; what is wrong with it is in the record. */
export async function runNotebook(task: Task, limits: RunLimits): Promise<Outcome> {
  let notebook: Notebook;
  try {
    notebook = await readNotebook(task.path);
  } catch (error) {
    return { run: unreadable(task, error as Error) };
  }
  const path = displayName(task.path);
  const { overrides } = task;
  const execution = await executeNotebook(notebook, {
    ...limits,
    cwd: dirname(task.path),
    path,
    overrides,
  });
  const { files: _files, ...facts } = readFacts(execution.notebook);
  const isCut = limits.signal?.aborted && execution.status !== "ok";
  const run: NotebookRun = {
    path,
    title: readSession(path, notebook).title,
    status: isCut ? "interrupted" : execution.status,
    durationMs: Math.round(execution.durationMs),
    failure: execution.failure,
    overrides,
    ...facts,
  };
  return { run, executed: execution.notebook };
}

/** Writes what came of a run into a folder: the executed notebook, and the files that its cells emitted. */
export async function saveExecuted(
  executed: Notebook,
  name: string,
  folder: string,
): Promise<void> {
  await writeWhole(join(folder, `${name}.ipynb`), formatNotebook(executed));
  const { files } = readFacts(executed);
  if (files.length === 0) return;
  const filesFolder = join(folder, "files", name);
  await Deno.mkdir(filesFolder, { recursive: true });
  for (const file of files) await writeWhole(join(filesFolder, safeName(file.name)), file.text);
}
