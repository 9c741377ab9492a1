/**
 * What every notebook of the workshop has: the eleven parts, and cells that a reader can follow and trust.
 *
 * Each rule looks at one thing and says what is wrong, with the cell and the way out; `problemsOf` asks all of them.
 *
 * @module
 */
import { type Cell, type CodeCell, hasTag, type Notebook } from "../notebook/notebook.ts";
import { chartsOf } from "../report/chart.ts";
import { readSession, type Section } from "../report/session.ts";
import { readFacts } from "../run/facts.ts";
import { chartProblems } from "./chart_rules.ts";
import { quotes, type SyllabusSession } from "./syllabus.ts";

/** The second-level headings, in order; the title is the first of the eleven parts. */
export const HEADINGS = [
  "Frame",
  "Assumptions",
  "Shape the workload",
  "Choose primitives",
  "Deep dive",
  "Hands-on",
  "Trade-offs",
  "Operate",
  "Check against the world",
  "What we learned",
];

const MOST_LINES = 25;
const FEWEST_CHARTS = 4;
const FEWEST_FOLDED_ANSWERS = 3;
const LARGEST_PNG_BYTES = 150_000;
const LARGEST_NOTEBOOK_BYTES = 3_000_000;

/** A notebook with what the rules need to know of it. */
export interface Candidate {
  path: string;
  notebook: Notebook;
  /** The file as it is on disk. */
  text: string;
  session: SyllabusSession;
}

type Rule = (candidate: Candidate) => string[];
/** A rule for every notebook, also for one that is no session. */
type CellRule = (candidate: Omit<Candidate, "session">) => string[];

interface PlacedCell<Kind extends Cell = Cell> {
  cell: Kind;
  /** `cell 12`, counted from 1 over all cells. */
  place: string;
}

function cellsOf(notebook: Notebook): PlacedCell[] {
  return notebook.cells.map((cell, index) => ({ cell, place: `cell ${index + 1}` }));
}

function codeCellsOf(notebook: Notebook): PlacedCell<CodeCell>[] {
  return cellsOf(notebook).filter((placed): placed is PlacedCell<CodeCell> =>
    placed.cell.cell_type === "code"
  );
}

/** Text that a reader sees in outputs. */
function shownText(cell: CodeCell): string {
  return cell.outputs.map((output) => {
    if (output.output_type === "stream") return output.text;
    if (output.output_type === "error") return output.evalue;
    return [output.data["text/markdown"], output.data["text/plain"]].filter(Boolean).join("\n");
  }).join("\n");
}

function sectionText({ cells }: Section): string {
  return cells.map(({ cell }) =>
    cell.cell_type === "code" ? `${cell.source}\n${shownText(cell)}` : cell.source
  ).join("\n");
}

const hasHeadings: Rule = ({ path, notebook }) => {
  const titles = readSession(path, notebook).sections.map(({ title }) => title).slice(1);
  if (titles.join("\n") === HEADINGS.join("\n")) return [];
  const missing = HEADINGS.filter((heading) => !titles.includes(heading));
  return [
    `the headings must be ${
      HEADINGS.map((heading) => `"## ${heading}"`).join(", ")
    } in this order: ` +
    `received ${titles.map((title) => `"## ${title}"`).join(", ") || "none"}` +
    (missing.length > 0 ? `; missing: ${missing.join(", ")}` : ""),
  ];
};

