/**
 * `deno task run`: notebooks in the real kernel, without JupyterLab.
 *
 * Arguments are read and tried before anything runs; then a few notebooks run at a time, each in a kernel of its own;
 * then executed notebooks, `results.json` and a report are in the output folder.
 *
 * @module
 */
import { join } from "node:path";
import type { RunEvent } from "./notebook/execute.ts";
import { INTERRUPTED, withInterrupt } from "./interrupt.ts";
import { describeRun, jobName, showEvent } from "./run/describe.ts";
import { makeJobs } from "./run/jobs.ts";
import { HELP, parseRunOptions, type RunOptions } from "./run/options.ts";
import { prepareFolder } from "./run/output_folder.ts";
import { runPool } from "./run/pool.ts";
import { preflight } from "./run/preflight.ts";
import { type Job, type Outcome, runNotebook } from "./run/run_notebook.ts";
import { compareRuns, type Comparison, comparisonMarkdown, comparisonTable } from "./run/sweep.ts";
import { displayName, selectNotebooks } from "./select.ts";
import { alignColumns, LiveDisplay, print, printError } from "./terminal.ts";
import { UsageError } from "./usage.ts";
import { writeWhole } from "./write_file.ts";

async function runJobs(jobs: Job[], options: RunOptions, signal: AbortSignal): Promise<Outcome[]> {
  const live = new LiveDisplay();
  const limits = {
    timeoutMs: options.timeoutMs,
    signal,
    onEvent: (job: Job, event: RunEvent) => showEvent(live, job, event),
  };
  try {
    await preflight(jobs, options.jobs, limits);
    return await runPool(jobs, options.jobs, async (job) => {
      live.start(jobName(job));
      const outcome = await runNotebook(job, limits);
      live.finish(jobName(job), describeRun(outcome.run));
      return outcome;
    }, signal);
  } finally {
    live.stop();
  }
}

/** One `results.json` a folder: one in all, or one a swept value. */
async function writeResults(outcomes: Outcome[], startedAt: string): Promise<void> {
  const byFolder = Map.groupBy(outcomes, ({ job }) => job.outDir);
  for (const [folder, ofFolder] of byFolder) {
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

/** Runs what the options say; the exit status. */
async function run(options: RunOptions, signal: AbortSignal): Promise<number> {
  const jobs = makeJobs(await selectNotebooks(options.selectors), options);
  for (const folder of new Set(jobs.map(({ outDir }) => outDir))) await prepareFolder(folder);
  const startedAt = new Date().toISOString();
  const outcomes = await runJobs(jobs, options, signal);
  await writeResults(outcomes, startedAt);
  const failed = outcomes.filter(({ run }) => run.status !== "ok");
  const { sweep, outDir } = options;
  if (signal.aborted) {
    print(`Interrupted: what has run until now is in ${displayName(outDir)}`);
    return INTERRUPTED;
  }
  if (sweep !== undefined) {
    const byNotebook = Map.groupBy(outcomes, ({ job }) => job.path);
    const runs = [...byNotebook.values()].map((ofNotebook) => ofNotebook.map(({ run }) => run));
    await writeComparison(compareRuns(sweep, runs), outDir);
  }
  print(`${outcomes.length - failed.length} of ${outcomes.length} ran: ${displayName(outDir)}`);
  return failed.length > 0 ? 1 : 0;
}

/** The command; its exit status. */
export async function main(args: readonly string[]): Promise<number> {
  try {
    const options = await parseRunOptions(args);
    if (options.help) {
      print(HELP);
      return 0;
    }
    return await withInterrupt((signal) => run(options, signal));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    printError(error.message);
    return 2;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
