/**
 * Tries changed assumptions before anything runs: each notebook up to its parameters cell, in the real kernel.
 *
 * That cell knows which assumptions exist, in which units and ranges; its error is what the user gets to see.
 *
 * @module
 */
import { dirname } from "node:path";
import { executeNotebook } from "../notebook/execute.ts";
import { hasTag, type Notebook } from "../notebook/notebook.ts";
import { displayName } from "../select.ts";
import { UsageError } from "../usage.ts";
import { runPool } from "./pool.ts";
import { type Job, readNotebook, type RunLimits } from "./run_notebook.ts";

/** What is wrong with a job's overrides, or nothing. */
async function problem(job: Job, limits: RunLimits): Promise<string | undefined> {
  let notebook: Notebook;
  try {
    notebook = await readNotebook(job.path);
  } catch {
    // The run itself says what is wrong with this file, and still runs the others.
    return undefined;
  }
  const path = displayName(job.path);
  const names = Object.keys(job.overrides).join(", ");
  if (!notebook.cells.some((cell) => hasTag(cell, "parameters"))) {
    return `Cannot set ${names} in ${path}: it must have a cell tagged parameters: received none`;
  }
  const { failure, notebook: executed } = await executeNotebook(notebook, {
    cwd: dirname(job.path),
    path,
    overrides: job.overrides,
    timeoutMs: limits.timeoutMs,
    signal: limits.signal,
    until: (cell) => hasTag(cell, "parameters"),
  });
  if (failure === undefined) return undefined;
  const cell = executed.cells[failure.cell - 1];
  // A cell above fails without any override too: that is for the run to report.
  if (!hasTag(cell, "parameters") && !hasTag(cell, "injected-parameters")) return undefined;
  return `Cannot set ${names} in ${path}: ${failure.message}`;
}

/**
 * Tries the overrides of all jobs.
 *
 * @throws {UsageError} that lists every unknown name, wrong unit and value out of range
 */
export async function preflight(jobs: Job[], atOnce: number, limits: RunLimits): Promise<void> {
  const changed = jobs.filter((job) => Object.keys(job.overrides).length > 0);
  const problems = await runPool(changed, atOnce, (job) => problem(job, limits), limits.signal);
  const found = [...new Set(problems)].filter((text) => text !== undefined);
  if (found.length > 0) throw new UsageError(found.join("\n"));
}
