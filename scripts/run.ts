/**
 * `deno task run`: notebooks in the real kernel, without JupyterLab.
 *
 * Arguments are read and tried before anything runs; then a few notebooks run at a time, each in a kernel of its own;
 * then executed notebooks, `results.json` and a report are in the output folder.
 *
 * @module
 */
import { join } from "node:path";
import { INTERRUPTED, withInterrupt } from "./interrupt.ts";
import { type Job, makeJobs } from "./run/jobs.ts";
import { HELP, parseRunOptions, type RunOptions } from "./run/options.ts";
import { prepareFolder } from "./run/output_folder.ts";
import { type NotebookRun, saveExecuted } from "./run/run_notebook.ts";
import { prepareServices } from "./run/prepare_services.ts";
import { runTasks, type TaskOutcome } from "./run/run_tasks.ts";
import { compareRuns, type Comparison, comparisonMarkdown, comparisonTable } from "./run/sweep.ts";
import { displayName, selectNotebooks } from "./select.ts";
import { alignColumns, print } from "./terminal.ts";
import { runCommand } from "./usage.ts";
import { writeWhole } from "./write_file.ts";

async function save({ task, executed }: TaskOutcome<Job>): Promise<void> {
  if (executed !== undefined) await saveExecuted(executed, task.stem, task.outDir);
}

/** One `results.json` a folder: one in all, or one a swept value. */
async function writeResults(outcomes: TaskOutcome<Job>[], startedAt: string): Promise<void> {
  for (const [folder, ofFolder] of Map.groupBy(outcomes, ({ task }) => task.outDir)) {
    const notebooks = ofFolder.map(({ run }) => run);
    const results = { deno: Deno.version.deno, startedAt, notebooks };
    await writeWhole(join(folder, "results.json"), JSON.stringify(results, null, 2) + "\n");
  }
}

async function writeComparison(comparison: Comparison, outDir: string): Promise<void> {
  const json = JSON.stringify(comparison, null, 2) + "\n";
  await writeWhole(join(outDir, "sweep.json"), json);
  await writeWhole(join(outDir, "sweep.md"), comparisonMarkdown(comparison));
  for (const notebook of comparison.notebooks) {
    print(`\n${notebook.title}`);
    alignColumns(comparisonTable(comparison.name, notebook)).forEach((line) => print(line));
  }
}

/** The records of a sweep, a notebook at a time, in the order of its values. */
function runsByNotebook(outcomes: TaskOutcome<Job>[]): NotebookRun[][] {
  return [...Map.groupBy(outcomes, ({ task }) => task.path).values()]
    .map((ofNotebook) => ofNotebook.map(({ run }) => run));
}

/** Runs what the options say; the exit status. */
async function run(options: RunOptions, signal: AbortSignal): Promise<number> {
  const { sweep, outDir } = options;
  const paths = await selectNotebooks(options.selectors);
  const jobs = makeJobs(paths, options);
  for (const folder of new Set(jobs.map((job) => job.outDir))) await prepareFolder(folder);
  await prepareServices(paths);
  const startedAt = new Date().toISOString();
  const outcomes = await runTasks(jobs, options, signal, save);
  await writeResults(outcomes, startedAt);
  if (signal.aborted) {
    print(`Interrupted: what has run until now is in ${displayName(outDir)}`);
    return INTERRUPTED;
  }
  const comparison = sweep && compareRuns(sweep, runsByNotebook(outcomes));
  if (comparison !== undefined) await writeComparison(comparison, outDir);
  // Its libraries take half a second to load, which neither kernels nor wrong usage should wait for.
  const { reportRun } = await import("./run/report_run.ts");
  const report = await reportRun(outcomes, outDir, comparison);
  const failed = outcomes.filter(({ run }) => run.status !== "ok").length;
  const ran = `${outcomes.length - failed} of ${outcomes.length} notebooks ran`;
  print(`${ran}; report: ${displayName(report)}`);
  return failed > 0 ? 1 : 0;
}

/** The command; its exit status. */
async function main(args: readonly string[]): Promise<number> {
  const options = await parseRunOptions(args);
  if (options.help) {
    print(HELP);
    return 0;
  }
  return await withInterrupt((signal) => run(options, signal));
}

if (import.meta.main) Deno.exit(await runCommand(() => main(Deno.args)));
