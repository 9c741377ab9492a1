/**
 * Finds the outputs of a notebook: those of the last run in `out/`, or those that it holds itself.
 *
 * @module
 */
import { join } from "node:path";
import { parseNotebook } from "../notebook/nbformat.ts";
import { displayName, ROOT, stem } from "../select.ts";
import type { Executed } from "./entry.ts";

async function changedAt(path: string): Promise<number | undefined> {
  try {
    return (await Deno.stat(path)).mtime?.getTime();
  } catch {
    return undefined;
  }
}

/**
 * Reads a notebook with the newest outputs there are.
 *
 * @throws {Error} when it is no complete Deno notebook
 */
export async function readExecuted(
  path: string,
  runFolder: string = join(ROOT, "out"),
): Promise<Executed> {
  const run = join(runFolder, `${stem(path)}.ipynb`);
  const [runAt, notebookAt] = [await changedAt(run), await changedAt(path)];
  const isNewer = runAt !== undefined && runAt >= (notebookAt ?? 0);
  const source = isNewer ? run : path;
  const notebook = parseNotebook(await Deno.readTextFile(source), displayName(source));
  const origin = isNewer ? `the run in ${displayName(runFolder)}/` : "the notebook as it is saved";
  return { path, notebook, origin };
}
