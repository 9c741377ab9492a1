import { assertEquals, assertStringIncludes } from "@std/assert";
import { foldedCode, highlight, summarize } from "../../../scripts/report/code.ts";

Deno.test("summarize() takes the leading comment, or the first line that is no import", () => {
  const cases: [string, string, boolean][] = [
    ["// Two beats lost.\nconst a = 1;", "Two beats lost.", true],
    ["/** The detector. */\nclass D {}", "The detector.", true],
    ["/**\n * The detector.\n */", "The detector.", true],
    ['\n\nimport { a } from "b";\nconst c = a;', "const c = a;", false],
    ['import {\n  a,\n  type B,\n} from "b";\nimport "c";\nconst d = a;', "const d = a;", false],
    ['import { a } from "b"\nconst d = "x";', 'const d = "x";', false],
    ['import { a } from "b";', 'import { a } from "b";', false],
    ["", "", false],
  ];
  for (const [source, text, isComment] of cases) {
    assertEquals(summarize(source), { text, isComment }, source);
  }
});

Deno.test("highlight() escapes code in any language", () => {
  assertStringIncludes(String(highlight("a < b", "typescript")), "a &lt; b");
  assertEquals(String(highlight("<script>", "no-such-language")), "&lt;script&gt;");
});

Deno.test("foldedCode() counts lines and says when it is open", () => {
  const text = String(foldedCode("a;\nb;\n\n", "7", true));
  assertStringIncludes(text, '<details class="code" open>');
  assertStringIncludes(text, "2 lines");
  assertStringIncludes(String(foldedCode("a;", "")), "1 line<");
});
