/**
 * The design document of a session: the executed notebook without its code and its lessons, as one
 * Markdown text with pictures.
 *
 * Sections stay in the notebook's order. What frames the design, weighs it and operates it is kept whole; of
 * assumptions, deep dive and hands-on only what the cells showed, under its headings; predictions,
 * exercises and interview questions are left out. Key results come first and checks last, from the
 * facts.
 *
 * @module
 */
import { marked, type Token, type Tokens } from "marked";
import { wordsOf } from "../../lib/show/chart/channel.ts";
import { hasTag, type Output } from "../notebook/notebook.ts";
import { type EmittedFile, FACTS } from "../run/facts.ts";
import { markdownTable } from "../run/sweep.ts";
import { type Chart, chartOf } from "./chart.ts";
import type { Entry } from "./entry.ts";
import { artefactPath } from "./files.ts";
import { isPlain } from "./html_output.ts";
import { formatValue } from "./number.ts";
import { pictureAddress, withoutAnsi } from "./output.ts";

/** Sections of which only what the cells showed is kept. */
const EVIDENCE_ONLY = /^(assumptions|deep[ -]dive|hands[ -]on)\b/i;
const LESSONS = /^(exercises?|interview|(your |a )?prediction|predict|discovery)\b/i;

export interface DesignDocument {
  markdown: string;
  /** Charts by the path at which the Markdown expects their pictures. */
  pictures: Map<string, Chart>;
}

/** Collects the pieces of a document; headings wait until something follows them. */
class Outline {
  readonly #pieces: string[] = [];
  #pending: { depth: number; text: string }[] = [];
  /** Depth of the heading whose lesson is being left out. */
  #skipped: number | undefined;
  #isEvidence = false;

  add(piece: string): void {
    if (this.#skipped !== undefined || piece.trim() === "") return;
    this.#pieces.push(...this.#pending.map(({ text }) => text), piece.trim());
    this.#pending = [];
  }

  /** A heading; the second level starts a section. */
  addHeading({ depth, text, raw }: Tokens.Heading): void {
    if (this.#skipped !== undefined && depth <= this.#skipped) this.#skipped = undefined;
    if (this.#skipped === undefined && LESSONS.test(text)) this.#skipped = depth;
    if (depth <= 2) this.#isEvidence = EVIDENCE_ONLY.test(text);
    this.#pending = this.#pending.filter((heading) => heading.depth < depth);
    this.#pending.push({ depth, text: raw.trim() });
  }

  /** Prose; `leadsNowhere` when a code cell follows that shows nothing. */
  addProse(tokens: Token[], leadsNowhere: boolean): void {
    const prose: string[] = [];
    const flush = () => this.#isEvidence ? undefined : this.add(prose.splice(0).join(""));
    const last = tokens.findLast((token) => token.type !== "space");
    for (const token of tokens) {
      if (token.type === "heading") {
        flush();
        this.addHeading(token as Tokens.Heading);
      } else if (!(leadsNowhere && token === last && /:\**\s*$/.test(token.raw))) {
        prose.push(token.raw);
      }
    }
    flush();
  }

  toString(): string {
    return this.#pieces.join("\n\n") + "\n";
  }
}

function fenced(text: string): string {
  const fence = "`".repeat(Math.max(3, ...(text.match(/`+/g) ?? []).map((run) => run.length + 1)));
  return `${fence}text\n${withoutAnsi(text).trimEnd()}\n${fence}`;
}

/** An output as Markdown; empty for what the document has elsewhere. */
function toMarkdown(output: Output, entry: Entry): string {
  if (output.output_type === "stream") return output.name === "stdout" ? fenced(output.text) : "";
  if (output.output_type === "error") return `> **${output.ename}**: ${output.evalue}`;
  const { data } = output;
  const text = (type: string) => typeof data[type] === "string" ? data[type] as string : undefined;
  const fact = data[FACTS] as { kind: string } | undefined;
  if (/^(result|published|accept)$/.test(fact?.kind ?? "")) return "";
  if (fact?.kind === "file") {
    const { name } = fact as unknown as EmittedFile;
    return `File: [${name}](../${artefactPath(entry.session.stem, name)})`;
  }
  const markup = text("text/html");
  // A blank line would end the HTML block.
  if (markup !== undefined && isPlain(markup)) return markup.replace(/\n\s*\n/g, "\n");
  const markdown = text("text/markdown");
  if (markdown !== undefined) return markdown;
  const picture = pictureAddress(data);
  const plain = text("text/plain");
  if (picture !== undefined) return `![${plain ?? "Picture"}](${picture.address})`;
  return plain === undefined ? "" : fenced(plain);
}

function checks({ facts }: Entry): string {
  const published = facts.published.map((row) =>
    `- ${row.name}: published ${formatValue(row.expected, row.unit)}, ours ` +
    `${formatValue(row.got, row.unit)}${row.pass ? "" : " (**missed**)"}. ${row.source}`
  );
  const accepted = facts.accepted.map((row) =>
    `- ${row.pass ? "Holds" : "**Does not hold**"}: ${row.name}. ${row.detail}`
  );
  const sections = [
    published.length > 0 && `## Numbers of others, reproduced\n\n${published.join("\n")}`,
    accepted.length > 0 && `## Acceptance\n\n${accepted.join("\n")}`,
  ];
  return sections.map((section) => section ? `\n${section}\n` : "").join("");
}

function opening({ session, facts, changes, failure }: Entry): string {
  const rows = facts.results.map(({ name, text }) => [wordsOf(name), text]);
  return [
    `# ${session.title}`,
    session.question && `**${session.question}**`,
    changes.length > 0 && `Written with ${changes.join(", ")}; all else at the defaults.`,
    failure && `**The notebook stopped before its end: ${failure.message}**`,
    session.number === undefined && session.opening,
    rows.length > 0 && `## Key results\n\n${markdownTable([["Result", "Value"], ...rows])}`,
  ].filter((piece) => typeof piece === "string" && piece !== "").join("\n\n");
}

/** Assembles the document. */
export function designDocument(entry: Entry): DesignDocument {
  const outline = new Outline();
  const pictures = new Map<string, Chart>();
  outline.add(opening(entry));
  const cells = entry.session.sections.flatMap((section) => section.cells.map(({ cell }) => cell));
  const outputs = cells.map((cell) => {
    if (cell.cell_type !== "code" || hasTag(cell, "remove-output")) return "";
    return cell.outputs.map((output) => {
      const spec = chartOf(output)?.spec;
      const chart = entry.charts.find((candidate) => candidate.spec === spec);
      if (chart === undefined) return toMarkdown(output, entry);
      const path = `charts/${entry.session.stem}/${chart.slug}.svg`;
      pictures.set(path, chart);
      return `![${chart.description.replace(/[[\]\n]/g, " ")}](${path})`;
    }).filter((piece) => piece !== "").join("\n\n");
  });
  for (const [i, cell] of cells.entries()) {
    const leadsNowhere = cells[i + 1]?.cell_type === "code" && outputs[i + 1] === "";
    if (cell.cell_type === "markdown") outline.addProse(marked.lexer(cell.source), leadsNowhere);
    else outline.add(outputs[i]);
  }
  return { markdown: outline.toString() + checks(entry), pictures };
}
