/**
 * `deno task refresh`: runs notebooks and writes their outputs back into them.
 *
 * A notebook is replaced whole, and only when all of its cells ran; one that fails stays as it is. Its cells, ids and
 * prose are kept; only outputs and execution counts change, so a second refresh of a seeded notebook changes nothing.
 *
 * @module
 */
import { INTERRUPTED, withInterrupt } from "./interrupt.ts";
import { formatNotebook } from "./notebook/nbformat.ts";
import { LIMIT_FLAGS, parseLimits } from "./run/options.ts";
import { prepareServices } from "./run/prepare_services.ts";
import type { Task } from "./run/run_notebook.ts";
import { runTasks, type TaskOutcome } from "./run/run_tasks.ts";
import { selectNotebooks } from "./select.ts";
import { print } from "./terminal.ts";
import { parseFlags, runCommand } from "./usage.ts";
import { writeWhole } from "./write_file.ts";

const HELP = `Runs notebooks and writes their outputs back into them.

deno task refresh [01 week-08 path/to/any.ipynb …]
  --jobs N        notebooks at the same time (default: one a core)
  --timeout S     limit for one cell, in seconds (default: 120)
  --help

A notebook that fails is left as it is. Exit status: 0 all are fresh, 1 a notebook failed, 2 wrong usage.`;

/** Writes a notebook that ran back to its place. */
async function writeBack({ task, run, executed }: TaskOutcome<Task>): Promise<string> {
  if (run.status !== "ok" || executed === undefined) return "left as it was";
  const text = formatNotebook(executed);
  if (text === await Deno.readTextFile(task.path)) return "unchanged";
  await writeWhole(task.path, text);
  return "refreshed";
}

/** The command; its exit status. */
async function refresh(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseFlags(args, LIMIT_FLAGS);
  if (values.help) {
    print(HELP);
    return 0;
  }
  const limits = parseLimits(values);
  const paths = await selectNotebooks(positionals);
  await prepareServices(paths);
  const tasks = paths.map((path) => ({ path, overrides: {} }));
  return await withInterrupt(async (signal) => {
    const outcomes = await runTasks(tasks, limits, signal, writeBack);
    if (signal.aborted) return INTERRUPTED;
    return outcomes.some(({ run }) => run.status !== "ok") ? 1 : 0;
  });
}

if (import.meta.main) Deno.exit(await runCommand(() => refresh(Deno.args)));
