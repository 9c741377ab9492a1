import { assert, assertEquals, assertThrows } from "@std/assert";
import { retro, type RetroInput } from "lib/operate/retro.ts";
import { marked } from "marked";

const input: RetroInput = Object.freeze({
  incident: {
    title: 'Größe | <script>alert("x")</script> 火',
    impact: "1,200 users × 14 minutes",
    source: "https://example.org/report",
  },
  models: [{ name: "Hot path", question: "Which step dominates p99 | p50?" }],
  timeline: [{ at: "10:02", what: "deployed <v2>" }, { at: "10:16", what: "rolled\nback" }],
  participants: ["on call", "product"],
});

Deno.test("retro() shares out exactly the time there is", () => {
  for (let minutes = 5; minutes <= 90; minutes++) {
    const { agenda } = retro({ ...input, minutes });
    assertEquals(agenda.length, 5);
    assertEquals(agenda.reduce((sum, slot) => sum + slot.minutes, 0), minutes);
    agenda.reduce((from, slot) => {
      assertEquals(slot.from, from);
      assert(slot.minutes >= 1);
      return from + slot.minutes;
    }, 0);
  }
  assertEquals(retro(input).agenda.map(({ minutes }) => minutes), [4, 6, 9, 6, 5]);
});

Deno.test("retro() refuses an agenda that is too long, with the surplus", () => {
  const slots = [{ title: "talk", minutes: 37, script: "" }];
  assertThrows(() => retro({ ...input, slots }), RangeError, "received 37, 7 too many");
  assertThrows(() => retro({ ...input, minutes: 40, slots }), RangeError, "3 too few");
  assertThrows(() => retro({ ...input, minutes: 4 }), RangeError, "received 4");
});

Deno.test("retro() refuses to go without a timeline", () => {
  assertThrows(() => retro({ ...input, timeline: [] }), TypeError, "timeline must not be empty");
  assertThrows(() => retro({ ...input, models: [] }), TypeError, "models must not be empty");
});

Deno.test("retro() keeps unicode, and bars and tags as text, in both forms", () => {
  const { markdown, html } = retro(input);
  assertEquals(markdown, retro(input).markdown); // byte for byte
  const rendered = marked.parse(markdown, { async: false });
  assert(!rendered.includes("<script>") && !html.includes("<script>"));
  assert(rendered.includes("Größe | &lt;script&gt;") && html.includes("Größe | &lt;script&gt;"));
  // Four tables, and no row has a cell too many.
  assertEquals(rendered.match(/<table>/g)?.length, 4);
  assert(rendered.includes("<td>Which step dominates p99 | p50?</td>"));
  assertEquals(html.match(/<tr>/g)?.length, rendered.match(/<tr>/g)?.length);
  assert(rendered.includes('href="https://example.org/report"'));
});
