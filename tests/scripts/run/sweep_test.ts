import { assertEquals } from "@std/assert";
import type { NotebookRun } from "../../../scripts/run/run_notebook.ts";
import {
  compareRuns,
  comparisonMarkdown,
  comparisonTable,
  markdownTable,
} from "../../../scripts/run/sweep.ts";

function run(heartbeat: number, more: Partial<NotebookRun> = {}): NotebookRun {
  return {
    path: "notebooks/week-01/01-presence.ipynb",
    title: "Presence",
    status: "ok",
    durationMs: 1000,
    overrides: { heartbeat: `${heartbeat} s` },
    assumptions: [{
      name: "heartbeat",
      value: heartbeat,
      unit: "s",
      default: 1.5,
      source: "requirement",
      changed: heartbeat !== 1.5,
    }],
    results: [
      { name: "worst detection", value: heartbeat * 3.3, unit: "s", text: `${heartbeat * 3.3} s` },
      { name: "gateways", value: 500, unit: "", text: "500" },
    ],
    published: [],
    accepted: [
      { name: "told in time", pass: heartbeat < 2, detail: "p99", defaults: false },
      { name: "no double", pass: true, detail: "0", defaults: false },
    ],
    ...more,
  };
}

const SWEEP = { name: "heartbeat", values: ["1 s", "10 s"] };

Deno.test("compareRuns() lays results side by side, with what the notebook read", () => {
  const [notebook] = compareRuns(SWEEP, [[run(1), run(10)]]).notebooks;
  assertEquals(notebook.runs, [
    {
      value: "1 s",
      status: "ok",
      assumption: { value: 1, unit: "s" },
      accepted: 2,
      missed: [],
      failure: undefined,
    },
    {
      value: "10 s",
      status: "ok",
      assumption: { value: 10, unit: "s" },
      accepted: 2,
      missed: ["told in time"],
      failure: undefined,
    },
  ]);
  assertEquals(notebook.results[0], {
    name: "worst detection",
    unit: "s",
    values: [{ value: 3.3, text: "3.3 s" }, { value: 33, text: "33 s" }],
  });
});

Deno.test("compareRuns() keeps a failed run in its column", () => {
  const failure = { cell: 3, name: "Error", message: "lost", traceback: [] };
  const failed = run(10, { status: "failed", failure, results: [], accepted: [], assumptions: [] });
  const comparison = compareRuns(SWEEP, [[run(1), failed]]);
  const [notebook] = comparison.notebooks;
  assertEquals(notebook.runs[1].failure, "lost");
  assertEquals(notebook.results[1].values, [{ value: 500, text: "500" }, null]);
  assertEquals(comparisonTable("heartbeat", notebook), [
    ["heartbeat", "1 s", "10 s"],
    ["worst detection", "3.3 s", "–"],
    ["gateways", "500", "–"],
    ["acceptance lines that hold", "2 of 2", "0 of 0"],
    ["run", "ok", "failed"],
  ]);
});

Deno.test("comparisonTable() leaves out what has nothing to say", () => {
  const bare = [run(1, { accepted: [] }), run(10, { accepted: [] })];
  const [notebook] = compareRuns(SWEEP, [bare]).notebooks;
  assertEquals(comparisonTable("heartbeat", notebook).map(([name]) => name), [
    "heartbeat",
    "worst detection",
    "gateways",
  ]);
});

Deno.test("comparisonMarkdown() has a section a notebook", () => {
  const comparison = compareRuns(SWEEP, [
    [run(1, { accepted: [] }), run(10, { accepted: [] })],
    [run(1, { accepted: [], results: [], title: "Retries" }), run(10, { title: "Retries" })],
  ]);
  const lines = comparisonMarkdown(comparison).split("\n");
  assertEquals(lines.slice(0, 8), [
    "# heartbeat = 1 s, 10 s",
    "",
    "## Presence",
    "",
    "| heartbeat | 1 s | 10 s |",
    "| --- | ---: | ---: |",
    "| worst detection | 3.3 s | 33 s |",
    "| gateways | 500 | 500 |",
  ]);
  assertEquals(lines.includes("## Retries"), true);
});

Deno.test("markdownTable() keeps a bar inside its cell", () => {
  assertEquals(markdownTable([["a|b"], ["1"]]), "| a\\|b |\n| --- |\n| 1 |");
});
