import { assertEquals, assertStringIncludes } from "@std/assert";
import { designDocument } from "../../../scripts/report/design_document.ts";
import { toEntry } from "../../../scripts/report/entry.ts";
import {
  chart,
  code,
  display,
  executedSession,
  foreignNotebook,
  lineSpec,
  prose,
} from "./fixture.ts";

function design(executed = executedSession()) {
  return designDocument(toEntry(executed));
}

function headings(markdown: string): string[] {
  return markdown.match(/^#+ .*$/gm) ?? [];
}

Deno.test("designDocument() keeps the design and leaves the lessons out", () => {
  const { markdown } = design();
  assertEquals(headings(markdown), [
    "# Designing an Online/Offline Indicator",
    "## Key results",
    "## Frame",
    "## Assumptions",
    "## Shape the workload",
    "## Choose primitives",
    "## Deep dive",
    "## Hands-on",
    "### Packet loss",
    "## Operate",
    "## What we learned",
    "## Numbers of others, reproduced",
    "## Acceptance",
  ]);
  for (
    const gone of ["await", "const a", "late *third*", "Write down", "defend", "We lose beats"]
  ) {
    assertEquals(markdown.includes(gone), false, gone);
  }
});

Deno.test("designDocument() has the reader's numbers in it", () => {
  const { markdown } = design();
  assertStringIncludes(markdown, "**Who is online right now, for 50 million devices?**");
  assertStringIncludes(markdown, "Written with heartbeat = 5 s; all else at the defaults.");
  assertStringIncludes(markdown, "| Heartbeats | 33.3 M/s |");
  assertStringIncludes(markdown, "<tr><td>heartbeat</td><td>5 s</td></tr>");
  assertStringIncludes(markdown, "- SWIM detection periods: published 1.582, ours 1.58.");
  assertStringIncludes(markdown, "- **Does not hold**: p99 under 5 s. 15.45 s");
  assertStringIncludes(markdown, "[alerts.yml](../files/01-online-indicator/alerts.yml)");
});

Deno.test("designDocument() refers to each chart by its file", () => {
  const { markdown, pictures } = design();
  assertEquals([...pictures.keys()], [
    "charts/01-online-indicator/detection-against-heartbeat.svg",
    "charts/01-online-indicator/false-offline-what-if.svg",
  ]);
  for (const path of pictures.keys()) assertStringIncludes(markdown, `](${path})`);
  assertStringIncludes(markdown, "```mermaid\nflowchart LR");
});

Deno.test("designDocument() keeps charts and files in step when a cell hides its output", () => {
  const other = { ...lineSpec, usermeta: { workshop: { slug: "shown" } } };
  const cells = [
    prose("# T"),
    prose("## Operate"),
    code("a", [chart(lineSpec)], ["remove-output"]),
    code("b", [chart(other)]),
  ];
  const { pictures } = design(executedSession(cells));
  assertEquals([...pictures].map(([path, { slug }]) => [path, slug]), [
    ["charts/01-online-indicator/shown.svg", "shown"],
  ]);
});

Deno.test("designDocument() drops a lead-in to code that shows nothing, and only that", () => {
  const cells = [
    prose("# T"),
    prose("## Operate\n\nFirst.\n\nThe rules are built so:"),
    code("const rules = 1;"),
    prose("They are shown here:"),
    code("await say(rules);", [display({ "text/markdown": "rules" })]),
  ];
  const { markdown } = design(executedSession(cells));
  assertEquals(markdown.includes("built so"), false);
  assertStringIncludes(markdown, "First.\n\nThey are shown here:\n\nrules");
});

Deno.test("designDocument() leaves out a lesson that spans cells, up to the next section", () => {
  const cells = [
    prose("# T"),
    prose("## What we learned\n\nA."),
    prose("### Interview\n\nQ1"),
    code("answer", [display({ "text/markdown": "Q2" })]),
    prose("#### Part\n\nQ3"),
    prose("### Simplified\n\nB."),
  ];
  const { markdown } = design(executedSession(cells));
  assertEquals(/Q\d/.test(markdown), false);
  assertStringIncludes(markdown, "A.\n\n### Simplified\n\nB.");
});

Deno.test("designDocument() takes a notebook that is no session", () => {
  const { markdown } = design(foreignNotebook());
  assertStringIncludes(markdown, "# Plots\n\n**The notebook stopped before its end: <no> beats**");
  assertStringIncludes(markdown, "> **Error**: <no> beats");
  assertStringIncludes(markdown, "```text\nplot\n```");
});
