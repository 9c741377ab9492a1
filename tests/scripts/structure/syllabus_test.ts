import { assert, assertEquals } from "@std/assert";
import { quotes, readSyllabus, sessionOf } from "../../../scripts/structure/syllabus.ts";

Deno.test("readSyllabus() has 42 sessions in 8 weeks, each with what a notebook must answer", async () => {
  const syllabus = await readSyllabus();
  assertEquals(syllabus.map(({ number }) => number), Array.from({ length: 42 }, (_, i) => i + 1));
  assertEquals(new Set(syllabus.map(({ week }) => week)).size, 8);
  for (const session of syllabus) {
    assert(session.tradeOffs.length >= 3, `${session.slug} needs its trade-offs`);
    assert(session.tradeOffs.every((pair) => pair.includes(" vs. ")), session.slug);
    assert(session.handsOn.length >= 1, `${session.slug} needs its hands-on prompts`);
    assert(session.slug.startsWith(String(session.number).padStart(2, "0")), session.slug);
  }
});

Deno.test("sessionOf() goes by the name of the file", async () => {
  const syllabus = await readSyllabus();
  const path = "notebooks/week-07/38-distributed-task-scheduler.ipynb";
  assertEquals(sessionOf(path, syllabus)?.number, 38);
  assertEquals(sessionOf("notes.ipynb", syllabus), undefined);
});

Deno.test("quotes() ignores case, punctuation and line breaks, and nothing else", () => {
  const prompt = "Cache-only vs. cache + source of truth";
  assert(quotes("> **cache-only** vs cache +\nsource of truth.", prompt));
  assert(quotes("Cache-only versus cache + source of truth", prompt));
  assert(!quotes("cache-only vs. cache and source of truth", prompt));
  assert(!quotes("precache-only vs. cache + source of truth", prompt));
  assert(!quotes("", prompt));
});
