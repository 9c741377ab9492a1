import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { dirname } from "node:path";
import {
  executeNotebook,
  type ExecuteNotebookOptions,
  type Execution,
  type RunEvent,
} from "../../../scripts/notebook/execute.ts";
import {
  type Cell,
  formatNotebook,
  newCodeCell,
  newNotebook,
  type Notebook,
  type Output,
} from "../../../scripts/notebook/nbformat.ts";
import { UsageError } from "../../../scripts/usage.ts";
import { leavesNothing } from "./nothing_left.ts";

const SLEEP = "await new Promise((resolve) => setTimeout(resolve, 600_000));";

/** Runs a notebook in an empty folder, and checks that it stays as it is and leaves nothing. */
async function run(
  notebook: Notebook,
  options: Partial<ExecuteNotebookOptions> = {},
  files: Record<string, string> = {},
): Promise<Execution & { events: RunEvent[] }> {
  const before = formatNotebook(notebook);
  const events: RunEvent[] = [];
  let execution: Execution;
  await leavesNothing(async ({ folder, pids }) => {
    for (const [name, text] of Object.entries(files)) {
      await Deno.mkdir(dirname(`${folder}/${name}`), { recursive: true });
      await Deno.writeTextFile(`${folder}/${name}`, text);
    }
    execution = await executeNotebook(notebook, {
      cwd: folder,
      timeoutMs: 60_000,
      ...options,
      onEvent: (event) => {
        events.push(event);
        if (event.type === "kernel started") pids.push(event.pid);
        options.onEvent?.(event);
      },
    });
  });
  assertEquals(formatNotebook(notebook), before, "the notebook stays as it is");
  return { ...execution!, events };
}

function cells(...list: (string | Cell)[]): Notebook {
  const notebook = newNotebook();
  notebook.cells = list.map((cell, i) =>
    typeof cell !== "string"
      ? cell
      : cell.startsWith("#")
      ? { cell_type: "markdown", id: `m${i}`, metadata: {}, source: cell }
      : newCodeCell(`c${i}`, cell)
  );
  return notebook;
}

/** What each code cell printed. */
function printed({ notebook }: Execution): string[] {
  return notebook.cells.flatMap((cell) =>
    cell.cell_type !== "code"
      ? []
      : cell.outputs.map((output) =>
        output.output_type === "stream" ? output.text.trim() : output.output_type
      ).join(" ")
  );
}

Deno.test("executeNotebook() runs code cells in order and counts them from 1", async () => {
  const first = newCodeCell("first", "const beats = 3;");
  first.execution_count = 17;
  first.outputs = [{ output_type: "stream", name: "stdout", text: "old" }];
  const execution = await run(cells("# Title", first, "", "console.log(beats * 2)", "beats"));
  const { status, failure, notebook } = execution;
  assertEquals([status, failure], ["ok", undefined]);
  assertEquals(printed(execution), ["", "", "6", "execute_result"]);
  const counts = notebook.cells.map((cell) => cell.cell_type === "code" && cell.execution_count);
  assertEquals(counts, [false, 1, null, 2, 3]);
});

Deno.test("executeNotebook() tells what happens, with the heading of the section", async () => {
  const { events } = await run(cells("1;", "# A\n\ntext", "## B\n\n### C", "console.log(2)"));
  const [started, ...rest] = events;
  assert(started.type === "kernel started" && started.pid > 0 && started.startMs > 0);
  const brief = rest.map((event) =>
    event.type === "cell finished" ? { ...event, durationMs: 0 } : event
  );
  assertEquals(brief.filter(({ type }) => type !== "output"), [
    { type: "cell started", index: 0, ran: 1, total: 2, heading: "" },
    { type: "cell finished", index: 0, status: "ok", durationMs: 0 },
    { type: "cell started", index: 3, ran: 2, total: 2, heading: "C" },
    { type: "cell finished", index: 3, status: "ok", durationMs: 0 },
  ]);
  const output: Output = { output_type: "stream", name: "stdout", text: "2\n" };
  assertEquals(brief.at(-2), { type: "output", index: 3, output });
});

