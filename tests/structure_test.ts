/**
 * Every notebook of the workshop follows the recipe: the rules of `scripts/structure/`, a step each.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { parseNotebook } from "../scripts/notebook/nbformat.ts";
import { allNotebooks, displayName, ROOT } from "../scripts/select.ts";
import { RULES } from "../scripts/structure/rules.ts";
import { readSyllabus, sessionOf } from "../scripts/structure/syllabus.ts";

const syllabus = await readSyllabus();

for (const path of await allNotebooks(ROOT)) {
  const name = displayName(path);
  Deno.test(`${name} follows the recipe`, async (t) => {
    const session = sessionOf(path, syllabus);
    assert(session !== undefined, "its name must be that of a session in data/syllabus.json");
    const week = String(session.week).padStart(2, "0");
    assertEquals(name, `notebooks/week-${week}/${session.slug}.ipynb`);
    const text = await Deno.readTextFile(path);
    const notebook = parseNotebook(text, name);
    for (const [rule, check] of Object.entries(RULES)) {
      await t.step(rule, () => {
        const problems = check({ path, notebook, text, session });
        assert(problems.length === 0, problems.map((problem) => `\n${name}: ${problem}`).join(""));
      });
    }
  });
}
