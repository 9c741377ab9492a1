/**
 * Every session of the workshop follows the recipe: the rules of `scripts/structure/`, a step each.
 *
 * What lies beside the weeks, such as the tour of the services, is no session: only the rules for its cells hold.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { parseNotebook } from "../scripts/notebook/nbformat.ts";
import { allNotebooks, displayName, ROOT } from "../scripts/select.ts";
import { CELL_RULES, RULES } from "../scripts/structure/rules.ts";
import { readSyllabus, sessionOf } from "../scripts/structure/syllabus.ts";

const syllabus = await readSyllabus();

const inNotebooks = /^notebooks\/[^/]+\.ipynb$/;

async function checkRules<Candidate>(
  t: Deno.TestContext,
  rules: Record<string, (candidate: Candidate) => string[]>,
  candidate: Candidate & { path: string },
): Promise<void> {
  const name = displayName(candidate.path);
  for (const [rule, check] of Object.entries(rules)) {
    await t.step(rule, () => {
      const problems = check(candidate);
      assert(problems.length === 0, problems.map((problem) => `\n${name}: ${problem}`).join(""));
    });
  }
}

for (const path of await allNotebooks(ROOT)) {
  const name = displayName(path);
  if (inNotebooks.test(name)) {
    Deno.test(`${name} has cells that a reader can follow`, async (t) => {
      const text = await Deno.readTextFile(path);
      await checkRules(t, CELL_RULES, { path, notebook: parseNotebook(text, name), text });
    });
    continue;
  }
  Deno.test(`${name} follows the recipe`, async (t) => {
    const session = sessionOf(path, syllabus);
    assert(session !== undefined, "its name must be that of a session in data/syllabus.json");
    const week = String(session.week).padStart(2, "0");
    assertEquals(name, `notebooks/week-${week}/${session.slug}.ipynb`);
    const text = await Deno.readTextFile(path);
    const notebook = parseNotebook(text, name);
    await checkRules(t, RULES, { path, notebook, text, session });
  });
}
