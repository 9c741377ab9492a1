import { assertEquals } from "@std/assert";
import { describeFailure, describeRun } from "../../../scripts/run/describe.ts";
import type { NotebookRun } from "../../../scripts/run/run_notebook.ts";

const RUN: NotebookRun = {
  path: "notebooks/week-01/01-presence.ipynb",
  title: "Presence",
  status: "ok",
  durationMs: 12_400,
  overrides: {},
  assumptions: [],
  results: [{ name: "gateways", value: 500, unit: "", text: "500" }],
  published: [],
  accepted: [],
};

Deno.test("describeRun() says how long a good run took and what it gave", () => {
  assertEquals(describeRun(RUN), "ok notebooks/week-01/01-presence.ipynb (12.4 s, 1 key result)");
});

Deno.test("describeRun() lists the acceptance lines that a changed assumption breaks", () => {
  const accepted = [{ name: "fast enough", pass: false, detail: "15.5 s > 5 s", defaults: false }];
  assertEquals(
    describeRun({ ...RUN, overrides: { heartbeat: "5 s" }, results: [], accepted }),
    "ok notebooks/week-01/01-presence.ipynb heartbeat=5 s (12.4 s)\n" +
      "    no longer holds: fast enough: 15.5 s > 5 s",
  );
});

Deno.test("describeRun() says where and why a run failed", () => {
  const failure = {
    cell: 12,
    line: 3,
    sourceLine: "  boom();",
    name: "RangeError",
    message: "too late\nby far",
    traceback: [],
  };
  assertEquals(
    describeRun({ ...RUN, status: "failed", failure }),
    "FAILED after 12.4 s: notebooks/week-01/01-presence.ipynb, cell 12, line 3\n" +
      "    boom();\n    RangeError: too late\n    by far",
  );
});

Deno.test("describeFailure() leaves out what is not known", () => {
  const failure = { name: "SyntaxError", message: "Cannot read notebook", traceback: [] };
  assertEquals(
    describeFailure("x.ipynb", failure),
    "x.ipynb\n    SyntaxError: Cannot read notebook",
  );
});
