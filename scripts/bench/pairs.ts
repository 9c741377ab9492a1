/**
 * Ours against a peer: alternating runs, each in a process of its own, compared pair by pair.
 *
 * A number alone says little on a shared machine. So ours and the peer take turns, five times, each
 * in a fresh process with its own warm-up; what counts is the ratio within a pair, of which the
 * median and the range are printed. Answers are checked before any ratio is.
 *
 * @module
 */
import { join } from "node:path";
import { print } from "../terminal.ts";
import { writeWhole } from "../write_file.ts";

const root = new URL("../../", import.meta.url).pathname;

/** What a contestant reports: how much a second, and its answer to the question. */
export interface Report<A> {
  rate: number;
  answer: A;
}

/** A metric, measured in pairs. */
export interface Pairs<A = unknown> {
  metric: string;
  unit: string;
  peer: string;
  ours: Report<A>[];
  theirs: Report<A>[];
}

/** A line of the record. */
export interface Comparison {
  metric: string;
  unit: string;
  peer: string;
  ours: number;
  theirs: number;
  ratio: number;
  lowest: number;
  highest: number;
}

/** Runs a program that prints one JSON report as its last line. */
export async function contestant<A>(command: readonly string[]): Promise<Report<A>> {
  const { success, stdout, stderr } = await new Deno.Command(command[0], {
    args: command.slice(1),
    cwd: root,
    env: { NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder().decode(stdout).trim();
  if (!success) {
    throw new Error(`${command.join(" ")} failed:\n${new TextDecoder().decode(stderr).trim()}`);
  }
  return JSON.parse(text.slice(text.lastIndexOf("\n") + 1));
}

/** Alternates ours and theirs, `count` times; both get the number of the round, for a seed. */
export async function pairs<A>(
  about: { metric: string; unit: string; peer: string; count?: number },
  ours: (round: number) => Promise<Report<A>>,
  theirs: (round: number) => Promise<Report<A>>,
): Promise<Pairs<A>> {
  const { count = 5, ...names } = about;
  const result: Pairs<A> = { ...names, ours: [], theirs: [] };
  for (let i = 0; i < count; i++) {
    result.ours.push(await ours(i));
    result.theirs.push(await theirs(i));
  }
  return result;
}

/** Median rates, and median and range of the ratios. */
export function summarise({ metric, unit, peer, ours, theirs }: Pairs): Comparison {
  const ratios = ours.map((report, i) => report.rate / theirs[i].rate);
  return {
    metric,
    unit,
    peer,
    ours: median(ours.map((report) => report.rate)),
    theirs: median(theirs.map((report) => report.rate)),
    ratio: median(ratios),
    lowest: Math.min(...ratios),
    highest: Math.max(...ratios),
  };
}

/** `NAME METRIC ours=… peer=… (PEER) ratio=… [min..max]`. */
export function format(name: string, line: Comparison): string {
  const { metric, unit, peer, ours, theirs, ratio, lowest, highest } = line;
  const three = (value: number) => Number(value.toPrecision(3));
  const range = `[${three(lowest)}..${three(highest)}]`;
  return `${name} ${metric} ours=${rateText(ours, unit)} peer=${rateText(theirs, unit)} ` +
    `(${peer}) ratio=${three(ratio)} ${range}`;
}

/** Prints the lines and writes them to `out/bench/NAME.json`. */
export async function publish(
  name: string,
  lines: readonly Comparison[],
  more: Record<string, unknown> = {},
): Promise<void> {
  for (const line of lines) print(format(name, line));
  const folder = join(root, "out", "bench");
  await Deno.mkdir(folder, { recursive: true });
  const record = { date: new Date().toISOString(), deno: Deno.version.deno, lines, ...more };
  await writeWhole(join(folder, `${name}.json`), JSON.stringify(record, null, 2) + "\n");
}

/** 12,300,000 events/s as `12.3M events/s`. */
export function rateText(rate: number, unit: string): string {
  const [scale, letter] = rate >= 1e6 ? [1e6, "M"] : rate >= 1e3 ? [1e3, "k"] : [1, ""];
  return `${Number((rate / scale).toPrecision(3))}${letter} ${unit}/s`;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}
