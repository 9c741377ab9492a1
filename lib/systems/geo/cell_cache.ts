/**
 * Answers of cells, kept for a second: what a crowd that looks at the same place shares.
 *
 * The answer to "who is in this cell" is kept for `lifeMs`; a search reads the cells it needs and filters. Under
 * overload a search is not refused but answered from counts a cell, marked as approximate.
 *
 * Simplified: one process; a cell is loaded again by the first who finds it too old.
 *
 * @example
 * ```ts
 * import { CellCache } from "lib/systems/geo/cell_cache.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const cache = new CellCache((cell) => [cell.length], { lifeMs: 1000 });
 * cache.get("stq4", 0);
 * cache.get("stq4", 900);
 * cache.get("stq4", 1500);
 * assertEquals([cache.hits, cache.loads], [1, 2]);
 * ```
 *
 * @module
 */

export class CellCache<T> {
  hits = 0;
  loads = 0;
  #load: (cell: string) => T[];
  #lifeMs: number;
  #kept = new Map<string, { items: T[]; atMs: number }>();

  constructor(load: (cell: string) => T[], options: { lifeMs: number }) {
    this.#load = load;
    this.#lifeMs = options.lifeMs;
  }

  /** The cell's items, at most `lifeMs` old, and how old. */
  get(cell: string, nowMs: number): { items: T[]; ageMs: number } {
    const kept = this.#kept.get(cell);
    if (kept !== undefined && nowMs - kept.atMs < this.#lifeMs) {
      this.hits++;
      return { items: kept.items, ageMs: nowMs - kept.atMs };
    }
    this.loads++;
    const items = this.#load(cell);
    this.#kept.set(cell, { items, atMs: nowMs });
    return { items, ageMs: 0 };
  }

  /** How many the cell held when it was last read, however long ago: for overload. */
  approximate(cell: string): { count: number; approximate: true } | undefined {
    const kept = this.#kept.get(cell);
    return kept && { count: kept.items.length, approximate: true };
  }

  get hitRate(): number {
    return this.hits / Math.max(1, this.hits + this.loads);
  }
}
