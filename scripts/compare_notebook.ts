/**
 * Judges a notebook's run against the notebook as it is committed, a section at a time.
 *
 * A cell is right when it ran and its outputs are the committed ones. What depends on the machine is in cells tagged
 * `nbval-ignore-output`, which only have to run.
 *
 * @module
 */
import { compareOutputs } from "./compare_outputs.ts";
import type { Execution } from "./notebook/execute.ts";
import { type CodeCell, hasTag, type Notebook } from "./notebook/notebook.ts";
import { readSession } from "./report/session.ts";
import { describeFailure } from "./run/describe.ts";

export interface SectionVerdict {
  heading: string;
  /** Where and how the run differs; empty when it does not. */
  problems: string[];
}

/** The line whose output a reader looks at: the start of the last statement. */
function lastStatement(source: string): number {
  const lines = source.trimEnd().split("\n");
  const last = lines.findLastIndex((line) => /^[^\s})\]/$`]/.test(line));
  return Math.max(last, 0) + 1;
}

function cellProblems(path: string, index: number, cell: CodeCell, execution: Execution): string[] {
  const place = `${path}, cell ${index + 1}`;
  if (execution.failure?.cell === index + 1) return [describeFailure(path, execution.failure)];
  if (hasTag(cell, "nbval-ignore-output") || hasTag(cell, "skip-execution")) return [];
  const now = execution.notebook.cells[index];
  const outputs = now?.cell_type === "code" ? now.outputs : [];
  const line = lastStatement(cell.source);
  return compareOutputs(cell.outputs, outputs).map((difference) =>
    `${place}, line ${line}: ${difference}\n    ${cell.source.split("\n")[line - 1]}`
  );
}

/**
 * The verdicts up to the section in which the notebook failed, if it did; what did not run is not judged.
 *
 * `execution` is a run of the committed notebook itself, at its defaults.
 */
export function compareNotebook(
  path: string,
  committed: Notebook,
  execution: Execution,
): SectionVerdict[] {
  const failedIndex = (execution.failure?.cell ?? Infinity) - 1;
  return readSession(path, committed).sections
    .filter(({ cells }) => cells.length > 0 && cells[0].index <= failedIndex)
    .map(({ title, cells }) => ({
      heading: title || "Opening",
      problems: cells.flatMap(({ cell, index }) =>
        cell.cell_type === "code" && index <= failedIndex
          ? cellProblems(path, index, cell, execution)
          : []
      ),
    }));
}
