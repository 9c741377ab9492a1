/**
 * Time series that fit into a chart: at most 500 rows, no peak lost.
 *
 * `thin` cuts the time axis into equal pieces and keeps, of each, the lowest and the highest row, as
 * they are: nothing is averaged away. `Series` does so while a run goes on, in constant memory;
 * `Rates` counts events in windows of equal length.
 *
 * @example
 * ```ts
 * import { Series } from "lib/sim/series.ts";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const queue = new Series({ limit: 100 });
 * for (let t = 0; t < 10_000; t++) queue.add(t, t === 7777 ? 99 : t % 2);
 * assert(queue.rows().length <= 100);
 * assertEquals(queue.rows().find((row) => row.y === 99), { x: 7777, y: 99 });
 * ```
 */
import type { Clock } from "./gauge.ts";

/** One point: `x` is mostly time, s. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** At most `limit` of the rows, in their order of x: each piece's lowest and highest, first, last. */
export function thin<T>(
  rows: readonly T[],
  options: { x: (row: T) => number; y: (row: T) => number; limit?: number },
): T[] {
  const { x, y, limit = 500 } = options;
  if (!(limit >= 4)) {
    throw new RangeError(`Cannot thin series: limit must be 4 rows or more: received ${limit}`);
  }
  if (rows.length <= limit) return [...rows];
  const begin = x(rows[0]);
  const span = x(rows[rows.length - 1]) - begin;
  const pieces = Math.floor((limit - 2) / 2);
  const pieceOf = (row: T) =>
    span > 0 ? Math.min(pieces - 1, Math.floor((x(row) - begin) / span * pieces)) : 0;
  const kept: T[] = [rows[0]];
  for (let i = 1, end = rows.length - 1; i < end;) {
    const piece = pieceOf(rows[i]);
    let low = i;
    let high = i;
    for (i++; i < end && pieceOf(rows[i]) === piece; i++) {
      if (y(rows[i]) < y(rows[low])) low = i;
      if (y(rows[i]) > y(rows[high])) high = i;
    }
    kept.push(rows[Math.min(low, high)]);
    if (low !== high) kept.push(rows[Math.max(low, high)]);
  }
  kept.push(rows[rows.length - 1]);
  return kept;
}

/** A series that thins itself as it grows. */
export class Series {
  #limit: number;
  #rows: Point[] = [];

  constructor(options: { limit?: number } = {}) {
    this.#limit = options.limit ?? 500;
  }

  /** Adds a point; x must not go back. */
  add(x: number, y: number): void {
    this.#rows.push({ x, y });
    if (this.#rows.length >= 4 * this.#limit) this.#rows = this.rows();
  }

  /** At most `limit` points. */
  rows(): Point[] {
    return thin(this.#rows, { x: (row) => row.x, y: (row) => row.y, limit: this.#limit });
  }
}

/** How many a second, window by window. */
export class Rates {
  readonly seconds: number;
  #clock: Clock;
  #counts: number[] = [];

  /** Windows of `seconds`, from time 0. */
  constructor(clock: Clock, seconds: number) {
    if (!(seconds > 0)) {
      throw new RangeError(`Cannot count rates: seconds must be above 0: received ${seconds}`);
    }
    this.seconds = seconds;
    this.#clock = clock;
  }

  /** Counts `events` at the present time. */
  count(events = 1): void {
    const window = Math.floor(this.#clock.now / this.seconds);
    while (this.#counts.length <= window) this.#counts.push(0);
    this.#counts[window] += events;
  }

  /** Rate, 1/s, of each full window: x is where it begins; at most `limit` rows. */
  rows(limit = 500): Point[] {
    const full = Math.floor(this.#clock.now / this.seconds);
    const rows = Array.from({ length: full }, (_, i) => ({
      x: i * this.seconds,
      y: (this.#counts[i] ?? 0) / this.seconds,
    }));
    return thin(rows, { x: (row) => row.x, y: (row) => row.y, limit });
  }
}
