/**
 * `deno task readme`: writes the index of the sessions and the table of published numbers into `README.md`, from the
 * notebooks that are there.
 *
 * @module
 */
import { join, relative } from "node:path";
import { parseNotebook } from "./notebook/nbformat.ts";
import { readSession } from "./report/session.ts";
import { type Published, readFacts } from "./run/facts.ts";
import { allNotebooks, ROOT } from "./select.ts";
import { print } from "./terminal.ts";

interface Row {
  /** Relative to the project folder, with `/`. */
  path: string;
  number: string;
  title: string;
  question: string;
  published: Published[];
}

/** Puts text between the two markers of a part of README.md. @throws {Error} when a marker is missing */
export function insertPart(readme: string, name: string, text: string): string {
  const [first, last] = [
    `<!-- ${name}: written by deno task readme -->`,
    `<!-- end of ${name} -->`,
  ];
  const [start, end] = [readme.indexOf(first), readme.indexOf(last)];
  if (start < 0 || end < start) {
    throw new Error(
      `Cannot write ${name}: README.md must hold ${first} and ${last}: received neither`,
    );
  }
  return `${readme.slice(0, start)}${first}\n\n${text}\n\n${readme.slice(end)}`;
}

function markdownTable(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(heads), line(heads.map(() => "---")), ...rows.map(line)].join("\n");
}

/** The sessions: week, title, question. */
export function indexTable(rows: readonly Row[]): string {
  return markdownTable(
    ["week", "session", "question"],
    rows.map(({ path, title, question }) => {
      const week = /week-0*(\d+)\//.exec(path)?.[1] ?? "";
      return [week, `[${title}](${path})`, question];
    }),
  );
}

/** Whole numbers whole, others to five digits. */
function digits(value: number): string {
  const maximumSignificantDigits = Number.isInteger(value) ? undefined : 5;
  return value.toLocaleString("en", { maximumSignificantDigits });
}

/** The numbers of others that the sessions reproduce, as they are committed. */
export function publishedTable(rows: readonly Row[]): string {
  return markdownTable(
    ["session", "number", "published", "ours", "tolerance", "source"],
    rows.flatMap(({ number, path, published }) =>
      published.map(({ name, expected, got, unit = "", tolerance, source }) => {
        const [theirs, ours] = [expected, got].map((value) => `${digits(value)} ${unit}`.trim());
        return [
          `[${number}](${path})`,
          name,
          theirs,
          ours,
          `${digits(100 * tolerance)} %`,
          source,
        ];
      })
    ),
  );
}

async function readRows(root: string): Promise<Row[]> {
  const sessions = (await allNotebooks(root)).filter((file) => /[\\/]week-\d+[\\/]/.test(file));
  return await Promise.all(sessions.map(async (file) => {
    const path = relative(root, file).replaceAll("\\", "/");
    const notebook = parseNotebook(await Deno.readTextFile(file), path);
    const { number = "", title, question = "" } = readSession(path, notebook);
    const { published } = readFacts(notebook);
    return { path, number, title, question: question.replace(/\s+/g, " "), published };
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
  const rows = await readRows(root);
  const indexed = insertPart(readme, "sessions", indexTable(rows));
  return await format(insertPart(indexed, "published numbers", publishedTable(rows)));
}

if (import.meta.main) {
  await Deno.writeTextFile(join(ROOT, "README.md"), await renderReadme());
  print("README.md is fresh.");
}
