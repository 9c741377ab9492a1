/**
 * Who matters to one person in a graph, near or far: personalised PageRank by pushing residuals.
 *
 * A walker starts at a person, goes home with probability `restart` before each step, else follows any link. Where it is
 * found, how often, is the rank. Nobody walks: all of the probability lies at the source as a residual; a push keeps the
 * restart's share of one node's residual as rank, and hands the rest on to its links. It ends when no node holds more
 * than `tolerance` for each of its links. So at most 1 / (restart × tolerance) links are walked beyond those of the source,
 * however large the graph; and as links go both ways, no rank is too small by more than tolerance × degree.
 *
 * | operation | time | memory |
 * | --- | --- | --- |
 * | `personalRank` | at most 1 / (restart × tolerance) links | the nodes reached |
 *
 * @example
 * ```ts
 * import { personalRank } from "lib/systems/affinity/personal_rank.ts";
 * import { assert } from "@std/assert";
 *
 * const ring = (node: number) => [(node + 1) % 9, (node + 8) % 9];
 * const { ranks, missing } = personalRank(ring, 0, { tolerance: 1e-6 });
 * assert(ranks.get(1)! > ranks.get(2)! && ranks.get(2)! > ranks.get(3)!);
 * assert(missing < 1e-4);
 * ```
 *
 * Source: Andersen, Chung, Lang, "Local graph partitioning using PageRank vectors", FOCS 2006, section 3.
 *
 * @module
 */
export interface PersonalRankOptions {
  /** The probability to go home before a step. */
  restart?: number;
  /** The residual for each link that may be left. */
  tolerance?: number;
}

export interface PersonalRank {
  /** From below: what is missing of them all is `missing`. */
  ranks: Map<number, number>;
  missing: number;
  /** Links that were walked. */
  walked: number;
}

/** `linksOf`: the links of a node, each of them there in both directions. */
export function personalRank(
  linksOf: (node: number) => ArrayLike<number>,
  source: number,
  { restart = 0.15, tolerance = 1e-4 }: PersonalRankOptions = {},
): PersonalRank {
  if (!(restart > 0 && restart <= 1) || !(tolerance > 0)) {
    throw new RangeError(
      "Cannot rank: restart must be above 0 and at most 1, and tolerance above 0: " +
        `received ${restart}, ${tolerance}`,
    );
  }
  const ranks = new Map<number, number>(), residuals = new Map([[source, 1]]);
  const queue = [source], isQueued = new Set(queue);
  let walked = 0;
  for (let at = 0; at < queue.length; at++) {
    const node = queue[at], links = linksOf(node), residual = residuals.get(node)!;
    isQueued.delete(node);
    residuals.delete(node);
    if (links.length === 0) { // nowhere to go: the walker stays
      ranks.set(node, (ranks.get(node) ?? 0) + residual);
      continue;
    }
    ranks.set(node, (ranks.get(node) ?? 0) + restart * residual);
    const part = (1 - restart) * residual / links.length;
    walked += links.length;
    for (let i = 0; i < links.length; i++) {
      const other = links[i], held = (residuals.get(other) ?? 0) + part;
      residuals.set(other, held);
      if (held > tolerance * linksOf(other).length && !isQueued.has(other)) {
        isQueued.add(other);
        queue.push(other);
      }
    }
  }
  let missing = 0;
  for (const residual of residuals.values()) missing += residual;
  return { ranks, missing, walked };
}
