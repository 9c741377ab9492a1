/**
 * Myers' diff: the fewest lines to delete and insert that make one list of lines into another.
 *
 * `reach[k]` is how far into the old lines a script of `d` edits comes on diagonal `k`, where `k` is old index minus new
 * index. Each further edit lets every diagonal be reached from a neighbour, and equal lines are then free. The trace of
 * all rounds, walked back from the end, is the script.
 *
 * Simplified: the trace is kept, O(d²) numbers, instead of the paper's divide and conquer; lines that two texts of a
 * program differ in are few. Where several scripts are shortest, deletions come first, as in most tools.
 *
 * @example
 * ```ts
 * import { diffLines } from "lib/systems/file_sync/line_diff.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(diffLines(["a", "b", "c"], ["a", "x", "y", "c"]), [
 *   { oldFrom: 1, oldTo: 2, newFrom: 1, newTo: 3 },
 * ]);
 * ```
 *
 * Source: Myers, "An O(ND) Difference Algorithm and Its Variations", 1986.
 *
 * @module
 */

/** The old lines [oldFrom, oldTo) became the new lines [newFrom, newTo); one of them may be empty. */
export interface Hunk {
  oldFrom: number;
  oldTo: number;
  newFrom: number;
  newTo: number;
}

/** What `reach` was before each round, until the end was reached. */
function trace(old: readonly string[], now: readonly string[]): Int32Array[] {
  const most = old.length + now.length;
  const reach = new Int32Array(2 * most + 3), middle = most + 1;
  const rounds: Int32Array[] = [];
  for (let edits = 0; edits <= most; edits++) {
    rounds.push(reach.slice(middle - edits - 1, middle + edits + 2));
    for (let k = -edits; k <= edits; k += 2) {
      const down = k === -edits || (k !== edits && reach[middle + k - 1] < reach[middle + k + 1]);
      let x = down ? reach[middle + k + 1] : reach[middle + k - 1] + 1;
      while (x < old.length && x - k < now.length && old[x] === now[x - k]) x++;
      reach[middle + k] = x;
      if (x >= old.length && x - k >= now.length) return rounds;
    }
  }
  return rounds;
}

/** The changes, in order; no two of them touch. */
export function diffLines(old: readonly string[], now: readonly string[]): Hunk[] {
  const hunks: Hunk[] = [];
  let x = old.length, y = now.length;
  const rounds = trace(old, now);
  for (let edits = rounds.length - 1; edits > 0; edits--) {
    const reach = rounds[edits], middle = edits + 1, k = x - y;
    const down = k === -edits || (k !== edits && reach[middle + k - 1] < reach[middle + k + 1]);
    // Back along equal lines, then over the edit of this round.
    const fromX = down ? reach[middle + k + 1] : reach[middle + k - 1];
    const fromY = fromX - (down ? k + 1 : k - 1);
    const [editX, editY] = down ? [fromX, fromY + 1] : [fromX + 1, fromY];
    const last = hunks.at(-1);
    if (last !== undefined && last.oldFrom === editX && last.newFrom === editY) {
      [last.oldFrom, last.newFrom] = [fromX, fromY];
    } else hunks.push({ oldFrom: fromX, oldTo: editX, newFrom: fromY, newTo: editY });
    [x, y] = [fromX, fromY];
  }
  return hunks.reverse();
}
