/**
 * `deno task bench [NAME …]`: side-by-side benchmarks against what people use today; all of them without a name.
 * `week-01` stands for all that begin so: `week-01-cache`, `week-01-pool` …
 *
 * Each file `scripts/bench/NAME.ts` is one, and exports `main()`. It prints a line a metric,
 * `NAME METRIC ours=… peer=… (PEER) ratio=… [min..max]`, and writes `out/bench/NAME.json`.
 *
 * @module
 */
import { nearest } from "lib/estimate/nearest.ts";
import { print, printError } from "./terminal.ts";

const folder = new URL("./bench/", import.meta.url);

const HELPERS = ["pairs.ts", "paired.ts"];

/** The names of all benchmarks, in order. */
export function benchmarks(): string[] {
  return [...Deno.readDirSync(folder)]
    .filter((entry) => entry.isFile && entry.name.endsWith(".ts") && !HELPERS.includes(entry.name))
    .map((entry) => entry.name.slice(0, -".ts".length).replaceAll("_", "-"))
    .sort();
}

async function main(names: string[]): Promise<number> {
  const known = benchmarks();
  for (const name of names) {
    if (known.includes(name)) continue;
    const near = nearest(name, known);
    printError(
      `Cannot run benchmark: name must be one of ${known.join(", ")}: received ${name}` +
        (near.length > 0 ? `. Did you mean ${near[0]}?` : ""),
    );
    return 2;
  }
  let status = 0;
  const isMeant = (one: string) =>
    names.some((name) => one === name || one.startsWith(`${name}-`)) || names.length === 0;
  for (const name of known.filter(isMeant)) {
    try {
      const { main } = await import(new URL(`${name.replaceAll("-", "_")}.ts`, folder).href);
      await main();
    } catch (error) {
      printError(`Cannot finish benchmark ${name}: ${(error as Error).message}`);
      status = 1;
    }
  }
  print(`records are in out/bench/`);
  return status;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
