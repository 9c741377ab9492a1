import { assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { cards, cardsOf, formatCards } from "../../scripts/cards.ts";
import { formatNotebook } from "../../scripts/notebook/nbformat.ts";
import { type Cell, newNotebook, type Notebook } from "../../scripts/notebook/notebook.ts";
import { allNotebooks } from "../../scripts/select.ts";
import { runCommand } from "../../scripts/usage.ts";
import { withFolder } from "../with_folder.ts";
import { prose } from "./report/fixture.ts";

function folded(question: string, answer: string): string {
  return `<details><summary>${question}</summary>\n\n${answer}\n\n</details>\n`;
}

function notebookOf(...cells: Cell[]): Notebook {
  return { ...newNotebook(), cells };
}

function session(...questions: string[]): Notebook {
  return notebookOf(
    prose("# 7. Quotas"),
    prose(`### Exercises\n\n${folded("Answer", "Of an exercise.")}`),
    prose(`### Interview questions\n\n${questions.join("\n")}`),
  );
}

const PATH = "notebooks/week-02/07-quotas.ipynb";

Deno.test("cardsOf() takes the interview questions, and no exercise", () => {
  const [card, ...others] = cardsOf(PATH, session(folded("Why *one*?", "Because **two**.")));
  assertEquals(others, []);
  assertEquals(card, {
    id: "session-07: Why *one*?",
    question: "Why <em>one</em>?",
    answer: "<p>Because <strong>two</strong>.</p>",
    tags: ["session-07", "week-2"],
  });
});

Deno.test("cardsOf() writes mathematics as Anki reads it", () => {
  const answer = "At $a < b$:\n\n$$\\frac{a}{b}$$";
  const [card] = cardsOf(PATH, session(folded("When?", answer)));
  assertMatch(card.answer, /At \\\(a &lt; b\\\):/);
  assertMatch(card.answer, /\\\[\\frac\{a\}\{b\}\\\]/);
});

Deno.test("cardsOf() a notebook without questions has none", () => {
  assertEquals(cardsOf("any.ipynb", notebookOf(prose("# Any"))), []);
});

Deno.test("formatCards() keeps quotes, tabs and line ends within their field", () => {
  const text = formatCards([{ id: "1", question: 'a "b"', answer: "c\td\ne", tags: ["x", "y"] }]);
  assertEquals(text.split("\n").filter((line) => line.startsWith("#")), [
    "#separator:tab",
    "#html:true",
    "#notetype:Basic",
    "#deck:System Design Workshop",
    "#guid column:1",
    "#tags column:4",
  ]);
  assertEquals(text.endsWith('"1"\t"a ""b"""\t"c\td\ne"\t"x y"\n'), true);
});

Deno.test("cards() gives every session three cards or more, each known by its own id", () =>
  withFolder(async (folder) => {
    const out = join(folder, "deck", "cards.txt");
    assertEquals(await cards(["--out", out]), 0);
    const text = await Deno.readTextFile(out);
    const ids = [...text.matchAll(/^"(session-\d\d): .*?"\t/gm)];
    assertEquals(new Set(ids.map(([id]) => id)).size, ids.length);
    const counts = Map.groupBy(ids, ([, session]) => session);
    const sessions = (await allNotebooks()).filter((path) => /[\\/]\d\d-[^\\/]*$/.test(path));
    assertEquals(counts.size, sessions.length);
    assertEquals([...counts.values()].filter((of) => of.length < 3), []);
  }));

Deno.test("cards() of one notebook by its path; status 2 for one that is not there", () =>
  withFolder(async (folder) => {
    const path = join(folder, "07-quotas.ipynb");
    await Deno.writeTextFile(path, formatNotebook(session(folded("Why?", "So."))));
    const out = join(folder, "cards.txt");
    assertEquals(await cards([path, "--out", out]), 0);
    assertMatch(await Deno.readTextFile(out), /\t"Why\?"\t"<p>So\.<\/p>"\t"session-07"\n$/);
    assertEquals(await runCommand(() => cards([join(folder, "08.ipynb")])), 2);
  }));
