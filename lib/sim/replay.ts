/**
 * A recorded workload, played again: rows of a log with the time at which each request came.
 *
 * `parseRows` reads CSV with a header line, or one JSON object a line; `replay` calls back with each
 * row at its time, from the first row on, faster or slower by `speed`.
 *
 * Simplified: CSV without quotes.
 *
 * @example
 * ```ts
 * import { parseRows, replay } from "lib/sim/replay.ts";
 * import { Simulation } from "lib/sim/simulation.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const rows = parseRows("at,key\n1000,a\n1001.5,b\n1004,a");
 * const sim = new Simulation();
 * const seen: string[] = [];
 * replay(sim, rows, { time: "at", speed: 2 }, (row) => seen.push(`${row.key} at ${sim.now}`));
 * sim.run();
 * assertEquals(seen, ["a at 0", "b at 0.75", "a at 2"]);
 * ```
 */
import { arrive, atTimes } from "./arrivals.ts";
import type { Simulation } from "./simulation.ts";

export type Row = Record<string, string | number>;

/** Rows of a CSV or JSON-lines text; what looks like a number becomes one. */
export function parseRows(text: string): Row[] {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  if (lines.length === 0) throw new SyntaxError("Cannot read rows: text must not be empty");
  if (lines[0].trimStart().startsWith("{")) return lines.map(parseJson);
  const names = lines[0].split(",").map((name) => name.trim());
  return lines.slice(1).map((line, i) => {
    const cells = line.split(",");
    if (cells.length !== names.length) {
      throw new SyntaxError(
        `Cannot read rows: line ${i + 2} must have ${names.length} cells: received ${cells.length}`,
      );
    }
    return Object.fromEntries(names.map((name, n) => [name, value(cells[n].trim())]));
  });
}

/** Plays the rows; `time` names the field with the time, s, by which they are in order. */
export function replay(
  sim: Simulation,
  rows: readonly Row[],
  options: { time: string; speed?: number },
  onRow: (row: Row, index: number) => void,
): void {
  const { time, speed = 1 } = options;
  if (!(speed > 0 && speed < Infinity)) {
    throw new RangeError(`Cannot replay: speed must be finite and above 0: received ${speed}`);
  }
  const times = rows.map((row) => (Number(row[time]) - Number(rows[0][time])) / speed);
  arrive(sim, atTimes(times.map((at) => sim.now + at)), (i) => onRow(rows[i], i), {
    name: `replay of ${rows.length} rows by ${time}`,
  });
}

function parseJson(line: string, i: number): Row {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new SyntaxError(`Cannot read rows: line ${i + 1} must be JSON: received ${line}`, {
      cause,
    });
  }
}

function value(text: string): string | number {
  return text !== "" && Number.isFinite(Number(text)) ? Number(text) : text;
}
