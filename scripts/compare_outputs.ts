/**
 * Compares the outputs of a cell with the committed ones: text, tables and the data of charts, not pixels.
 *
 * Numbers, also those inside text, may differ by one part in a billion, since platforms round the last bits of sines
 * and logarithms differently. So may the version and the origin of a service. Printed chunks are joined, what goes to standard error is left out, and so are pictures,
 * which are drawn from the chart beside them.
 *
 * @example
 * ```ts
 * import { compareOutputs } from "./compare_outputs.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const print = (text: string) => [{ output_type: "stream" as const, name: "stdout" as const, text }];
 * assertEquals(compareOutputs(print("p99 4.95 s"), print("p99 4.9500000000001 s")), []);
 * assertEquals(compareOutputs(print("p99 4.95 s"), print("p99 4.96 s")), [
 *   'output 1 (printed text), line 1: committed "p99 4.95 s", now "p99 4.96 s"',
 * ]);
 * ```
 *
 * @module
 */
import type { Output } from "./notebook/notebook.ts";

const RELATIVE_TOLERANCE = 1e-9;
const NUMBER = /[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/g;
/** How a service names itself: `Redis 8.2.3, private, redis-server from the PATH`, `Kafka 3.9.1, at KAFKA_BROKERS`. */
const SERVICE =
  /\b([A-Z]?[a-zA-Z]+) \d[\w.]*((?: with|,) [^,:<]+)??, (?:at [A-Z_]+|private, \S+ from (?:the )?(?:PATH|KAFKA_HOME|Python wheel|system(?:'|&#39;)s packages|npm|Maven Central))(?!\w)/g;
/** Differences that are listed for one output; more would hide the first. */
const MOST_DIFFERENCES = 3;

function isClose(a: number, b: number): boolean {
  return Object.is(a, b) ||
    Math.abs(a - b) <= RELATIVE_TOLERANCE * Math.max(Math.abs(a), Math.abs(b));
}

function isSameText(a: string, b: string): boolean {
  if (a === b) return true;
  const [textA, textB] = [a, b].map((text) => text.replaceAll(SERVICE, "$1$2"));
  const [numbersA, numbersB] = [textA, textB].map((text) => text.match(NUMBER) ?? []);
  return textA.replaceAll(NUMBER, "#") === textB.replaceAll(NUMBER, "#") &&
    numbersA.every((number, i) => isClose(Number(number), Number(numbersB[i])));
}

function shorten(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 120 ? `${text.slice(0, 119)}…` : text;
}

function difference(place: string, committed: unknown, now: unknown): string {
  return `${place}: committed ${shorten(committed)}, now ${shorten(now)}`;
}

function compareText(place: string, committed: string, now: string): string[] {
  const [linesA, linesB] = [committed.split("\n"), now.split("\n")];
  const found: string[] = [];
  for (let i = 0; i < Math.max(linesA.length, linesB.length); i++) {
    const [a, b] = [linesA[i], linesB[i]];
    if (a === undefined || b === undefined || !isSameText(a, b)) {
      found.push(difference(`${place}, line ${i + 1}`, a, b));
    }
  }
  return found;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** JSON, numbers with the tolerance, and the place of each difference as a path. */
function compareJson(place: string, committed: unknown, now: unknown): string[] {
  if (typeof committed === "number" && typeof now === "number") {
    return isClose(committed, now) ? [] : [difference(place, committed, now)];
  }
  if (typeof committed === "string" && typeof now === "string") {
    return isSameText(committed, now) ? [] : [difference(place, committed, now)];
  }
  if (!isObject(committed) || !isObject(now) || Array.isArray(committed) !== Array.isArray(now)) {
    return committed === now ? [] : [difference(place, committed, now)];
  }
  const keys = new Set([...Object.keys(committed), ...Object.keys(now)]);
  const step = (key: string) => Array.isArray(committed) ? `[${key}]` : `.${key}`;
  return [...keys].flatMap((key) => compareJson(`${place}${step(key)}`, committed[key], now[key]));
}

/** What counts in an output: its media types but pictures, or what was printed. */
function contentOf(output: Output): Record<string, unknown> {
  if (output.output_type === "stream") return { "printed text": output.text };
  if (output.output_type === "error") return { error: `${output.ename}: ${output.evalue}` };
  return Object.fromEntries(
    Object.entries(output.data).filter(([type]) => !type.startsWith("image/")),
  );
}

/** What a reader saw of it, to tell an output that is new or gone. */
function inShort(content: Record<string, unknown> | undefined): unknown {
  return content && (content["text/plain"] ?? Object.values(content)[0]);
}

function joinPrinted(outputs: readonly Output[]): Output[] {
  const joined: Output[] = [];
  for (const output of outputs) {
    const last = joined.at(-1);
    if (output.output_type !== "stream") joined.push(output);
    else if (output.name === "stderr") continue;
    else if (last?.output_type !== "stream") joined.push({ ...output });
    else last.text += output.text;
  }
  return joined;
}

function compareOutput(index: number, committed?: Output, now?: Output): string[] {
  const place = `output ${index + 1}`;
  const contents = [committed, now].map((output) => output && contentOf(output));
  const [a, b] = contents;
  if (a === undefined || b === undefined) return [difference(place, inShort(a), inShort(b))];
  const types = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...types].flatMap((type) => {
    const [valueA, valueB] = [a[type], b[type]];
    return typeof valueA === "string" && typeof valueB === "string"
      ? compareText(`${place} (${type})`, valueA, valueB)
      : compareJson(`${place} (${type})`, valueA, valueB);
  });
}

/** The first differences between the committed outputs of a cell and those of now; empty when they agree. */
export function compareOutputs(committed: readonly Output[], now: readonly Output[]): string[] {
  const [before, after] = [joinPrinted(committed), joinPrinted(now)];
  return Array.from({ length: Math.max(before.length, after.length) })
    .flatMap((_, i) => compareOutput(i, before[i], after[i]).slice(0, MOST_DIFFERENCES));
}
