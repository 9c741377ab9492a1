/**
 * The names nearest to a misspelt one.
 *
 * Distance is the number of edits (insert, delete, replace, swap two neighbours), capitals and
 * punctuation ignored; a name that contains the other counts as near too.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nearest } from "lib/estimate/nearest.ts";
 *
 * assertEquals(nearest("hartbeat", ["heartbeat", "misses", "loss"]), ["heartbeat"]);
 * assertEquals(nearest("colour", ["heartbeat", "misses", "loss"]), []);
 * ```
 *
 * Source: optimal string alignment distance, Damerau 1964.
 */

/** Returns up to `limit` of `names` that `name` may have meant, the nearest first. */
export function nearest(name: string, names: readonly string[], limit = 3): string[] {
  const wanted = plain(name);
  return names
    .map((candidate) => ({ candidate, distance: distanceOfNames(wanted, plain(candidate)) }))
    .filter(({ distance, candidate }) => distance <= Math.max(1, candidate.length / 3))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, limit)
    .map(({ candidate }) => candidate);
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}%]/gu, "");
}

function distanceOfNames(a: string, b: string): number {
  if (a.length > 2 && b.length > 2 && (a.includes(b) || b.includes(a))) return 0.5;
  return editDistance(a, b);
}

/** Returns the number of edits that turn `a` into `b`. */
export function editDistance(a: string, b: string): number {
  const rows = [...Array(a.length + 1).keys()].map((i) => [i]);
  for (let j = 0; j <= b.length; j++) rows[0][j] = j;
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const replaced = rows[i - 1][j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      rows[i][j] = Math.min(replaced, rows[i - 1][j] + 1, rows[i][j - 1] + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        rows[i][j] = Math.min(rows[i][j], rows[i - 2][j - 2] + 1);
      }
    }
  }
  return rows[a.length][b.length];
}
