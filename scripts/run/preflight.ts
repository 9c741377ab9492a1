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
import { findParameters } from "../notebook/parameters.ts";
import { displayName } from "../select.ts";
import { UsageError } from "../usage.ts";
import { runPool } from "./pool.ts";
import { readNotebook, type RunLimits, type Task } from "./run_notebook.ts";

/** What is wrong with a task's overrides, or nothing. */
async function problem(task: Task, limits: RunLimits): Promise<string | undefined> {
  let notebook: Notebook;
  try {
    notebook = await readNotebook(task.path);
  } catch {
    // The run itself says what is wrong with this file, and still runs the others.
    return undefined;
  }
  const parameters = notebook.cells[findParameters(notebook)]?.id;
  const path = displayName(task.path);
  try {
    const { failure, notebook: executed } = await executeNotebook(notebook, {
      ...limits,
      cwd: dirname(task.path),
      path,
      overrides: task.overrides,
      until: ({ id }) => id === parameters,
    });
    const failed = failure && executed.cells[failure.cell - 1];
    // A cell above them fails without any override too: that is for the run to report.
    if (!failed || !(failed.id === parameters || hasTag(failed, "injected-parameters"))) {
      return undefined;
    }
    return `Cannot set ${Object.keys(task.overrides).join(", ")} in ${path}: ${failure.message}`;
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
}

/**
 * Tries the overrides of all tasks.
 *
 * @throws {UsageError} that lists every unknown name, wrong unit and value out of range
 */
export async function preflight(
  tasks: readonly Task[],
  atOnce: number,
  limits: RunLimits,
): Promise<void> {
  const changed = tasks.filter((task) => Object.keys(task.overrides).length > 0);
  const problems = await runPool(changed, atOnce, (task) => problem(task, limits), limits.signal);
  const found = [...new Set(problems)].filter((text) => text !== undefined);
  if (found.length > 0) throw new UsageError(found.join("\n"));
}
