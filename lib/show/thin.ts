/**
 * Thins out rows for a chart without losing a peak.
 *
 * Rows are put in order of x and cut into buckets of equal count; of each bucket the rows with the
 * least and the greatest y stay, and the very first and last row of all. A spike of one row in a
 * million is still there; a mean per bucket would have flattened it.
 *
 * @example
 * ```ts
 * import { assert, assertEquals } from "@std/assert";
 * import { thin } from "./thin.ts";
 *
 * const rows = Array.from({ length: 10_000 }, (_, i) => ({ at: i, ms: i === 4321 ? 900 : 10 }));
 * const fewer = thin(rows, { x: "at", y: "ms", max: 200 });
 * assert(fewer.length <= 200);
 * assertEquals(fewer.filter((row) => row.ms === 900).length, 1);
 * ```
 *
 * @module
 */
import { checkField } from "./chart/channel.ts";
import { checkRows, type FieldOf, groupRows, MAX_ROWS, type Row } from "./chart/rows.ts";

/** Options of {@linkcode thin}. */
export interface ThinOptions<R> {
  /** Field with the order: numbers or dates. */
  x: FieldOf<R>;
  /** Field whose peaks stay. */
  y: FieldOf<R>;
  /** Field that tells series apart; each is thinned alike. */
  by?: FieldOf<R>;
  /** At most as many rows come back; 500 when absent, what a chart takes. */
  max?: number;
}

/** Returns at most `max` of the rows, in order of x, series by series. */
export function thin<R extends object>(rows: readonly R[], options: ThinOptions<R>): R[] {
  const { x, y, by, max = MAX_ROWS } = options;
  const checked = checkRows("thin", rows);
  for (const [name, field] of Object.entries({ x, y })) checkField(checked, field, "thin", name);
  const series = groupRows(checked, [by]);
  const share = Math.floor(max / series.length);
  if (!Number.isInteger(max) || share < 4) {
    throw new RangeError(
      `Cannot thin rows: max must be a whole number, at least 4 a series (${series.length} series): ` +
        `received ${max}`,
    );
  }
  return series.flatMap((group) => peaks(group, x, y, share)) as R[];
}

function peaks(rows: readonly Row[], x: string, y: string, most: number): Row[] {
  const sorted = [...rows].sort((a, b) => Number(a[x]) - Number(b[x]));
  if (sorted.length <= most) return sorted;
  const inner = sorted.slice(1, -1);
  const buckets = Math.floor((most - 2) / 2);
  const kept = Array.from({ length: buckets }, (_, i) => {
    const bucket = inner.slice(
      Math.floor(i * inner.length / buckets),
      Math.floor((i + 1) * inner.length / buckets),
    );
    let [least, greatest] = [0, 0];
    bucket.forEach((row, at) => {
      if (Number(row[y]) < Number(bucket[least][y])) least = at;
      if (Number(row[y]) > Number(bucket[greatest][y])) greatest = at;
    });
    return [...new Set([Math.min(least, greatest), Math.max(least, greatest)])]
      .map((at) => bucket[at]);
  });
  return [sorted[0], ...kept.flat(), sorted.at(-1)!];
}
