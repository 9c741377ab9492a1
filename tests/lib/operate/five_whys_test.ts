import { assert, assertEquals, assertThrows } from "@std/assert";
import { fiveWhys, leaves, type Why, whysMarkdown } from "lib/operate/five_whys.ts";

const input = Object.freeze({
  impact: "30 s slower pages",
  users: 1200,
  minutes: 14,
  cause: "a full queue",
  model: {
    name: "Back-pressure triangle",
    tension: "delay or loss",
    indicators: ["queue depth", "age"],
    interventions: ["bound the queue", "carry the deadline", "cap retries"],
  },
});

const depth = (why: Why): number => 1 + Math.max(0, ...why.because.map(depth));

Deno.test("fiveWhys() begins at the users and goes five deep", () => {
  const tree = fiveWhys(input);
  assertEquals(tree.answer, "1,200 users × 14 minutes = 16,800 user-minutes: 30 s slower pages");
  assertEquals(depth(tree), 5);
  assertEquals(tree, fiveWhys(input));
});

Deno.test("fiveWhys() ends every branch in something that somebody can change", () => {
  const changes = leaves(fiveWhys(input)).map(({ change }) => change);
  assertEquals(changes, [
    "bound the queue",
    "alert on queue depth, age",
    "practise: carry the deadline",
    "practise: cap retries",
  ]);
});

Deno.test("fiveWhys() refuses to go on until impact is a number with a unit", () => {
  for (const impact of ["", "slow pages", "12"]) {
    assertThrows(() => fiveWhys({ ...input, impact }), TypeError, "ask the users before");
  }
  assertThrows(() => fiveWhys({ ...input, users: 0 }), RangeError, "users must be above 0");
  assertThrows(() => fiveWhys({ ...input, minutes: NaN }), RangeError, "minutes must be above 0");
  const model = { ...input.model, interventions: [] };
  assertThrows(() => fiveWhys({ ...input, model }), RangeError, "without");
});

Deno.test("whysMarkdown() writes text as text", () => {
  const markdown = whysMarkdown(fiveWhys({ ...input, cause: "a <b> | *queue*\nfull" }));
  assert(markdown.includes("a \\<b\\> \\| \\*queue\\* full."));
  assertEquals(markdown.split("\n").filter((line) => line.includes("**Change:**")).length, 4);
});
