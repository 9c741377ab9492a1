/**
 * The page of one notebook: what it found first, then the notebook itself with its code folded.
 *
 * @module
 */
import { type Cell, type CodeCell, hasTag } from "../notebook/notebook.ts";
import { cellPicture } from "./cell_picture.ts";
import { foldedCode } from "./code.ts";
import { diagramFigure, type Diagrams, diagramsIn } from "./diagram.ts";
import { toDocument } from "./document.ts";
import type { Entry } from "./entry.ts";
import { fragment, type Html } from "./html.ts";
import { FRAME_SCRIPT, isPlain, scriptsIn } from "./html_output.ts";
import { CHART_LIBRARIES, DIAGRAM_LIBRARY, library, pageScript } from "./libraries.ts";
import { outputHtml, type OutputOptions } from "./output.ts";
import { Prose, tableOfContents } from "./prose.ts";
import { acceptanceTable, publishedTable, resultTiles } from "./tables.ts";

export interface PageOptions {
  diagrams: Diagrams;
  /** Stems of the notebooks in the report, which links may lead to. */
  stems: ReadonlySet<string>;
  /** Forms of the design document: a label and where it is. */
  documents?: { label: string; link: string }[];
}

/** All Markdown of a notebook, its own and that of outputs. */
export function markdownOf(entry: Entry): string[] {
  return entry.executed.notebook.cells.flatMap((cell) => {
    if (cell.cell_type === "markdown") return [cell.source];
    if (cell.cell_type === "raw") return [];
    return cell.outputs.flatMap((output) => {
      const text = "data" in output ? output.data["text/markdown"] : undefined;
      return typeof text === "string" ? [text] : [];
    });
  });
}

