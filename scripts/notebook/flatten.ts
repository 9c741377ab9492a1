/**
 * Flattens a notebook into one module, so that the type checker and the linter can read it.
 *
 * The code cells follow one another line by line, and each line of the module leads back to its cell.
 * Cells that are not run stay out. Cells that are to throw come last, because what follows a `throw`
 * would count as unreachable.
 *
 * @example
 * ```ts
 * import { flatten } from "./flatten.ts";
 * import { newNotebook } from "./nbformat.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const { source, map } = flatten(newNotebook(["const a = 1;\nconst b = 2;", "a + b;"]));
 * assertEquals(source, "const a = 1;\nconst b = 2;\na + b;\nexport {};\n");
 * assertEquals(map(3), { cell: 2, line: 1 });
 * ```
 *
 * @module
 */
import { hasTag, type Notebook } from "./notebook.ts";

/** A line of a cell; both count from 1, cells over all cells. */
export interface CellLine {
  cell: number;
  line: number;
}

/** A notebook as one module. */
export interface Flattened {
  source: string;
  /** Where a line of the source, counted from 1, comes from. */
  map: (line: number) => CellLine | undefined;
}

/** The notebook's code cells as one module. */
export function flatten(notebook: Notebook): Flattened {
  const cells = notebook.cells
    .map((cell, index) => ({ cell, number: index + 1 }))
    .filter(({ cell }) => cell.cell_type === "code" && !hasTag(cell, "skip-execution"));
  const [throwing, usual] = [true, false].map((throws) =>
    cells.filter(({ cell }) => hasTag(cell, "raises-exception") === throws)
  );
  const lines: string[] = [];
  const origins: CellLine[] = [];
  for (const { cell, number } of [...usual, ...throwing]) {
    for (const [i, text] of cell.source.split("\n").entries()) {
      lines.push(text);
      origins.push({ cell: number, line: i + 1 });
    }
  }
  // Without an import or export the checker would take it for a script of shared globals.
  return { source: [...lines, "export {};", ""].join("\n"), map: (line) => origins[line - 1] };
}
