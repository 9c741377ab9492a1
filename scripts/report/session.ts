/**
 * What a notebook says of itself: number, week, title, question, sections.
 *
 * @module
 */
import { marked, type Token, type Tokens } from "marked";
import type { Cell, Notebook } from "../notebook/notebook.ts";
import { stem } from "../select.ts";

export interface Session {
  /** The file's name without its ending. */
  stem: string;
  /** Two digits; `undefined` for a notebook that is none of ours. */
  number?: string;
  week?: number;
  title: string;
  /** The first paragraph that is bold throughout, as Markdown without the asterisks. */
  question?: string;
  /** What stands between the title and the first section, without title and question. */
  opening: string;
  sections: Section[];
}

export interface Section {
  /** Empty for cells before the first heading. */
  title: string;
  cells: { index: number; cell: Cell }[];
}

function isBold(token: Token): token is Tokens.Paragraph {
  return token.type === "paragraph" && token.tokens?.length === 1 &&
    token.tokens[0].type === "strong";
}

/** Splits off title and question from the first Markdown cell. */
function readOpening(markdown: string) {
  let title: string | undefined;
  let question: string | undefined;
  const rest = marked.lexer(markdown).filter((token) => {
    if (title === undefined && token.type === "heading" && token.depth === 1) {
      title = token.text;
      return false;
    }
    if (question === undefined && isBold(token)) {
      question = (token.tokens[0] as Tokens.Strong).text;
      return false;
    }
    return true;
  });
  return { title, question, opening: rest.map((token) => token.raw).join("").trim() };
}

/** The first second-level heading of a Markdown cell. */
function sectionTitle(cell: Cell): string | undefined {
  if (cell.cell_type !== "markdown") return undefined;
  const heading = marked.lexer(cell.source).find((token) =>
    token.type === "heading" && token.depth === 2
  ) as Tokens.Heading | undefined;
  return heading?.text;
}

/** Reads a notebook's outline. */
export function readSession(path: string, notebook: Notebook): Session {
  const name = stem(path);
  const number = /^(\d\d)-/.exec(name)?.[1];
  const week = /(?:^|[\\/])week-(\d+)[\\/]/.exec(path)?.[1];
  const cells = notebook.cells.map((cell, index) => ({ cell, index }));
  const first = cells.find(({ cell }) => cell.source.trim() !== "");
  const start = first?.cell.cell_type === "markdown"
    ? readOpening(first.cell.source)
    : { title: undefined, question: undefined, opening: "" };
  const sections: Section[] = [{ title: "", cells: [] }];
  for (const entry of cells) {
    if (entry === first && first.cell.cell_type === "markdown") continue;
    const title = sectionTitle(entry.cell);
    if (title !== undefined) sections.push({ title, cells: [] });
    sections.at(-1)!.cells.push(entry);
  }
  return {
    stem: name,
    number,
    week: week === undefined ? undefined : Number(week),
    title: start.title?.replace(/^\d+\s*[.·:–-]\s*/, "") ?? name,
    question: start.question,
    opening: start.opening,
    sections,
  };
}
