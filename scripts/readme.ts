/**
 * `deno task readme`: writes the index of the sessions into `README.md`, from the notebooks that are there.
 *
 * @module
 */
import { join, relative } from "node:path";
import { parseNotebook } from "./notebook/nbformat.ts";
import { readSession } from "./report/session.ts";
import { allNotebooks, ROOT } from "./select.ts";
import { print } from "./terminal.ts";

const START = "<!-- sessions: written by deno task readme -->";
const END = "<!-- end of sessions -->";

interface Row {
  /** Relative to the project folder, with `/`. */
  path: string;
  title: string;
  question: string;
}

/** Puts the table of sessions between the markers. @throws {Error} when a marker is missing */
export function insertIndex(readme: string, rows: readonly Row[]): string {
  const [start, end] = [readme.indexOf(START), readme.indexOf(END)];
  if (start < 0 || end < start) {
    throw new Error(
      `Cannot write index: README.md must hold ${START} and ${END}: received neither`,
    );
  }
  const lines = rows.map(({ path, title, question }) => {
    const week = /week-0*(\d+)\//.exec(path)?.[1] ?? "";
    return `| ${week} | [${title}](${path}) | ${question} |`;
  });
  const table = ["| week | session | question |", "| --- | --- | --- |", ...lines].join("\n");
  return `${readme.slice(0, start)}${START}\n\n${table}\n\n${readme.slice(end)}`;
}

async function readRows(root: string): Promise<Row[]> {
  const sessions = (await allNotebooks(root)).filter((file) => /[\\/]week-\d+[\\/]/.test(file));
  return await Promise.all(sessions.map(async (file) => {
    const path = relative(root, file).replaceAll("\\", "/");
    const session = readSession(path, parseNotebook(await Deno.readTextFile(file), path));
    const question = session.question?.replace(/\s+/g, " ") ?? "";
    return { path, title: session.title, question };
  }));
}

async function format(markdown: string): Promise<string> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--ext=md", "-"],
    cwd: ROOT,
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(markdown));
  await writer.close();
  return new TextDecoder().decode((await child.output()).stdout);
}

/** README.md as it should be for the notebooks that are there. */
export async function renderReadme(root: string = ROOT): Promise<string> {
  const readme = await Deno.readTextFile(join(root, "README.md"));
  return await format(insertIndex(readme, await readRows(root)));
}

if (import.meta.main) {
  await Deno.writeTextFile(join(ROOT, "README.md"), await renderReadme());
  print("README.md is fresh.");
}
