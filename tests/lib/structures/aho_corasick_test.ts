import { assertEquals, assertThrows } from "@std/assert";
import { integer, stream } from "lib/sim/random.ts";
import { AhoCorasick } from "lib/structures/aho_corasick.ts";

const encode = (text: string) => new TextEncoder().encode(text);

Deno.test("AhoCorasick.find() agrees with indexOf on random words and texts", () => {
  for (let seed = 0; seed < 150; seed++) {
    const random = stream(seed, "aho");
    const letters = (most: number) =>
      Array.from({ length: 1 + integer(random, most) }, () => "ab"[integer(random, 2)]).join("");
    const words = [...new Set(Array.from({ length: 6 }, () => letters(5)))];
    const text = letters(80);
    const expected = words.flatMap((word) => {
      const spans = [];
      for (let at = text.indexOf(word); at !== -1; at = text.indexOf(word, at + 1)) {
        spans.push({ start: at, end: at + word.length });
      }
      return spans;
    }).sort((a, b) => a.end - b.end || a.start - b.start);
    assertEquals(new AhoCorasick(words).find(encode(text)), expected);
  }
});

Deno.test("AhoCorasick.step() finds a literal that is cut anywhere", () => {
  const finder = new AhoCorasick(["señor", "ño"]), bytes = encode("el señor");
  let state = 0;
  const ends = [];
  for (const [n, byte] of bytes.entries()) {
    state = finder.step(state, byte);
    if (finder.isEnding[state] === 1) ends.push([n + 1, ...finder.endings[state]]);
  }
  assertEquals(ends, [[8, 1], [9, 0]]);
  assertEquals(finder.longest, 6);
});

Deno.test("AhoCorasick without literals finds nothing, and refuses an empty one", () => {
  assertEquals(new AhoCorasick([]).find(encode("abc")), []);
  assertThrows(() => new AhoCorasick(["a", ""]), RangeError, "each literal must have a byte");
});