Deno.test("executeNotebook() stops at the first failure and keeps what there is", async () => {
  const later = newCodeCell("later", "console.log('never')");
  later.outputs = [{ output_type: "stream", name: "stdout", text: "committed" }];
  const failing = `type Beat = number;

const check = (beat: Beat) => {
  console.log("checking");
  if (beat > 2) throw new RangeError("too late");
};
check(3);`;
  const execution = await run(cells("# T", "console.log(1)", failing, later));
  assertEquals(execution.status, "failed");
  assertEquals(execution.failure, {
    cell: 3,
    line: 5,
    sourceLine: 'if (beat > 2) throw new RangeError("too late");',
    name: "RangeError",
    message: "too late",
    traceback: ["RangeError: too late", "    at check (line 5)", "    at line 7"],
  });
  assertEquals(printed(execution), ["1", "checking error", ""]);
  assertEquals(execution.cells.map(({ index, status }) => [index, status]), [
    [1, "ok"],
    [2, "failed"],
  ]);
  const cell = execution.notebook.cells[2];
  const error = cell.cell_type === "code" && cell.outputs.at(-1);
  assert(error && error.output_type === "error");
  assertEquals(error.traceback, execution.failure?.traceback);
});

Deno.test("executeNotebook() finds the line of an error in a module, and of one in a timer", async () => {
  const files = { "beats.ts": "export function beat() {\n  throw new Error('lib');\n}" };
  const imported = `import { beat } from "./beats.ts";\n\nconst rate: number = 3;\n\nbeat();`;
  const { failure } = await run(cells(imported), {}, files);
  assertEquals([failure?.line, failure?.message], [5, "lib"]);
  assertStringIncludes(failure!.traceback[1], "beats.ts:2:9");
  const timer = `setTimeout(() => {\n\n  throw new Error("late");\n}, 5);
await new Promise((resolve) => setTimeout(resolve, 50));`;
  const late = await run(cells(timer));
  assertEquals([late.failure?.line, late.failure?.message], [3, "late"]);
});

Deno.test("executeNotebook() names the line of a syntax error", async () => {
  const { failure } = await run(cells("1;", "const a = 1;\nconst b = (;"));
  assertEquals([failure?.cell, failure?.line, failure?.sourceLine], [2, 2, "const b = (;"]);
  assertEquals(failure?.message, "Expression expected");
});

Deno.test("executeNotebook() honours raises-exception and skip-execution", async () => {
  const throws = newCodeCell("throws", "throw new Error('on purpose')", ["raises-exception"]);
  const broken = newCodeCell("broken", "const b = (;", ["raises-exception"]);
  const skipped = newCodeCell("skipped", "console.log('skipped')", ["skip-execution"]);
  skipped.outputs = [{ output_type: "stream", name: "stdout", text: "kept" }];
  const execution = await run(cells(throws, broken, skipped, "console.log('on')"));
  assertEquals(execution.status, "ok");
  assertEquals(printed(execution), ["error", "error", "kept", "on"]);
});

Deno.test("executeNotebook() tells a limit and a death apart from a failure", async () => {
  const timedOut = await run(cells("console.log(1)", "for (;;);", "2"), { timeoutMs: 4_000 });
  assertEquals([timedOut.status, timedOut.failure?.cell], ["timed out", 2]);
  const died = await run(cells("console.log(1)", "Deno.exit(3)", "2"));
  assertEquals([died.status, died.failure?.cell], ["kernel died", 2]);
  assertEquals(died.failure?.message, "The kernel process ended with code 3");
  assertEquals(printed(died), ["1", "error", ""]);
  const stuck = newCodeCell("s", "await new Promise(() => setTimeout(() => { throw 1; }))", [
    "raises-exception",
  ]);
  const ended = await run(cells(stuck, "2"));
  assertEquals([ended.status, ended.failure?.cell], ["failed", 1]);
});

