import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { formatNotebook } from "../../../scripts/notebook/nbformat.ts";
import type { Cell, CodeCell } from "../../../scripts/notebook/notebook.ts";
import { type Candidate, RULES } from "../../../scripts/structure/rules.ts";
import { candidate, display } from "./good_notebook.ts";

function cell(parts: Candidate, id: string): Cell {
  return parts.notebook.cells.find((cell) => cell.id === id)!;
}

function code(parts: Candidate, id: string): CodeCell {
  return cell(parts, id) as CodeCell;
}

function codeCells(parts: Candidate): CodeCell[] {
  return parts.notebook.cells.filter((cell): cell is CodeCell => cell.cell_type === "code");
}

/** For each rule, ways to break it and what it then says. */
const BROKEN: [rule: string, change: (parts: Candidate) => void, message: string][] = [
  [
    "has its headings in order",
    (parts) => cell(parts, "heading-4").source = "## Deep Dive",
    "missing: Deep dive",
  ],
  [
    "has its headings in order",
    (parts) => parts.notebook.cells.push(...parts.notebook.cells.splice(1, 2)),
    'received "## Assumptions"',
  ],
  [
    "opens with title, question and minutes",
    (parts) => cell(parts, "title").source = "# 01. Presence\n\n**Who is online?**",
    "how many minutes",
  ],
  [
    "opens with title, question and minutes",
    (parts) => cell(parts, "title").source = "# 01. Presence\n\nWho is online? 60 minutes",
    "a bold paragraph that ends with ?",
  ],
  [
    "opens with title, question and minutes",
    (parts) => parts.session.number = 2,
    "its number must be 2",
  ],
  [
    "has one parameters cell",
    (parts) => cell(parts, "code-1").metadata = {},
    "tagged parameters: received 0",
  ],
  [
    "has one parameters cell",
    (parts) => cell(parts, "code-4").metadata = { tags: ["parameters"] },
    "received 2 under Assumptions, Deep dive",
  ],
  [
    "has charts that explain themselves",
    (parts) => code(parts, "code-3").outputs = [],
    "at least 4 charts: received 3",
  ],
  [
    "has charts that explain themselves",
    (parts) =>
      code(parts, "code-3").outputs[0] = display({ "application/vnd.vegalite.v5+json": {} }),
    'chart "untitled": its title must be its finding',
  ],
  [
    "asserts",
    (parts) => codeCells(parts).forEach((cell) => cell.source = "// assert(true)"),
    "received no assert",
  ],
  [
    "quotes the syllabus",
    (parts) => cell(parts, "heading-5").source = "## Hands-on",
    'missing "Code a heartbeat daemon with jitter, inject packet loss"',
  ],
  [
    "quotes the syllabus",
    (parts) => cell(parts, "heading-6").source = "## Trade-offs\n\n### Push vs. pull updates",
    'missing "cache-only vs. cache + source of truth"',
  ],
  [
    "reproduces a published number",
    (parts) => codeCells(parts).forEach((cell) => cell.outputs = []),
    "received none",
  ],
  [
    "folds the answers of its exercises",
    (parts) => cell(parts, "heading-9").source = "## What we learned\n<details>one</details>",
    "received 1",
  ],
  [
    "has short cells",
    (parts) => cell(parts, "code-4").source = "1;\n".repeat(26),
    "cell 11: a cell must have at most 25 lines: received 26",
  ],
  [
    "has no absolute path",
    (parts) => cell(parts, "code-4").source = 'read("/home/ada/beats.csv");',
    "received /home/ada/beats.csv",
  ],
  [
    "has no absolute path",
    (parts) =>
      code(parts, "code-4").outputs.push(display({ "text/plain": "at file:///srv/lib/x.ts:1" })),
    "cell 11: it must hold no absolute path: received file:///srv/lib/x.ts:1",
  ],
  [
    "has no bare console call",
    (parts) => cell(parts, "code-4").source = "const a = 1;\nconsole.log(a);",
    "cell 11, line 2",
  ],
  [
    "has unique cell ids",
    (parts) => cell(parts, "code-4").id = "code-3",
    "cell 11: its id must be unique",
  ],
  [
    "has unique cell ids",
    (parts) => parts.text = formatNotebook(parts.notebook).replace(/ "id": "code-4",\n/, ""),
    "received undefined",
  ],
  [
    "was run once, from the top",
    (parts) => code(parts, "code-4").execution_count = 9,
    "cell 11: its execution count must be 5",
  ],
  [
    "was run once, from the top",
    (parts) => code(parts, "code-4").execution_count = null,
    "received none",
  ],
  [
    "holds no error",
    (parts) =>
      code(parts, "code-4").outputs.push(
        { output_type: "error", ename: "Error", evalue: "lost", traceback: [] },
      ),
    "received Error: lost",
  ],
  [
    "was run once, from the top",
    (parts) => code(parts, "code-4").metadata = { tags: ["injected-parameters"] },
    "received injected parameters",
  ],
  [
    "holds no timings",
    (parts) => {
      parts.text = formatNotebook(parts.notebook)
        .replace('"metadata": {}', '"metadata": {"execution": {"iopub": "2026"}}');
    },
    "cell 1: its metadata must hold no execution",
  ],
  [
    "is small",
    (parts) => code(parts, "code-4").outputs.push(display({ "image/png": "A".repeat(200_004) })),
    "cell 11: a picture must be at most 150000 bytes: received 150003",
  ],
  [
    "is small",
    (parts) => cell(parts, "heading-4").source += "é".repeat(1_500_000),
    "the file must be at most 3000000 bytes",
  ],
];

Deno.test("RULES have nothing to say about a notebook that follows them", () => {
  const good = candidate();
  for (const [name, rule] of Object.entries(RULES)) assertEquals(rule(good), [], name);
});

Deno.test("RULES each have a broken notebook here", () => {
  const covered = new Set(BROKEN.map(([rule]) => rule));
  assertEquals(Object.keys(RULES).filter((rule) => !covered.has(rule)), []);
});

for (const [rule, change, message] of BROKEN) {
  Deno.test(`RULES: "${rule}" says: ${message}`, () => {
    const problems = RULES[rule](candidate(change));
    assert(problems.length > 0, "it must find the broken part");
    assertStringIncludes(problems.join("\n"), message);
  });
}

Deno.test("RULES let a cell that announces its exception fail", () => {
  const parts = candidate((parts) => {
    cell(parts, "code-4").metadata = { tags: ["raises-exception"] };
    code(parts, "code-4").outputs.push(
      { output_type: "error", ename: "RangeError", evalue: "as meant", traceback: [] },
    );
  });
  assertEquals(RULES["holds no error"](parts), []);
});

Deno.test("RULES do not take an address or a division for a path", () => {
  const parts = candidate((parts) => {
    cell(parts, "code-4").source = 'fetch("https://example.org/home/x"); const n = a/root/b;';
  });
  assertEquals(RULES["has no absolute path"](parts), []);
});
