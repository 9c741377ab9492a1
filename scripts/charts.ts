/**
 * `deno task charts`: every chart of the notebooks as a file, named after what it shows.
 *
 * `svg` stands alone, its title in it; `png` is the picture as notebooks carry it; `json` is the
 * Vega-Lite specification. The same notebook always gives the same bytes.
 *
 * @module
 */
import { join, resolve } from "node:path";
import { type Chart, chartFileName, toPicture, toPixels } from "./report/chart.ts";
import { type Entry, toEntry } from "./report/entry.ts";
import { readExecuted } from "./report/read_executed.ts";
import { prepareFolder } from "./run/output_folder.ts";
import { displayName, ROOT, selectNotebooks } from "./select.ts";
import { print, printError } from "./terminal.ts";
import { callingFolder, parseFlags, UsageError } from "./usage.ts";
import { writeWhole } from "./write_file.ts";

const HELP = `Writes every chart of the notebooks as a file: 01-what-it-shows.svg

deno task charts [01 week-08 path/to/any.ipynb …]
  --format svg,png,json  which files a chart becomes (default: svg)
  --out DIR              where they go (default: out/charts)
  --help`;

const WRITERS = {
  svg: async (chart: Chart, path: string) => {
    await writeWhole(path, await toPicture(chart, chart.spec));
  },
  png: async (chart: Chart, path: string) => {
    await Deno.writeFile(path, await toPixels(chart));
  },
  json: async (chart: Chart, path: string) => {
    await writeWhole(path, JSON.stringify(chart.spec, null, 2) + "\n");
  },
};

export type ChartFormat = keyof typeof WRITERS;

/** @throws {UsageError} when one is unknown, or none is named */
export function parseFormats(text: string): ChartFormat[] {
  const names = text.split(",").map((name) => name.trim()).filter((name) => name !== "");
  const unknown = names.find((name) => !(Object.hasOwn(WRITERS, name)));
  if (names.length === 0 || unknown !== undefined) {
    throw new UsageError(
      `Cannot write charts: --format must be one or more of ${Object.keys(WRITERS).join(", ")}: ` +
        `received ${unknown ?? "none"}`,
    );
  }
  return [...new Set(names)] as ChartFormat[];
}

/** Writes the charts of one notebook; the paths, and what could not be drawn. */
export async function writeCharts(
  { session, charts }: Entry,
  outDir: string,
  formats: readonly ChartFormat[],
): Promise<{ written: string[]; problems: string[] }> {
  const written: string[] = [];
  const problems: string[] = [];
  for (const chart of charts) {
    for (const format of formats) {
      const path = join(outDir, `${chartFileName(session, chart)}.${format}`);
      try {
        await WRITERS[format](chart, path);
        written.push(path);
      } catch (error) {
        problems.push(`${chartFileName(session, chart)}.${format}: ${(error as Error).message}`);
      }
    }
  }
  return { written, problems };
}

async function charts(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseFlags(args, {
    format: { type: "string" },
    out: { type: "string" },
    help: { type: "boolean", short: "h" },
  });
  if (values.help) {
    print(HELP);
    return 0;
  }
  const formats = parseFormats(`${values.format ?? "svg"}`);
  const outDir = values.out === undefined
    ? join(ROOT, "out", "charts")
    : resolve(callingFolder(), `${values.out}`);
  const paths = await selectNotebooks(positionals);
  await prepareFolder(outDir);
  let failed = false;
  for (const path of paths) {
    try {
      const executed = await readExecuted(path);
      const { written, problems } = await writeCharts(toEntry(executed), outDir, formats);
      print(`${displayName(path)}: ${written.length} files from ${executed.origin}`);
      problems.forEach(printError);
      failed ||= problems.length > 0;
    } catch (error) {
      printError((error as Error).message);
      failed = true;
    }
  }
  print(`Charts: ${displayName(outDir)}`);
  return failed ? 1 : 0;
}

/** The command; its exit status. */
export async function main(args: readonly string[]): Promise<number> {
  try {
    return await charts(args);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    printError(error.message);
    return 2;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