Deno.test("executeNotebook() returns the kernel's own words", async () => {
  const hoard = "const all = []; for (;;) all.push(new Array(1e4).fill(0.5));";
  const env = { DENO_V8_FLAGS: "--max-old-space-size=160" };
  const { status, failure, log } = await run(cells(hoard), { env });
  assertEquals(status, "kernel died");
  assertStringIncludes(failure!.message, "it ran out of memory");
  assertStringIncludes(log, "heap limit");
});

Deno.test("executeNotebook() reports a kernel that does not start as a failure", async () => {
  const { status, failure, cells: ran } = await run(cells("# T", "1"), { cwd: "/nowhere" });
  assertEquals([status, failure?.cell, ran], ["kernel died", 2, []]);
  assertStringIncludes(failure!.message, "/nowhere");
});

Deno.test("executeNotebook() ends with its signal, and keeps what ran", async () => {
  const controller = new AbortController();
  const execution = await run(cells("console.log(1)", `console.log(2);${SLEEP}`, "3"), {
    signal: controller.signal,
    onEvent: (event) => {
      if (event.type === "output" && event.index === 1) controller.abort();
    },
  });
  assertEquals([execution.status, execution.failure], ["kernel died", undefined]);
  assertEquals(printed(execution), ["1", "2", ""]);
  const never = await run(cells("1"), { signal: controller.signal });
  assertEquals([never.status, never.failure, never.cells], ["kernel died", undefined, []]);
});

Deno.test("executeNotebook() runs a papermill notebook with other parameters", async () => {
  const parameters = newCodeCell("p", "const rate: number = 10;", ["parameters"]);
  const notebook = cells(parameters, "console.log(rate * 2)");
  const execution = await run(notebook, { overrides: { rate: "21" } });
  assertEquals(printed(execution), ["", "", "42"]);
  assertEquals(execution.notebook.cells[1].source, "const rate: number = 21;");
  const options = { overrides: { raet: "1" }, path: "load.ipynb" };
  await assertRejects(() => run(notebook, options), UsageError, "Cannot set raet in load.ipynb");
});

Deno.test("executeNotebook() can stop after the parameters, to try them", async () => {
  const files = {
    "deno.json": `{ "imports": { "lib/": "./lib/" } }`,
    "lib/assume/mod.ts": `let given = {};
export function override(values) { given = values; }
export function assume() { if (given.loss !== "2 %") throw new RangeError("loss"); }`,
  };
  const assumptions = `import { assume } from "lib/assume/mod.ts";\nassume({});`;
  const notebook = cells("# T", newCodeCell("p", assumptions, ["parameters"]), "for (;;);");
  const until = (cell: Cell) => cell.metadata.tags?.includes("parameters") ?? false;
  const fine = await run(notebook, { until, overrides: { loss: "2 %" } }, files);
  assertEquals([fine.status, fine.cells.map(({ index }) => index)], ["ok", [1, 2]]);
  const wrong = await run(notebook, { until, overrides: { loss: "2" } }, files);
  assertEquals([wrong.status, wrong.failure?.message], ["failed", "loss"]);
});

Deno.test("executeNotebook() runs a notebook that is not ours", async () => {
  const notebook = cells(
    "const { display, html, md } = Deno.jupyter;\nawait display(html`<b>bold</b>`);",
    "md`# Title`",
    "({ [Symbol.for('Jupyter.display')]: () => ({ 'text/plain': 'own' }) })",
  );
  const { status, notebook: executed } = await run(notebook);
  assertEquals(status, "ok");
  const shown = executed.cells.map((cell) =>
    cell.cell_type === "code" && cell.outputs.map((output) => "data" in output && output.data)
  );
  assertEquals(shown, [
    [{ "text/html": "<b>bold</b>" }],
    [{ "text/markdown": "# Title" }],
    [{ "text/plain": "own" }],
  ]);
});
