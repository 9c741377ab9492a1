/**
 * The report of a run: a page a notebook, and for a sweep the comparison first.
 *
 * @module
 */
import { basename, dirname, join } from "node:path";
import { type Executed, writeReport } from "../report.ts";
import { displayName } from "../select.ts";
import { printError } from "../terminal.ts";
import type { Job } from "./jobs.ts";
import type { TaskOutcome } from "./run_tasks.ts";
import type { Comparison } from "./sweep.ts";
import { comparisonNotebook } from "./sweep_page.ts";

/** The name of a job's page; the runs of a sweep need one each. */
function pageStem({ stem, outDir }: Job, isSwept: boolean): string {
  if (!isSwept) return stem;
  const value = basename(outDir).replaceAll(/[^\p{L}\p{N}.]+/gu, "-").replace(/-$/, "");
  return `${stem}-${value}`;
}

function sweepStem({ name }: Comparison): string {
  return `sweep-${name}`;
}

function toExecuted({ task, run, executed }: TaskOutcome<Job>, isSwept: boolean): Executed[] {
  if (executed === undefined) return [];
  return [{
    // The folder tells the week, the name that of the page.
    path: join(dirname(task.path), `${pageStem(task, isSwept)}.ipynb`),
    notebook: executed,
    overrides: task.overrides,
    failure: run.failure?.cell === undefined
      ? undefined
      : { ...run.failure, cell: run.failure.cell },
    origin: `the run in ${displayName(task.outDir)}/`,
  }];
}

/** Writes `report/` into the output folder; the path of the page to read first. */
export async function reportRun(
  outcomes: TaskOutcome<Job>[],
  outDir: string,
  comparison?: Comparison,
): Promise<string> {
  const isSwept = comparison !== undefined;
  const executed = outcomes.flatMap((outcome) => toExecuted(outcome, isSwept));
  if (isSwept) {
    const byNotebook = Map.groupBy(outcomes, ({ task }) => task.path);
    const pages = [...byNotebook.values()].map((ofNotebook) =>
      ofNotebook.map(({ task }) => pageStem(task, isSwept))
    );
    const path = join(outDir, `${sweepStem(comparison)}.ipynb`);
    executed.unshift({ path, notebook: comparisonNotebook(comparison, pages) });
  }
  const folder = join(outDir, "report");
  // PDF files take a while; `deno task report` makes them from the same outputs.
  const [index] = await writeReport(executed, folder, { pdf: false, log: printError });
  return isSwept ? join(folder, `${sweepStem(comparison)}.html`) : index;
}
