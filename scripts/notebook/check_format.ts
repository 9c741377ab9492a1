/**
 * Says which cells `deno fmt` would change.
 *
 * `deno fmt --check` cannot say so: on a machine that has not formatted a notebook before, it counts
 * every notebook as not formatted, though `deno fmt` then writes the same bytes. So we let it format
 * copies and compare the cells.
 *
 * @module
 */
import { dirname, join } from "node:path";
import { denoOutput } from "./deno_output.ts";
import { formatNotebook, type Notebook, parseNotebook } from "./nbformat.ts";
import type { Problem } from "./problem.ts";

/** The cells that are not formatted, with the first line that differs. */
export async function checkFormat(
  notebooks: { path: string; notebook: Notebook }[],
): Promise<Problem[]> {
  if (notebooks.length === 0) return [];
  const folder = await Deno.makeTempDir({ prefix: "workshop-format-" });
  try {
    const copies = notebooks.map(({ path, notebook }, i) => ({
      path,
      notebook,
      copy: `${folder}/${i}.ipynb`,
    }));
    for (const { notebook, copy } of copies) {
      await Deno.writeTextFile(copy, formatNotebook(notebook));
    }
    // A cell that cannot be parsed stays as it is; the linter reports it.
    const config = await findConfig(dirname(notebooks[0].path));
    await denoOutput(["fmt", "--quiet", ...config, ...copies.map(({ copy }) => copy)]);
    const problems: Problem[] = [];
    for (const { path, notebook, copy } of copies) {
      const formatted = parseNotebook(await Deno.readTextFile(copy), path);
      for (const [i, { source }] of notebook.cells.entries()) {
        const line = firstDifference(source, formatted.cells[i].source);
        if (line === undefined) continue;
        problems.push({
          path,
          cell: i + 1,
          line,
          sourceLine: source.split("\n")[line - 1]?.trim(),
          code: "fmt",
          message: "not formatted: run deno fmt on the notebook [fmt]",
        });
      }
    }
    return problems;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Copies are outside of the project, so its settings must be named. */
async function findConfig(folder: string): Promise<string[]> {
  for (const name of ["deno.json", "deno.jsonc"]) {
    const file = join(folder, name);
    if ((await Deno.stat(file).catch(() => null))?.isFile) return ["--config", file];
  }
  return dirname(folder) === folder ? [] : await findConfig(dirname(folder));
}

function firstDifference(written: string, formatted: string): number | undefined {
  if (written === formatted) return undefined;
  const wanted = formatted.split("\n");
  const lines = written.split("\n");
  const at = lines.findIndex((line, i) => line !== wanted[i]);
  return (at < 0 ? lines.length - 1 : at) + 1;
}
