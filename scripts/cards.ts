/**
 * `deno task cards`: the interview questions as flash cards, in one text file that Anki imports.
 *
 * A question is a card, the folded answer its back, session and week its tags. A card is known again by session and
 * question: importing a newer file updates answers and keeps what Anki knows about the learner. Mathematics is
 * written as Anki's MathJax reads it.
 *
 * Format: docs.ankiweb.net/importing/text-files.html, tab-separated, with headers (Anki 2.1.54 and later).
 *
 * @module
 */
import { Marked } from "marked";
import { dirname, join, resolve } from "node:path";
import { parseNotebook } from "./notebook/nbformat.ts";
import type { Notebook } from "./notebook/notebook.ts";
import { escapeHtml } from "./report/html.ts";
import { mathTokens } from "./report/math.ts";
import { readSession } from "./report/session.ts";
import { displayName, ROOT, selectNotebooks } from "./select.ts";
import { print } from "./terminal.ts";
import { callingFolder, parseFlags, runCommand } from "./usage.ts";
import { writeWhole } from "./write_file.ts";

const HELP = `Writes the interview questions as flash cards that Anki imports (File, Import)

deno task cards [01 week-08 path/to/any.ipynb …]
  --out FILE   where they go (default: out/cards.txt)
  --help`;

export interface Card {
  /** The same for the same question of the same session, whatever the answer. */
  id: string;
  /** HTML. */
  question: string;
  /** HTML. */
  answer: string;
  tags: string[];
}

const INTERVIEW = /^### Interview questions$/m;
const FOLDED = /<details>\s*<summary>([\s\S]*?)<\/summary>([\s\S]*?)<\/details>/g;

const forAnki = new Marked({ gfm: true }, {
  extensions: mathTokens((tex, isDisplayed) => {
    const [open, close] = isDisplayed ? ["\\[", "\\]"] : ["\\(", "\\)"];
    return `${open}${escapeHtml(tex)}${close}`;
  }),
});

/** The cards of one notebook, in its order. */
export function cardsOf(path: string, notebook: Notebook): Card[] {
  const session = readSession(path, notebook);
  const prose = notebook.cells.filter((cell) => cell.cell_type === "markdown")
    .map((cell) => cell.source).join("\n\n");
  const [, part = ""] = prose.split(INTERVIEW);
  const tags = [
    `session-${session.number ?? session.stem}`,
    ...(session.week === undefined ? [] : [`week-${session.week}`]),
  ];
  return [...part.matchAll(FOLDED)].map(([, question, answer]) => ({
    id: `${tags[0]}: ${question.trim()}`,
    question: forAnki.parseInline(question.trim(), { async: false }),
    answer: forAnki.parse(answer.trim(), { async: false }).trim(),
    tags,
  }));
}

/** A field as the text format has it: quoted, so that it may hold tabs, line ends and quotes. */
function field(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}

/** The file that Anki imports. */
export function formatCards(cards: readonly Card[]): string {
  const head = [
    "#separator:tab",
    "#html:true",
    "#notetype:Basic",
    "#deck:System Design Workshop",
    "#guid column:1",
    "#tags column:4",
  ];
  const lines = cards.map(({ id, question, answer, tags }) =>
    [id, question, answer, tags.join(" ")].map(field).join("\t")
  );
  return [...head, ...lines].join("\n") + "\n";
}

/** The command; its exit status. @throws {UsageError} for wrong usage */
export async function cards(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseFlags(args, {
    out: { type: "string" },
    help: { type: "boolean", short: "h" },
  });
  if (values.help) {
    print(HELP);
    return 0;
  }
  const all: Card[] = [];
  for (const path of await selectNotebooks(positionals)) {
    const found = cardsOf(path, parseNotebook(await Deno.readTextFile(path), displayName(path)));
    print(`${displayName(path)}: ${found.length} cards`);
    all.push(...found);
  }
  const out = values.out === undefined
    ? join(ROOT, "out", "cards.txt")
    : resolve(callingFolder(), `${values.out}`);
  await Deno.mkdir(dirname(out), { recursive: true });
  await writeWhole(out, formatCards(all));
  print(`Cards: ${displayName(out)}`);
  return 0;
}

if (import.meta.main) Deno.exit(await runCommand(() => cards(Deno.args)));
