/**
 * What is to run: each selected notebook, once or once a swept value.
 *
 * @module
 */
import { join } from "node:path";
import { stem } from "../select.ts";
import type { RunOptions } from "./options.ts";
import { safeName, uniqueStems } from "./output_folder.ts";
import type { Task } from "./run_notebook.ts";

export interface Job extends Task {
  /** What the executed notebook is called in its folder, without the ending. */
  stem: string;
  outDir: string;
}

/** The jobs, a notebook at a time, and in the order of the sweep's values within it. */
export function makeJobs(paths: readonly string[], options: RunOptions): Job[] {
  const { overrides, outDir, sweep } = options;
  const stems = uniqueStems(paths.map(stem));
  return paths.flatMap((path, i) => {
    const job = { path, stem: stems[i], overrides, outDir };
    if (sweep === undefined) return [job];
    const folders = uniqueStems(sweep.values.map((value) => safeName(`${sweep.name}=${value}`)));
    return sweep.values.map((value, j) => ({
      ...job,
      overrides: { ...overrides, [sweep.name]: value },
      outDir: join(outDir, "sweep", folders[j]),
    }));
  });
}
