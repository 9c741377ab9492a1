import { assertEquals } from "@std/assert";
import { compareNotebook } from "../../scripts/compare_notebook.ts";
import type { Execution } from "../../scripts/notebook/execute.ts";
import {
  type CodeCell,
  newCodeCell,
  newNotebook,
  type Notebook,
} from "../../scripts/notebook/notebook.ts";

/** A title, and two sections with two cells each that print their names. */
function committed(): Notebook {
  const notebook = newNotebook();
  notebook.cells.push({ cell_type: "markdown", id: "title", metadata: {}, source: "# Presence" });
  for (const heading of ["Frame", "Deep dive"]) {
    notebook.cells.push({
      cell_type: "markdown",
      id: heading,
      metadata: {},
      source: `## ${heading}`,
    });
    for (const part of ["first", "second"]) {
      const text = `${heading}, ${part}`;
      const cell = newCodeCell(text, `const name =\n  "${text}";\nawait show(\n  name,\n);`);
      cell.outputs = [{ output_type: "stream", name: "stdout", text }];
      notebook.cells.push(cell);
    }
  }
  return notebook;
}

function execution(
  change: (notebook: Notebook) => void,
  failure?: Execution["failure"],
): Execution {
  const notebook = committed();
  change(notebook);
  return {
    notebook,
    status: failure ? "failed" : "ok",
    failure,
    durationMs: 1,
    cells: [],
    log: "",
  };
}

function print(notebook: Notebook, index: number, text: string): void {
  (notebook.cells[index] as CodeCell).outputs = [{ output_type: "stream", name: "stdout", text }];
}

Deno.test("compareNotebook() finds nothing in a run that repeats", () => {
  assertEquals(compareNotebook("x.ipynb", committed(), execution(() => {})), [
    { heading: "Frame", problems: [] },
    { heading: "Deep dive", problems: [] },
  ]);
});

Deno.test("compareNotebook() names notebook, cell, line and difference", () => {
  const run = execution((notebook) => print(notebook, 6, "drifted"));
  assertEquals(compareNotebook("x.ipynb", committed(), run), [
    { heading: "Frame", problems: [] },
    {
      heading: "Deep dive",
      problems: [
        "x.ipynb, cell 7, line 3: output 1 (printed text), line 1: " +
        'committed "Deep dive, second", now "drifted"\n    await show(',
      ],
    },
  ]);
});

Deno.test("compareNotebook() does not compare what depends on the machine", () => {
  const notebook = committed();
  notebook.cells[2].metadata.tags = ["nbval-ignore-output"];
  const run = execution((notebook) => print(notebook, 2, "12 ms"));
  assertEquals(compareNotebook("x.ipynb", notebook, run)[0].problems, []);
});

Deno.test("compareNotebook() stops at the failure, also of a cell whose output is not compared", () => {
  const notebook = committed();
  notebook.cells[3].metadata.tags = ["nbval-ignore-output"];
  const run = execution((notebook) => print(notebook, 5, "not run"), {
    cell: 4,
    line: 2,
    sourceLine: '"Frame, second";',
    name: "RangeError",
    message: "lost",
    traceback: [],
  });
  assertEquals(compareNotebook("x.ipynb", notebook, run), [
    {
      heading: "Frame",
      problems: ['x.ipynb, cell 4, line 2\n    "Frame, second";\n    RangeError: lost'],
    },
  ]);
});
