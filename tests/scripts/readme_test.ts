import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { join } from "node:path";
import { insertIndex, renderReadme } from "../../scripts/readme.ts";
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

Deno.test("insertIndex() replaces what is between the markers, and needs both", () => {
  const markers = readme.match(/<!-- .* -->/g)!;
  const rows = [{ path: "notebooks/week-02/09-x.ipynb", title: "X", question: "Why?" }];
  const once = insertIndex(`a\n${markers[0]}\nold\n${markers[1]}\nb`, rows);
  assertMatch(
    once,
    /^a\n<!--[^]*\| 2 \| \[X\]\(notebooks\/week-02\/09-x\.ipynb\) \| Why\? \|[^]*\nb$/,
  );
  assert(!once.includes("old"));
  assertEquals(insertIndex(once, rows), once);
  assertThrows(() => insertIndex("a", rows), Error, "Cannot write index: README.md must hold");
});
