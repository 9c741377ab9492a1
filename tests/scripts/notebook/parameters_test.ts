import { assert, assertEquals, assertRejects } from "@std/assert";
import { newCodeCell, newNotebook, type Notebook } from "../../../scripts/notebook/nbformat.ts";
import { findParameters, inject } from "../../../scripts/notebook/parameters.ts";
import { UsageError } from "../../../scripts/usage.ts";

function papermill(source: string): Notebook {
  const notebook = newNotebook();
  notebook.cells = [
    newCodeCell("imports", "import { run } from './run.ts';"),
    newCodeCell("values", source, ["parameters"]),
    newCodeCell("use", "run(rate);"),
  ];
  return notebook;
}

const source = `// A load test.
const rate: number = 10; // requests per second
let mode: "open" | "closed" = "open", target = 'http://localhost';
var verbose = false;
const users = [1, 2];
const options: { retry: number } | null = null;
const total = 10n;
const negative = -1.5;
const derived = rate * 2;
type Mode = typeof mode;`;

async function declared(overrides: Record<string, string>): Promise<string> {
  return (await inject(papermill(source), overrides, "load.ipynb")).cells[2].source;
}

Deno.test("inject() declares changed parameters again, after their cell", async () => {
  const original = papermill(source);
  const before = structuredClone(original);
  const { cells } = await inject(original, { rate: "25", verbose: "true" }, "load.ipynb");
  assertEquals(cells.map(({ id }) => id), ["imports", "values", "injected-parameters", "use"]);
  assertEquals(cells[2].source, "const rate: number = 25;\nvar verbose = true;");
  assertEquals(cells[2].metadata.tags, ["injected-parameters"]);
  assertEquals(original, before);
});

Deno.test("inject() writes each value as a literal of the declared kind", async () => {
  assertEquals(await declared({ rate: "2.5e3" }), "const rate: number = 2500;");
  assertEquals(await declared({ rate: "50_000_000" }), "const rate: number = 50000000;");
  assertEquals(await declared({ negative: "-3" }), "const negative = -3;");
  assertEquals(await declared({ target: `a"b` }), `let target = "a\\"b";`);
  assertEquals(await declared({ target: "007" }), `let target = "007";`);
  assertEquals(await declared({ mode: "closed" }), `let mode: "open" | "closed" = "closed";`);
  assertEquals(await declared({ users: "[3, 4]" }), "const users = [3,4];");
  const options = `const options: { retry: number } | null = {"retry":3};`;
  assertEquals(await declared({ options: `{ "retry": 3 }` }), options);
  assertEquals(await declared({ total: "12" }), "const total = 12n;");
});

Deno.test("inject() lists every value that does not fit", async () => {
  const overrides = {
    rate: "fast",
    mode: "ajar",
    verbose: "yes",
    users: "1,2",
    total: "1.5",
  };
  await assertRejects(
    () => inject(papermill(source), overrides, "load.ipynb"),
    UsageError,
    `Cannot set rate in load.ipynb: it must be a number: received "fast"
Cannot set mode in load.ipynb: it must be "open" or "closed": received "ajar"
Cannot set verbose in load.ipynb: it must be true or false: received "yes"
Cannot set users in load.ipynb: it must be JSON: received "1,2"
Cannot set total in load.ipynb: it must be a whole number: received "1.5"`,
  );
  for (const text of ["", " ", "NaN", "Infinity", "1;f()"]) {
    await assertRejects(() => declared({ rate: text }), UsageError, "must be a number");
  }
});

Deno.test("inject() names the nearest of the parameters for an unknown one", async () => {
  await assertRejects(
    () => declared({ raet: "1" }),
    UsageError,
    "Cannot set raet in load.ipynb: it must be a parameter of the notebook; did you mean rate?",
  );
  await assertRejects(() => declared({ zzzzzzz: "1" }), UsageError, "rate, mode, target, verbose");
});

Deno.test("inject() does not set what a cell computes", async () => {
  await assertRejects(() => declared({ derived: "1" }), UsageError, "Cannot set derived");
});

Deno.test("inject() replaces the cell of an earlier run", async () => {
  const once = await inject(papermill(source), { rate: "25" }, "load.ipynb");
  const twice = await inject(once, { rate: "50" }, "load.ipynb");
  const injected = twice.cells.filter(({ metadata }) =>
    metadata.tags?.includes("injected-parameters")
  );
  assertEquals(injected.map((cell) => cell.source), ["const rate: number = 50;"]);
});

Deno.test("inject() hands values to override() before a cell that calls assume()", async () => {
  const notebook = newNotebook(["# not this", "const a = await assume({ heartbeat: {} });"]);
  const overrides = { heartbeat: `5 "s"`, "not-a-name": "1" };
  const { cells } = await inject(notebook, overrides, "01.ipynb");
  assertEquals(cells.map(({ id }) => id), ["cell-1", "injected-parameters", "cell-2"]);
  assertEquals(
    cells[1].source,
    `import { override } from "lib/assume/mod.ts";

override({
  heartbeat: "5 \\"s\\"",
  "not-a-name": "1",
});`,
  );
});

Deno.test("inject() changes nothing without values, not even an earlier injected cell", async () => {
  const once = await inject(papermill(source), { rate: "25" }, "load.ipynb");
  const again = await inject(once, {}, "load.ipynb");
  assertEquals(again, once);
  assert(again !== once);
});

Deno.test("inject() says that a notebook has no parameters", async () => {
  await assertRejects(
    () => inject(newNotebook(["const rate = 1;"]), { rate: "2" }, "x.ipynb"),
    UsageError,
    'Cannot set rate in x.ipynb: the notebook must have a cell tagged "parameters"',
  );
});

Deno.test("findParameters() prefers the tagged cell", () => {
  const notebook = newNotebook(["await assume({});", "const rate = 1;"]);
  assertEquals(findParameters(notebook), 0);
  notebook.cells[1].metadata.tags = ["parameters"];
  assertEquals(findParameters(notebook), 1);
  assertEquals(findParameters(newNotebook(["1"])), -1);
});