const hasOpening: Rule = ({ path, notebook, session }) => {
  const { number, question } = readSession(path, notebook);
  const first = notebook.cells[0]?.source ?? "";
  const problems: string[] = [];
  if (!/^# /.test(first)) problems.push('the first cell must begin with the title: "# …"');
  if (Number(number) !== session.number) problems.push(`its number must be ${session.number}`);
  if (!question?.trim().endsWith("?")) {
    problems.push("the opening must ask its question in a bold paragraph that ends with ?");
  }
  if (!/\bmin(utes)?\b/i.test(first)) {
    problems.push("the opening must say how many minutes it takes");
  }
  return problems;
};

const hasParameters: Rule = ({ path, notebook }) => {
  const sections = readSession(path, notebook).sections;
  const tagged = sections.flatMap(({ title, cells }) =>
    cells.filter(({ cell }) => hasTag(cell, "parameters")).map(() => title)
  );
  if (tagged.length === 1 && tagged[0] === "Assumptions") return [];
  return [
    `one cell under "## Assumptions" must be tagged parameters: received ${tagged.length}` +
    (tagged.length > 0 ? ` under ${tagged.join(", ")}` : ""),
  ];
};

const hasCharts: Rule = ({ notebook }) => {
  const charts = chartsOf(notebook);
  const problems = charts.flatMap(chartProblems);
  if (charts.length < FEWEST_CHARTS) {
    problems.push(`there must be at least ${FEWEST_CHARTS} charts: received ${charts.length}`);
  }
  return problems;
};

const hasAsserts: Rule = ({ notebook }) => {
  const calls = codeCellsOf(notebook).filter(({ cell }) =>
    /^ *(await )?assert\w*[<(]/m.test(cell.source)
  );
  return calls.length > 0 ? [] : ["its cells must assert what they claim: received no assert"];
};

const quotesSyllabus: Rule = ({ path, notebook, session }) => {
  const sections = readSession(path, notebook).sections;
  const missing = (heading: string, prompts: string[]) => {
    const text = sections.filter(({ title }) => title === heading).map(sectionText).join("\n");
    return prompts.filter((prompt) => !quotes(text, prompt))
      .map((prompt) => `"## ${heading}" must quote the syllabus: missing "${prompt}"`);
  };
  return [
    ...missing("Hands-on", session.handsOn),
    ...missing("Trade-offs", session.tradeOffs),
  ];
};

const reproducesPublished: Rule = ({ notebook }) => {
  const { published } = readFacts(notebook);
  return published.length > 0
    ? []
    : ["it must reproduce a number from elsewhere through published(): received none"];
};

const foldsAnswers: Rule = ({ path, notebook }) => {
  const last = readSession(path, notebook).sections.filter(({ title }) =>
    title === HEADINGS.at(-1)
  );
  const folded = last.map(sectionText).join("\n").match(/<details>/g)?.length ?? 0;
  return folded >= FEWEST_FOLDED_ANSWERS ? [] : [
    `"## ${
      HEADINGS.at(-1)
    }" must hold three exercises with answers folded in <details>: received ${folded}`,
  ];
};

const hasShortCells: CellRule = ({ notebook }) =>
  codeCellsOf(notebook).flatMap(({ cell, place }) => {
    const lines = cell.source.trimEnd().split("\n").length;
    return lines <= MOST_LINES
      ? []
      : [`${place}: a cell must have at most ${MOST_LINES} lines: received ${lines}`];
  });

const hasNoAbsolutePath: CellRule = ({ notebook }) =>
  cellsOf(notebook).flatMap(({ cell, place }) => {
    const text = cell.cell_type === "code" ? `${cell.source}\n${shownText(cell)}` : cell.source;
    const path = text.match(
      /file:\/\/\/\S*|(?<![\w.:/])\/(?:home|Users|root|tmp|work|var\/folders)\/\S*|\b[A-Z]:\\\w\S*/,
    )?.[0];
    return path === undefined ? [] : [`${place}: it must hold no absolute path: received ${path}`];
  });

const hasNoBareLog: CellRule = ({ notebook }) =>
  codeCellsOf(notebook).flatMap(({ cell, place }) => {
    const line = cell.source.split("\n").findIndex((text) => /^\s*console\./.test(text));
    return line === -1 ? [] : [
      `${place}, line ${
        line + 1
      }: what the reader must see goes through await show(…) or say(…): ` +
      `received ${cell.source.split("\n")[line].trim()}`,
    ];
  });

const hasUniqueIds: CellRule = ({ text }) => {
  const raw: { id?: string }[] = JSON.parse(text).cells;
  const seen = new Set<string>();
  return raw.flatMap(({ id }, index) => {
    const isGood = typeof id === "string" && /^[\w-]{1,64}$/.test(id) && !seen.has(id);
    if (id !== undefined) seen.add(id);
    return isGood ? [] : [`cell ${index + 1}: its id must be unique and its own: received ${id}`];
  });
};

const hasNoError: CellRule = ({ notebook }) =>
  codeCellsOf(notebook).flatMap(({ cell, place }) => {
    const error = cell.outputs.find((output) => output.output_type === "error");
    return error?.output_type !== "error" || hasTag(cell, "raises-exception")
      ? []
      : [`${place}: its outputs must hold no error: received ${error.ename}: ${error.evalue}`];
  });

const hasRunOnce: CellRule = ({ notebook }) => {
  const cells = codeCellsOf(notebook);
  const injected = cells.find(({ cell }) => hasTag(cell, "injected-parameters"));
  if (injected !== undefined) {
    return [
      `${injected.place}: it must be committed at its defaults: received injected parameters`,
    ];
  }
  const ran = cells.filter(({ cell }) =>
    !hasTag(cell, "skip-execution") && cell.source.trim() !== ""
  );
  const wrong = ran.findIndex(({ cell }, i) => cell.execution_count !== i + 1);
  return wrong === -1 ? [] : [
    `${ran[wrong].place}: its execution count must be ${wrong + 1}, from one run of all cells: ` +
    `received ${ran[wrong].cell.execution_count ?? "none"}. deno task refresh makes it so`,
  ];
};

const hasNoTimings: CellRule = ({ text }) => {
  const raw: { metadata?: Record<string, unknown> }[] = JSON.parse(text).cells;
  return raw.flatMap(({ metadata = {} }, index) => {
    const left = ["execution", "ExecuteTime", "collapsed", "scrolled"].filter((key) =>
      key in metadata
    );
    return left.map((key) => `cell ${index + 1}: its metadata must hold no ${key}`);
  });
};

const isSmall: CellRule = ({ notebook, text }) => {
  const problems = codeCellsOf(notebook).flatMap(({ cell, place }) =>
    cell.outputs.flatMap((output) => {
      const png = "data" in output ? output.data["image/png"] : undefined;
      const bytes = typeof png === "string" ? Math.floor(png.length * 3 / 4) : 0;
      return bytes <= LARGEST_PNG_BYTES
        ? []
        : [`${place}: a picture must be at most ${LARGEST_PNG_BYTES} bytes: received ${bytes}`];
    })
  );
  const bytes = new TextEncoder().encode(text).length;
  if (bytes > LARGEST_NOTEBOOK_BYTES) {
    problems.push(`the file must be at most ${LARGEST_NOTEBOOK_BYTES} bytes: received ${bytes}`);
  }
  return problems;
};

/** The rules by what they ask for, of every notebook. */
export const CELL_RULES: Record<string, CellRule> = {
  "has short cells": hasShortCells,
  "has no absolute path": hasNoAbsolutePath,
  "has no bare console call": hasNoBareLog,
  "has unique cell ids": hasUniqueIds,
  "holds no error": hasNoError,
  "was run once, from the top": hasRunOnce,
  "holds no timings": hasNoTimings,
  "is small": isSmall,
};

/** And of a session: the recipe. */
export const RULES: Record<string, Rule> = {
  "has its headings in order": hasHeadings,
  "opens with title, question and minutes": hasOpening,
  "has one parameters cell": hasParameters,
  "has charts that explain themselves": hasCharts,
  "asserts": hasAsserts,
  "quotes the syllabus": quotesSyllabus,
  "reproduces a published number": reproducesPublished,
  "folds the answers of its exercises": foldsAnswers,
  ...CELL_RULES,
};
