/**
 * Which of several nodes owns a key, by rendezvous hashing: every node scores the key, the highest score wins.
 *
 * A node that leaves hands over its own keys and no others.
 *
 * @example
 * ```ts
 * import { ownerOf } from "lib/systems/cache/owner.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const keys = Array.from({ length: 1000 }, (_, n) => `user:${n}`);
 * const moved = keys.filter((key) => ownerOf(key, ["a", "b", "c"]) !== ownerOf(key, ["a", "b"]));
 * assertEquals(moved.every((key) => ownerOf(key, ["a", "b", "c"]) === 2), true);
 * ```
 *
 * Source: Thaler and Ravishankar, "Using name-based mappings to increase hit rates", IEEE/ACM ToN 6(1), 1998.
 *
 * @module
 */
import { murmur2 } from "../../structures/murmur2.ts";

/** The index of the key's owner among `nodes`. */
export function ownerOf(key: string, nodes: readonly string[]): number {
  let [best, owner] = [-1, -1];
  nodes.forEach((node, n) => {
    const score = murmur2(`${key} ${node}`) >>> 0;
    if (score > best) [best, owner] = [score, n];
  });
  return owner;
}
