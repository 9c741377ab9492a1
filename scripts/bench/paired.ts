/**
 * Compares two implementations fairly: alternately in one run, after a warm-up, several times.
 *
 * Absolute numbers of a shared machine mean little; the ratio of two rounds that follow each other
 * means something. The median of the ratios is printed with its range, and everything is kept.
 *
 * @module
 */
import { join } from "node:path";
import { print } from "../terminal.ts";
import { writeWhole } from "../write_file.ts";

/** Two implementations of one thing; a round returns the metric. */
export interface Pair {
  metric: string;
  peer: string;
  ours: () => number | Promise<number>;
  theirs: () => number | Promise<number>;
  rounds?: number;
}

/** What came out. */
export interface Comparison {
  metric: string;
  peer: string;
  ours: number;
  theirs: number;
  ratio: number;
  ratios: number[];
}

/** Runs both alternately, prints a line, and returns the medians. */
export async function compare(name: string, pair: Pair): Promise<Comparison> {
  const { metric, peer, ours, theirs, rounds = 5 } = pair;
  await ours();
  await theirs();
  const results: { ours: number; theirs: number }[] = [];
  for (let round = 0; round < rounds; round++) {
    results.push({ ours: await ours(), theirs: await theirs() });
  }
  return report(name, { metric, peer, results });
}

/** Prints the line of rounds that were measured elsewhere. */
export function report(
  name: string,
  measured: { metric: string; peer: string; results: { ours: number; theirs: number }[] },
): Comparison {
  const { metric, peer, results } = measured;
  const ratios = results.map(({ ours, theirs }) => ours / theirs);
  const comparison = {
    metric,
    peer,
    ours: median(results.map(({ ours }) => ours)),
    theirs: median(results.map(({ theirs }) => theirs)),
    ratio: median(ratios),
    ratios,
  };
  const range = `[${format(Math.min(...ratios))}..${format(Math.max(...ratios))}]`;
  print(
    `${name} ${metric} ours=${format(comparison.ours)} peer=${format(comparison.theirs)} ` +
      `(${peer}) ratio=${format(comparison.ratio)} ${range}`,
  );
  return comparison;
}

/** Writes all comparisons of a benchmark to `out/bench/NAME.json`. */
export async function save(name: string, comparisons: Comparison[]): Promise<void> {
  const folder = join(new URL("../../", import.meta.url).pathname, "out", "bench");
  await Deno.mkdir(folder, { recursive: true });
  const date = new Date().toISOString().slice(0, 10);
  const record = { date, deno: Deno.version.deno, comparisons };
  await writeWhole(join(folder, `${name}.json`), JSON.stringify(record, null, 2) + "\n");
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function format(value: number): string {
  if (value >= 1e6) return `${Number((value / 1e6).toPrecision(3))}M`;
  if (value >= 1e4) return `${Number((value / 1e3).toPrecision(3))}k`;
  return `${Number(value.toPrecision(3))}`;
}
