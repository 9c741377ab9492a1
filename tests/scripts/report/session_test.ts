import { assertEquals } from "@std/assert";
import { newNotebook } from "../../../scripts/notebook/notebook.ts";
import { readSession } from "../../../scripts/report/session.ts";
import { code, executedSession, prose } from "./fixture.ts";

Deno.test("readSession() reads title, question, number and week", () => {
  const { path, notebook } = executedSession();
  const session = readSession(path, notebook);
  assertEquals(session.number, "01");
  assertEquals(session.week, 1);
  assertEquals(session.title, "Designing an Online/Offline Indicator");
  assertEquals(session.question, "Who is online right now, for 50 million devices?");
  assertEquals(session.opening.startsWith("By the end you can defend"), true);
});

Deno.test("readSession() splits cells at second-level headings", () => {
  const cells = [prose("# T"), code("1"), prose("text\n\n## A\n\n### B"), code("2"), prose("## C")];
  const { sections } = readSession("t.ipynb", { ...newNotebook(), cells });
  assertEquals(sections.map(({ title, cells }) => [title, cells.map(({ index }) => index)]), [
    ["", [1]],
    ["A", [2, 3]],
    ["C", [4]],
  ]);
});

Deno.test("readSession() ignores a heading inside a code fence", () => {
  const cells = [prose("# T"), prose("```md\n## no section\n```")];
  const { sections } = readSession("t.ipynb", { ...newNotebook(), cells });
  assertEquals(sections.map(({ title }) => title), [""]);
});

Deno.test("readSession() takes a notebook without headings by its file name", () => {
  const notebook = newNotebook(["1"]);
  const session = readSession("/elsewhere/scratch.ipynb", notebook);
  assertEquals(session.title, "scratch");
  assertEquals([session.number, session.week, session.question], [undefined, undefined, undefined]);
  assertEquals(session.sections[0].cells.length, 1);
});
