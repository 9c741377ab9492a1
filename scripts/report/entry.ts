/**
 * One executed notebook with all that pages need to know about it.
 *
 * @module
 */
import { hasTag, type Notebook } from "../notebook/notebook.ts";
import { type Facts, readFacts } from "../run/facts.ts";
import { type Chart, chartsOf } from "./chart.ts";
import { formatAssumption } from "./number.ts";
import { readSession, type Session } from "./session.ts";

/** What `writeReport` is given for a notebook. */
export interface Executed {
  /** Where the notebook is; its name gives the pages theirs. */
  path: string;
  /** With its outputs. */
  notebook: Notebook;
  /** Assumptions changed from outside, as text. */
  overrides?: Record<string, string>;
  /** Why it stopped, when it did. */
  failure?: { cell?: number; line?: number; sourceLine?: string; name: string; message: string };
  /** Where its outputs come from, for the reader: "the run in out/". */
  origin?: string;
}

export interface Entry {
  executed: Executed;
  session: Session;
  facts: Facts;
  charts: Chart[];
  /** "heartbeat = 5 s", for every assumption that is not at its default. */
  changes: string[];
  failure?: Executed["failure"];
  /** Whether any cell has an output. */
  hasRun: boolean;
}

/** The first error that no tag announces. */
function findFailure(notebook: Notebook): Executed["failure"] {
  for (const [index, cell] of notebook.cells.entries()) {
    if (cell.cell_type !== "code" || hasTag(cell, "raises-exception")) continue;
    for (const output of cell.outputs) {
      if (output.output_type !== "error") continue;
      return { cell: index + 1, name: output.ename, message: output.evalue };
    }
  }
  return undefined;
}

function findChanges({ overrides = {} }: Executed, facts: Facts): string[] {
  const changed = facts.assumptions.filter((assumption) => assumption.changed);
  const known = new Set(changed.map(({ name }) => name));
  return [
    ...changed.map(({ name, value, unit }) => `${name} = ${formatAssumption(value, unit)}`),
    ...Object.entries(overrides).filter(([name]) => !known.has(name))
      .map(([name, value]) => `${name} = ${value}`),
  ];
}

/** Reads all that the pages need from an executed notebook. */
export function toEntry(executed: Executed): Entry {
  const { path, notebook } = executed;
  const facts = readFacts(notebook);
  return {
    executed,
    session: readSession(path, notebook),
    facts,
    charts: chartsOf(notebook),
    changes: findChanges(executed, facts),
    failure: executed.failure ?? findFailure(notebook),
    hasRun: notebook.cells.some((cell) => cell.cell_type === "code" && cell.outputs.length > 0),
  };
}