/** A link to a notebook of the report leads to its page; other files are not part of it. */
function pageLink(address: string, stems: ReadonlySet<string>): string | undefined {
  const [, name, anchor = ""] = /([^/\\]+)\.ipynb(#.*)?$/.exec(address) ?? [];
  return name !== undefined && stems.has(name) ? `${name}.html${anchor}` : undefined;
}

async function codeCell(
  cell: CodeCell,
  options: OutputOptions,
  failed: boolean,
): Promise<Html | undefined> {
  if (hasTag(cell, "remove-cell")) return undefined;
  const isOpen = failed || hasTag(cell, "injected-parameters");
  const outputs: Html[] = [];
  if (!hasTag(cell, "remove-output")) {
    for (const output of cell.outputs) outputs.push(await outputHtml(output, options));
  }
  const source = !hasTag(cell, "remove-input") && cell.source.trim() !== "" &&
    foldedCode(cell.source, cell.execution_count?.toString() ?? "", isOpen);
  return fragment`
<div class="cell${failed && " failed"}" id="${cell.id}">
${source}
${outputs}
</div>
`;
}

/** What the reader must know before reading on: changes, a failure, missing outputs. */
function banners({ session, changes, failure, hasRun, executed }: Entry): Html[] {
  const found: Html[] = [];
  if (changes.length > 0) {
    const list = fragment`<strong>${changes.join(", ")}</strong>`;
    found.push(fragment`<p class="banner changed">This report was run with ${list}.</p>\n`);
  }
  if (failure !== undefined) {
    const id = failure.cell !== undefined && executed.notebook.cells[failure.cell - 1]?.id;
    const where = id && fragment` in <a href="#${id}">cell ${failure.cell}</a>`;
    const line = failure.line !== undefined && `, line ${failure.line}`;
    const what = `${failure.name}: ${failure.message}`;
    found.push(
      fragment`<p class="banner failed">This notebook stopped${where}${line}. ${what}</p>\n`,
    );
  }
  if (!hasRun) {
    const command = `deno task run ${session.number ?? executed.path}`;
    found.push(
      fragment`<p class="banner">No outputs yet: <code>${command}</code> makes them.</p>\n`,
    );
  }
  return found;
}

/** What was checked, and where to read on. */
function meta({ facts, executed }: Entry, documents: PageOptions["documents"] = []): Html {
  const passed = (checks: readonly { pass: boolean }[]) =>
    `${checks.filter(({ pass }) => pass).length} of ${checks.length}`;
  const links = documents.map(({ label, link }) => fragment` <a href="${link}">${label}</a>`);
  return fragment`<p class="meta">
${
    facts.published.length > 0 &&
    fragment`<a href="#all-checks">${passed(facts.published)} published numbers reproduced</a>`
  }
${
    facts.accepted.length > 0 &&
    fragment`<a href="#all-checks">${passed(facts.accepted)} acceptance lines hold</a>`
  }
${links.length > 0 && fragment`<span>Design document:${links}</span>`}
${executed.origin && fragment`<span>Outputs from ${executed.origin}</span>`}
</p>
`;
}

/** What stands above the notebook: title, question, changes, results. */
function header(entry: Entry, opening: Html, documents: PageOptions["documents"]): Html {
  const { session, facts } = entry;
  const week = session.week !== undefined && `Week ${session.week} · `;
  const kicker = session.number &&
    fragment`<p class="kicker">${week}Session ${session.number}</p>`;
  return fragment`<header class="opening">
${kicker}
<h1>${session.title}</h1>
${session.question && fragment`<p class="question">${session.question}</p>`}
${banners(entry)}
<div class="prose">${opening}</div>
${facts.results.length > 0 && resultTiles(facts.results)}
${meta(entry, documents)}
</header>
`;
}

/** Both tables of what was checked; nothing when nothing was. */
function checks({ facts }: Entry): Html | undefined {
  if (facts.published.length + facts.accepted.length === 0) return undefined;
  return fragment`
<section class="checks">
<h2 id="all-checks">All checks</h2>
${facts.published.length > 0 && publishedTable(facts.published)}
${facts.accepted.length > 0 && acceptanceTable(facts.accepted)}
</section>
`;
}

/** HTML that the page shows in sandboxes. */
function foreignMarkup(entry: Entry): string[] {
  return entry.executed.notebook.cells.flatMap((cell) =>
    cell.cell_type !== "code" ? [] : cell.outputs.flatMap((output) => {
      const markup = "data" in output ? output.data["text/html"] : undefined;
      return typeof markup === "string" && !isPlain(markup) ? [markup] : [];
    })
  );
}

/** The page's text. */
export async function notebookPage(entry: Entry, options: PageOptions): Promise<string> {
  const { executed: { path }, session, charts, failure } = entry;
  let current: Cell | undefined;
  let figures = 0;
  let drawings = 0;
  const prose = new Prose({
    diagram: (source) => diagramFigure(source, options.diagrams, ++drawings),
    link: (address) => pageLink(address, options.stems),
    image: (address) => cellPicture(address, current, path),
  });
  const outputs: OutputOptions = {
    prose,
    nextId: () => `chart-${++figures}`,
    fileLink: (name) => `files/${session.stem}/${name}`,
  };
  const opening = prose.render(session.opening);
  const body: Html[] = [];
  for (const { cell, index } of session.sections.flatMap(({ cells }) => cells)) {
    current = cell;
    if (cell.cell_type === "code") {
      const rendered = await codeCell(cell, outputs, failure?.cell === index + 1);
      if (rendered !== undefined) body.push(rendered);
    } else if (cell.cell_type === "markdown") {
      body.push(fragment`<div class="prose">${prose.render(cell.source)}</div>\n`);
    }
  }
  const foreign = foreignMarkup(entry);
  const scripts = charts.length > 0 ? await Promise.all(CHART_LIBRARIES.map(library)) : [];
  const undrawn = markdownOf(entry).flatMap(diagramsIn).some((source) =>
    options.diagrams.get(source) === undefined
  );
  if (undrawn) scripts.push(await library(DIAGRAM_LIBRARY));
  scripts.push(await pageScript());
  const contents = tableOfContents(prose.headings);
  return await toDocument({
    title: session.title,
    description: session.question,
    bodyClass: "notebook",
    scripts,
    frameScripts: foreign.length > 0 ? [FRAME_SCRIPT, ...foreign.flatMap(scriptsIn)] : [],
    body: fragment`<nav class="contents" aria-label="Contents">
<p class="home"><a href="index.html">All sessions</a></p>
<details open><summary>Contents</summary>${contents}</details>
<p class="tools"><button type="button" id="toggle-code" hidden>Show all code</button></p>
</nav>
<main>
${header(entry, opening, options.documents)}
${body}
${checks(entry)}
</main>`,
  });
}
