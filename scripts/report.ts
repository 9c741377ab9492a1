/**
 * `deno task report`: a static site from executed notebooks, and a design document a session.
 *
 * One self-contained page a notebook and an index; charts are interactive, and pictures without
 * scripts; no page asks another host for anything. `design/` holds each session's design document
 * as Markdown, HTML and, where the machine has a Chromium, PDF.
 *
 * @module
 */
import { join, resolve } from "node:path";
import type { Browser } from "playwright-core";
import { writeDesign } from "./report/design_page.ts";
import { type Diagrams, diagramsIn, drawDiagrams } from "./report/diagram.ts";
import { type Entry, type Executed, toEntry } from "./report/entry.ts";
import { writeArtefacts } from "./report/files.ts";
import { indexPage } from "./report/index_page.ts";
import { LazyBrowser } from "./report/lazy_browser.ts";
import { markdownOf, notebookPage } from "./report/notebook_page.ts";
import { readExecuted } from "./report/read_executed.ts";
import { prepareFolder } from "./run/output_folder.ts";
import { displayName, ROOT, selectNotebooks } from "./select.ts";
import { print, printError } from "./terminal.ts";
import { callingFolder, parseFlags, UsageError } from "./usage.ts";
import { writeWhole } from "./write_file.ts";

export type { Executed } from "./report/entry.ts";

const HELP = `Makes a static site from executed notebooks, and a design document a session.

deno task report [01 week-08 path/to/any.ipynb …]
  --out DIR   where the site goes (default: out/report)
  --no-pdf    leave out the PDF files
  --help

A notebook that was run since it last changed is taken from out/, any other with the outputs that it holds.`;

export interface ReportOptions {
  /** Write PDF files where there is a browser. Default true. */
  pdf?: boolean;
  /** Gets a line for what could not be made. */
  log?: (line: string) => void;
  /** The browser's path; `null` for none. Default: the one on this machine. */
  browser?: string | null;
}

async function writePages(
  entries: readonly Entry[],
  outDir: string,
  diagrams: Diagrams,
  browser: Browser | undefined,
): Promise<string[]> {
  const stems = new Set(entries.map(({ session }) => session.stem));
  const written: string[] = [];
  for (const entry of entries) {
    written.push(...await writeArtefacts(entry, outDir));
    const design = await writeDesign(entry, diagrams, outDir, browser);
    const labels: Record<string, string> = { md: "Markdown", html: "HTML", pdf: "PDF" };
    const documents = design.map((link) => ({ label: labels[link.replace(/^.*\./, "")], link }));
    const page = join(outDir, `${entry.session.stem}.html`);
    await writeWhole(page, await notebookPage(entry, { diagrams, stems, documents }));
    written.push(page, ...design.map((path) => join(outDir, path)));
  }
  return written;
}

/**
 * Writes the report of executed notebooks into a folder: `index.html`, a page a notebook, `design/`
 * and `files/`. The paths of what was written, the index first.
 */
export async function writeReport(
  executed: readonly Executed[],
  outDir: string,
  options: ReportOptions = {},
): Promise<string[]> {
  const { pdf = true, log = () => {} } = options;
  const entries = executed.map(toEntry);
  await Deno.mkdir(outDir, { recursive: true });
  const lazy = new LazyBrowser(options.browser, log);
  try {
    const sources = entries.flatMap(markdownOf).flatMap(diagramsIn);
    const diagrams = await drawDiagrams(sources, () => lazy.get());
    const browser = pdf ? await lazy.get() : undefined;
    if (pdf && browser === undefined) {
      log("No PDF files: they need Chromium, Chrome or Edge on this machine");
    }
    const index = join(outDir, "index.html");
    const pages = await writePages(entries, outDir, diagrams, browser);
    await writeWhole(index, await indexPage(entries));
    return [index, ...pages];
  } finally {
    await lazy.close();
  }
}

async function report(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseFlags(args, {
    out: { type: "string" },
    "no-pdf": { type: "boolean" },
    help: { type: "boolean", short: "h" },
  });
  if (values.help) {
    print(HELP);
    return 0;
  }
  const outDir = values.out === undefined
    ? join(ROOT, "out", "report")
    : resolve(callingFolder(), `${values.out}`);
  const paths = await selectNotebooks(positionals);
  await prepareFolder(outDir);
  const executed: Executed[] = [];
  let failed = 0;
  for (const path of paths) {
    try {
      executed.push(await readExecuted(path));
    } catch (error) {
      failed++;
      printError((error as Error).message);
      continue;
    }
    print(`${displayName(path)}: outputs from ${executed.at(-1)!.origin}`);
  }
  const pdf = values["no-pdf"] !== true;
  const [index] = await writeReport(executed, outDir, { pdf, log: printError });
  print(`Report: ${displayName(index)}`);
  return failed > 0 ? 1 : 0;
}

/** The command; its exit status. */
export async function main(args: readonly string[]): Promise<number> {
  try {
    return await report(args);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    printError(error.message);
    return 2;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
