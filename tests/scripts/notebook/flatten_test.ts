import { assertEquals } from "@std/assert";
import { flatten } from "../../../scripts/notebook/flatten.ts";
import { newCodeCell, newNotebook } from "../../../scripts/notebook/nbformat.ts";

Deno.test("flatten() leads each line back to its cell, counted over all cells", () => {
  const notebook = newNotebook(["const a = 1;\n\nconst b = 2;", "a;"]);
  notebook.cells.splice(1, 0, { cell_type: "markdown", id: "m", metadata: {}, source: "text" });
  const { source, map } = flatten(notebook);
  assertEquals(source.split("\n"), ["const a = 1;", "", "const b = 2;", "a;", "export {};", ""]);
  assertEquals([1, 2, 3, 4].map(map), [
    { cell: 1, line: 1 },
    { cell: 1, line: 2 },
    { cell: 1, line: 3 },
    { cell: 3, line: 1 },
  ]);
  assertEquals([0, 5, 6].map(map), [undefined, undefined, undefined]);
});

Deno.test("flatten() leaves out cells that are not run, and puts those that throw last", () => {
  const notebook = newNotebook();
  notebook.cells = [
    newCodeCell("skipped", "const = ;", ["skip-execution"]),
    newCodeCell("throws", "throw 1;", ["raises-exception"]),
    newCodeCell("runs", "run();"),
  ];
  const { source, map } = flatten(notebook);
  assertEquals(source, "run();\nthrow 1;\nexport {};\n");
  assertEquals([map(1), map(2)], [{ cell: 3, line: 1 }, { cell: 2, line: 1 }]);
});
