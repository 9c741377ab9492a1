import { assertEquals, assertThrows } from "@std/assert";
import {
  formatNotebook,
  hasTag,
  newCodeCell,
  newNotebook,
  type Notebook,
  parseNotebook,
} from "../../../scripts/notebook/nbformat.ts";

/** Holds every kind of cell and output, and what is easy to write otherwise than Jupyter does. */
function sample(): Notebook {
  const notebook = newNotebook(["const a = 1;\n\nconst b = '\u2028';", ""]);
  notebook.cells.unshift({
    cell_type: "markdown",
    id: "title",
    metadata: { tags: ["b", "a"], z: { y: 1, x: [] } },
    source: "# Title\r\nText",
    attachments: { "a.png": { "image/png": "aGk=" } },
  }, { cell_type: "raw", id: "raw", metadata: {}, source: "raw" });
  const cell = newCodeCell("shown", "show();", ["parameters"]);
  cell.execution_count = 2;
  cell.outputs = [
    { output_type: "stream", name: "stderr", text: "a\nb\r\nc\rd" },
    {
      output_type: "display_data",
      data: {
        "text/html": "<b>\n</b>",
        "image/png": "aGVsbG8=",
        "image/svg+xml": "<svg>\n</svg>",
        "application/vnd.x+json": { b: [1, { d: 1.5, c: null }], a: "l\nm" },
        "application/json": ["q", "r"],
      },
      metadata: { "image/png": { width: 3, height: 2 } },
    },
    {
      output_type: "execute_result",
      data: { "text/plain": "3" },
      metadata: {},
      execution_count: 2,
    },
    { output_type: "error", ename: "E", evalue: "v", traceback: ["a\nb", "c"] },
  ];
  notebook.cells.push(cell);
  return notebook;
}

Deno.test("formatNotebook() writes the bytes that Jupyter writes", async () => {
  // Written by Python's nbformat 5.11.1 from the same notebook.
  const expected = await Deno.readTextFile(new URL("written_by_jupyter.txt", import.meta.url));
  assertEquals(formatNotebook(sample()), expected);
});

Deno.test("parseNotebook() reads back what formatNotebook() wrote", () => {
  assertEquals(parseNotebook(formatNotebook(sample()), "sample.ipynb"), sample());
});

Deno.test("formatNotebook() leaves out when cells ran", () => {
  const notebook = newNotebook(["1"]);
  notebook.cells[0].metadata.execution = { "shell.execute_reply": "2026-01-01" };
  assertEquals(formatNotebook(notebook), formatNotebook(newNotebook(["1"])));
});

Deno.test("parseNotebook() raises older notebooks to 4.5 with stable, unique ids", () => {
  const { cells, ...rest } = JSON.parse(formatNotebook(newNotebook(["1", "2", "3"])));
  delete cells[0].id;
  cells[2].id = cells[1].id;
  const old = JSON.stringify({ ...rest, cells, nbformat_minor: 4 });
  const read = parseNotebook(old, "old.ipynb");
  assertEquals(read.nbformat_minor, 5);
  assertEquals(read.cells.map(({ id }) => id), ["cell-1", "cell-2", "cell-2-again"]);
});

Deno.test("parseNotebook() reads text that is one string", () => {
  const raw = JSON.parse(formatNotebook(newNotebook(["a;\nb;"])));
  raw.cells[0].source = "a;\nb;";
  assertEquals(parseNotebook(JSON.stringify(raw), "x.ipynb").cells[0].source, "a;\nb;");
});

Deno.test("parseNotebook() says that a file is cut off, or holds a merge conflict", () => {
  const text = formatNotebook(sample());
  for (const size of [0, 1, 200, text.length - 3]) {
    const message =
      `Cannot read notebook x.ipynb: the file must be complete JSON: received ${size}`;
    assertThrows(() => parseNotebook(text.slice(0, size), "x.ipynb"), SyntaxError, message);
  }
  const conflict = text.replace("\n", "\n<<<<<<< HEAD\n");
  assertThrows(() => parseNotebook(conflict, "x.ipynb"), SyntaxError, "Resolve its merge conflict");
});

Deno.test("parseNotebook() refuses what is no nbformat 4 notebook", () => {
  for (
    const [text, received] of [
      ["[]", "received []"],
      ["null", "received null"],
      [`{"worksheets": []}`, `received {"worksheets":[]}`],
      [`{"nbformat": 3, "cells": []}`, "received nbformat 3"],
    ]
  ) {
    assertThrows(() => parseNotebook(text, "x.ipynb"), SyntaxError, received);
  }
});

Deno.test("parseNotebook() names the kernel of a notebook that is not Deno's", () => {
  const raw = JSON.parse(formatNotebook(newNotebook(["1"])));
  raw.metadata = {
    kernelspec: { name: "python3", display_name: "Python 3 (ipykernel)", language: "python" },
  };
  assertThrows(
    () => parseNotebook(JSON.stringify(raw), "x.ipynb"),
    TypeError,
    `its kernel must be Deno (TypeScript): received kernel "Python 3 (ipykernel)", language python`,
  );
  raw.metadata = {};
  assertThrows(() => parseNotebook(JSON.stringify(raw), "x.ipynb"), TypeError, "no kernelspec");
});

Deno.test("parseNotebook() says which cell is malformed", () => {
  const raw = JSON.parse(formatNotebook(newNotebook(["1", "2"])));
  raw.cells[1].outputs = [{ output_type: "pyout" }];
  const received = `cell 2: output_type must be stream, display_data, execute_result or error: ` +
    `received "pyout"`;
  assertThrows(() => parseNotebook(JSON.stringify(raw), "x.ipynb"), SyntaxError, received);
  raw.cells[1] = { cell_type: "heading" };
  const message = `cell 2: cell_type must be code, markdown or raw: received "heading"`;
  assertThrows(() => parseNotebook(JSON.stringify(raw), "x.ipynb"), SyntaxError, message);
  raw.cells[1] = null;
  assertThrows(() => parseNotebook(JSON.stringify(raw), "x.ipynb"), SyntaxError, "cell 2");
});

Deno.test("hasTag() finds a tag among others", () => {
  assertEquals(hasTag(newCodeCell("a", "", ["x", "parameters"]), "parameters"), true);
  assertEquals(hasTag(newCodeCell("a", ""), "parameters"), false);
});
