import { assertEquals, assertStringIncludes } from "@std/assert";
import { fragment } from "../../../scripts/report/html.ts";
import { Prose, tableOfContents, withoutLooseUnits } from "../../../scripts/report/prose.ts";

function newProse(): Prose {
  return new Prose({
    diagram: (source) => fragment`<figure>${source}</figure>`,
    link: (address) => address.endsWith(".ipynb") ? "there.html" : undefined,
    image: (address) => address === "here.png" ? "data:image/png;base64,AAAA" : undefined,
  });
}

function render(markdown: string): string {
  return String(newProse().render(markdown));
}

Deno.test("Prose.render() sets mathematics as MathML, in a line and on its own", () => {
  const text = render("At $h = 2$ it is:\n\n$$\nE[T] = \\frac{1}{\\mu - \\lambda}\n$$\n\nDone.");
  assertEquals(text.match(/<math/g)?.length, 2);
  assertStringIncludes(text, '<math xmlns="http://www.w3.org/1998/Math/MathML" display="block"');
  assertStringIncludes(text, "<mfrac>");
  assertStringIncludes(text, "<p>Done.</p>");
});

Deno.test("Prose.render() leaves money, code and escaped dollars alone", () => {
  for (
    const text of ["It costs $5, then $10.", "Run `echo $A $B` now.", "Pay \\$x\\$.", "A $ b $ c"]
  ) {
    assertEquals(render(text).includes("<math"), false, text);
  }
});

Deno.test("Prose.render() shows a formula with a mistake instead of failing", () => {
  assertStringIncludes(render("$\\frac{1$"), "katex-error");
});

Deno.test("Prose.render() makes heading ids that are unique in the page", () => {
  const prose = newProse();
  prose.render("## Hands-on: $p$ & more\n\n### Loss");
  const again = String(prose.render("### Loss\n\n## ???"));
  assertStringIncludes(again, 'id="loss-2"');
  assertEquals(prose.headings.map(({ id }) => id), [
    "hands-on-p-more",
    "loss",
    "loss-2",
    "section",
  ]);
});

Deno.test("Prose.render() draws Mermaid fences and highlights others", () => {
  const text = render("```mermaid\nflowchart LR\nA --> B\n```\n\n```sql\nselect 1;\n```\n");
  assertStringIncludes(text, "<figure>flowchart LR\nA --&gt; B</figure>");
  assertStringIncludes(text, '<span class="hljs-keyword">select</span>');
});

Deno.test("Prose.render() keeps folded answers and their Markdown", () => {
  const text = render("<details>\n<summary>Answer</summary>\n\nA **late** beat.\n\n</details>");
  assertStringIncludes(text, "<summary>Answer</summary>");
  assertStringIncludes(text, "<p>A <strong>late</strong> beat.</p>");
});

Deno.test("Prose.render() resolves addresses, and loads none from elsewhere", () => {
  const text = render(
    "[a](x.ipynb) [b](lib/y.ts) [c](https://example.com) [d](javascript:alert(1)) " +
      "![e](here.png) ![f](https://example.com/f.png) ![g](gone.png)",
  );
  assertStringIncludes(text, '<a href="there.html"');
  assertStringIncludes(text, '<span class="path" title="lib/y.ts">b</span>');
  assertStringIncludes(text, '<a href="https://example.com"');
  assertStringIncludes(text, '<img src="data:image/png;base64,AAAA" alt="e">');
  assertStringIncludes(text, ">Picture: f</a>");
  assertStringIncludes(text, ">Picture: g</span>");
  assertEquals(/(src|href)="(javascript|gone)/.test(text), false);
  assertEquals(text.match(/<img/g)?.length, 1);
});

Deno.test("tableOfContents() nests parts under their sections", () => {
  const prose = newProse();
  prose.render("### Early\n\n## One\n\n### <b>Part</b> & co\n\n## Two");
  const text = String(tableOfContents(prose.headings)).replace(/\s*\n\s*/g, "");
  assertEquals(
    text,
    '<ol><li><a href="#one">One</a><ol><li><a href="#part-co">Part &amp; co</a></li></ol></li>' +
      '<li><a href="#two">Two</a></li></ol>',
  );
});

Deno.test("withoutLooseUnits() keeps a number and its unit on one line, outside of code", () => {
  const cases: [string, string][] = [
    ["in **132 s**, 5 % more", "in **132\u00a0s**, 5\u00a0% more"],
    ["33.3 M beats/s of 12 kB/s", "33.3\u00a0M beats/s of 12\u00a0kB/s"],
    ["3 services, 2 sets, 10 books", "3 services, 2 sets, 10 books"],
    ["`5 s` and $5 s$ stay", "`5 s` and $5 s$ stay"],
    ["```\n5 s\n```\n5 s", "```\n5 s\n```\n5\u00a0s"],
  ];
  for (const [text, expected] of cases) assertEquals(withoutLooseUnits(text), expected);
});
