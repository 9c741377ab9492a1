import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { join } from "node:path";
import { indexTable, insertPart, publishedTable, renderReadme } from "../../scripts/readme.ts";
import { ROOT } from "../../scripts/select.ts";

const readme = await Deno.readTextFile(join(ROOT, "README.md"));

Deno.test("README.md lists the sessions that are there: deno task readme writes it", async () => {
  assertEquals(await renderReadme(), readme);
});

Deno.test("README.md names only tasks that exist", async () => {
  const config = await Deno.readTextFile(join(ROOT, "deno.json"));
  const names = [...readme.matchAll(/(?:deno|deno@\S+) task ([a-z]+)/g)].map(([, name]) => name);
  assert(names.length > 10);
  for (const name of names) assertMatch(config, new RegExp(`"${name}": "deno run`), name);
});

Deno.test(".ci/run is the test command of README.md", async () => {
  const command = "npx -y deno@2.9.6 task test";
  assert(readme.includes(`\`\`\`sh\n${command}\n\`\`\``));
  const script = await Deno.readTextFile(join(ROOT, ".ci", "run"));
  assertEquals(script.trimEnd().split("\n").at(-1), command);
});

const row = {
  path: "notebooks/week-02/09-x.ipynb",
  number: "09",
  title: "X",
  question: "Why?",
  published: [
    { name: "a | b", source: "Paper", expected: 0.1, got: 0.1019, tolerance: 0.05, pass: true },
    { name: "c", source: "Book", expected: 5, got: 5, unit: "s", tolerance: 0, pass: true },
  ],
};

Deno.test("indexTable() and publishedTable() have a row for each session and number", () => {
  assertEquals(
    indexTable([row]).split("\n").at(-1),
    "| 2 | [X](notebooks/week-02/09-x.ipynb) | Why? |",
  );
  assertEquals(publishedTable([row]).split("\n").slice(2), [
    "| [09](notebooks/week-02/09-x.ipynb) | a \\| b | 0.1 | 0.1019 | 5 % | Paper |",
    "| [09](notebooks/week-02/09-x.ipynb) | c | 5 s | 5 s | 0 % | Book |",
  ]);
});

Deno.test("README.md lists a published number of every session", () => {
  const [, part] = readme.split("<!-- published numbers: written by deno task readme -->");
  const [, index] = readme.split("<!-- sessions: written by deno task readme -->");
  const paths = [...index.split("<!-- end of sessions -->")[0].matchAll(/\((notebooks\/[^)]*)\)/g)];
  assert(paths.length > 0);
  for (const [, path] of paths) assert(part.includes(`](${path})`), path);
});

Deno.test("insertPart() replaces what is between the markers, and needs both", () => {
  const markers = readme.match(/<!-- .*sessions.* -->/g)!;
  const once = insertPart(`a\n${markers[0]}\nold\n${markers[1]}\nb`, "sessions", "new");
  assertMatch(once, /^a\n<!--[^]*\n\nnew\n\n<!--[^]*\nb$/);
  assert(!once.includes("old"));
  assertEquals(insertPart(once, "sessions", "new"), once);
  assertThrows(
    () => insertPart("a", "sessions", ""),
    Error,
    "Cannot write sessions: README.md must",
  );
});
