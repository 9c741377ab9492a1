/**
 * Finds notebooks by what people type: `01`, `week-03`, `path/to/any.ipynb`, or nothing for all of ours.
 *
 * A path is taken from where the user called, so that notebooks anywhere can be named; they need not be ours.
 *
 * @module
 */
import { nearest } from "lib/estimate/nearest.ts";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { callingFolder, UsageError } from "./usage.ts";

/** The project's folder, absolute. */
export const ROOT = fileURLToPath(new URL("../", import.meta.url)).replace(/[\\/]$/, "");

export interface SelectOptions {
  /** The folder that holds `notebooks/`. */
  root?: string;
  /** The folder that paths are relative to. */
  cwd?: string;
}

/** Absolute paths of the notebooks in a folder and below it, sorted. */
async function findNotebooks(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of Deno.readDir(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory && !entry.name.startsWith(".")) found.push(...await findNotebooks(path));
    if (entry.isFile && entry.name.endsWith(".ipynb")) found.push(path);
  }
  return found.sort();
}

/** All notebooks of the workshop, in the order of the course. */
export async function allNotebooks(root: string = ROOT): Promise<string[]> {
  try {
    return await findNotebooks(join(root, "notebooks"));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** The name of a notebook's file, without the ending. */
export function stem(path: string): string {
  return path.replace(/^.*[\\/]/, "").replace(/\.ipynb$/, "");
}

/** How messages and results call a notebook: relative to the root when it is below it. */
export function displayName(path: string, root: string = ROOT): string {
  const name = relative(root, path);
  return name.startsWith("..") ? path : name.replaceAll("\\", "/");
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch {
    return false;
  }
}

function week(path: string): string {
  return dirname(path).replace(/^.*[\\/]/, "");
}

/** What there is to select, in words. */
function describeChoice(all: string[]): string {
  if (all.length === 0) return "There is no notebook in notebooks/";
  const names = all.map((path) => /^\d\d(?=-)/.exec(stem(path))?.[0] ?? stem(path));
  const weeks = [...new Set(all.map(week))].filter((name) => name.startsWith("week-"));
  return `There are ${names.join(" ")} and ${weeks.join(" ")}`;
}

async function notebooksBeside(path: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(dirname(path))))
      .map((entry) => entry.name)
      .filter((name) => name.endsWith(".ipynb"));
  } catch {
    return [];
  }
}

async function selectPath(selector: string, root: string, cwd: string): Promise<string> {
  for (const folder of [cwd, root]) {
    const path = resolve(folder, selector);
    if (await isFile(path)) return path;
  }
  const beside = await notebooksBeside(resolve(cwd, selector));
  const near = nearest(selector.replace(/^.*[\\/]/, ""), beside);
  throw new UsageError(
    `Cannot find notebook: a path must name a file: received ${selector}` +
      (near.length > 0 ? `. The nearest in that folder: ${near.join(", ")}` : ""),
  );
}

async function selectOne(selector: string, all: string[], root: string, cwd: string) {
  if (selector.endsWith(".ipynb")) return [await selectPath(selector, root, cwd)];
  const number = selector.match(/^\d{1,2}$/)?.[0].padStart(2, "0");
  const weekNumber = selector.match(/^week-?(\d{1,2})$/)?.[1].padStart(2, "0");
  const matches = all.filter((path) =>
    number !== undefined
      ? stem(path).startsWith(`${number}-`)
      : weekNumber !== undefined
      ? week(path) === `week-${weekNumber}`
      : stem(path) === selector
  );
  if (matches.length > 0) return matches;
  const names = all.flatMap((path) => [stem(path).slice(0, 2), week(path), stem(path)]);
  const near = nearest(selector, [...new Set(names)]);
  throw new UsageError(
    "Cannot find notebook: a selector must be a session's number, a week or a path to an .ipynb file: " +
      `received ${selector}` + (near.length > 0 ? `. The nearest: ${near.join(", ")}` : "") +
      `. ${describeChoice(all)}`,
  );
}

/**
 * Absolute paths of the selected notebooks, each once, in the order given.
 *
 * @throws {UsageError} when a selector matches nothing
 */
export async function selectNotebooks(
  selectors: readonly string[],
  options: SelectOptions = {},
): Promise<string[]> {
  const { root = ROOT, cwd = callingFolder() } = options;
  const all = await allNotebooks(root);
  if (selectors.length === 0) {
    if (all.length === 0) throw new UsageError(`Cannot find notebook: ${describeChoice(all)}`);
    return all;
  }
  const selected: string[] = [];
  for (const selector of selectors) selected.push(...await selectOne(selector, all, root, cwd));
  return [...new Set(selected)];
}
