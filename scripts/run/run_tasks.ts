/**
 * Runs notebooks a few at a time, and shows how far they are.
 *
 * @module
 */
import { openRunFolder } from "lib/services/run_folder.ts";
import type { RunEvent } from "../notebook/execute.ts";
import { displayName } from "../select.ts";
import { LiveDisplay } from "../terminal.ts";
import { describeRun, showEvent } from "./describe.ts";
import type { Limits } from "./options.ts";
import { runPool } from "./pool.ts";
import { preflight } from "./preflight.ts";
import { type Outcome, runNotebook, type Task } from "./run_notebook.ts";

export interface TaskOutcome<Kind extends Task> extends Outcome {
  task: Kind;
}

/** How the display calls a task: its notebook, and what is changed in it. */
function taskName({ path, overrides }: Task): string {
  const name = displayName(path).replace(/^notebooks\/week-\d+\//, "").replace(/\.ipynb$/, "");
  const changes = Object.entries(overrides).map(([key, value]) => `${key}=${value}`);
  return [name, ...changes].join(" ");
}

/**
 * Tries all overrides, then runs all tasks; `finish` gets each outcome at once, and may add a remark to what is shown.
 * After the signal, tasks that have not begun have no outcome.
 *
 * @throws {UsageError} when an override is refused; then nothing has run
 */
export async function runTasks<Kind extends Task>(
  tasks: readonly Kind[],
  { jobs, timeoutMs }: Limits,
  signal: AbortSignal,
  finish: (outcome: TaskOutcome<Kind>) => Promise<string | void>,
): Promise<TaskOutcome<Kind>[]> {
  // The kernels of a run share its private servers, which end with it.
  await using servers = await openRunFolder();
  const limits = { timeoutMs, signal, env: { WORKSHOP_RUN_DIR: servers.path } };
  const live = new LiveDisplay();
  try {
    await preflight(tasks, jobs, limits);
    return await runPool(tasks, jobs, async (task) => {
      const name = taskName(task);
      live.start(name);
      const onEvent = (event: RunEvent) => showEvent(live, name, event);
      const outcome = { task, ...await runNotebook(task, { ...limits, onEvent }) };
      const remark = await finish(outcome);
      const joint = outcome.run.status === "ok" ? ": " : "\n    ";
      live.finish(name, describeRun(outcome.run) + (remark ? `${joint}${remark}` : ""));
      return outcome;
    }, signal);
  } finally {
    live.stop();
  }
}
