/**
 * Lays the key results of a sweep side by side: one column a value, one row a result.
 *
 * @module
 */
import type { Sweep } from "./options.ts";
import type { NotebookRun } from "./run_notebook.ts";

export interface SweptRun {
  /** The value as it was typed. */
  value: string;
  status: NotebookRun["status"];
  /** The assumption as the notebook read it: a number in `unit`, or a choice. */
  assumption?: { value: number | string; unit?: string };
  /** Acceptance lines, and those that do not hold with this value. */
  accepted: number;
  missed: string[];
  failure?: string;
}

export interface SweptResult {
  name: string;
  unit: string;
  /** One a run, in order; null where the run gave none. */
  values: ({ value: number; text: string } | null)[];
}

export interface SweptNotebook {
  path: string;
  title: string;
  runs: SweptRun[];
  results: SweptResult[];
}

/** What `sweep.json` holds. */
export interface Comparison extends Sweep {
  notebooks: SweptNotebook[];
}

function sweptRun(name: string, value: string, run: NotebookRun): SweptRun {
  const assumption = run.assumptions.find((candidate) => candidate.name === name);
  return {
    value,
    status: run.status,
    assumption: assumption && { value: assumption.value, unit: assumption.unit },
    accepted: run.accepted.length,
    missed: run.accepted.filter(({ pass }) => !pass).map((line) => line.name),
    failure: run.failure?.message,
  };
}

function sweptResults(runs: NotebookRun[]): SweptResult[] {
  const units = new Map(runs.flatMap((run) => run.results.map(({ name, unit }) => [name, unit])));
  return [...units].map(([name, unit]) => ({
    name,
    unit,
    values: runs.map((run) => {
      const found = run.results.find((result) => result.name === name);
      return found ? { value: found.value, text: found.text } : null;
    }),
  }));
}

/** `runs` holds, a notebook at a time, one run for each of the sweep's values in their order. */
export function compareRuns(sweep: Sweep, runs: NotebookRun[][]): Comparison {
  return {
    ...sweep,
    notebooks: runs.map((ofNotebook) => ({
      path: ofNotebook[0].path,
      title: ofNotebook[0].title,
      runs: sweep.values.map((value, i) => sweptRun(sweep.name, value, ofNotebook[i])),
      results: sweptResults(ofNotebook),
    })),
  };
}

/** The comparison of one notebook as rows of text, the first the heading. */
export function comparisonTable(name: string, notebook: SweptNotebook): string[][] {
  const { runs, results } = notebook;
  const rows = [
    [name, ...runs.map(({ value }) => value)],
    ...results.map((result) => [
      result.name,
      ...result.values.map((value) => value?.text ?? "–"),
    ]),
  ];
  if (runs.some(({ accepted }) => accepted > 0)) {
    const held = runs.map(({ accepted, missed }) => `${accepted - missed.length} of ${accepted}`);
    rows.push(["acceptance lines that hold", ...held]);
  }
  if (runs.some(({ status }) => status !== "ok")) {
    rows.push(["run", ...runs.map(({ status }) => status)]);
  }
  return rows;
}

/** Rows as a Markdown table. */
export function markdownTable([heading, ...rows]: string[][]): string {
  const line = (cells: string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  const rule = line(heading.map((_, i) => i === 0 ? "---" : "---:"));
  return [line(heading), rule, ...rows.map(line)].join("\n");
}

/** The whole comparison as Markdown. */
export function comparisonMarkdown(comparison: Comparison): string {
  const sections = comparison.notebooks.map((notebook) =>
    `## ${notebook.title}\n\n${markdownTable(comparisonTable(comparison.name, notebook))}\n`
  );
  return [`# ${comparison.name} = ${comparison.values.join(", ")}\n`, ...sections].join("\n");
}
