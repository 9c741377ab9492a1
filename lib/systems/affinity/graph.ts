/**
 * Whom the people that one follows follow: candidates two steps away, weighted by Adamic and Adar.
 *
 * A common acquaintance who follows few says more than one who follows everybody, so each counts 1 / ln(degree). A hub
 * that more than `hubCap` follow is not walked through: it leads everywhere, and means nothing. For walks that go further
 * see `personal_rank.ts`.
 *
 * @example
 * ```ts
 * import { FollowGraph } from "lib/systems/affinity/graph.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const graph = new FollowGraph([[1], [2, 0], []]);
 * assertEquals(graph.twoHop(0).map(({ id }) => id), [1, 2]);
 * ```
 *
 * Source: Adamic and Adar, "Friends and neighbors on the Web", Social Networks 25(3), 2003.
 *
 * @module
 */
import { addCrowd, strongest, type Weighted } from "./adamic_adar.ts";

export class FollowGraph {
  readonly #links: number[][];
  readonly #gone = new Set<number>();

  /** `follows[u]`: whom u follows. Links are walked in both directions. */
  constructor(follows: readonly ArrayLike<number>[]) {
    this.#links = follows.map(() => []);
    follows.forEach((others, user) => {
      for (let i = 0; i < others.length; i++) {
        this.#links[user].push(others[i]);
        this.#links[others[i]].push(user);
      }
    });
  }

  degree(user: number): number {
    return this.#links[user]?.length ?? 0;
  }

  /** Whom one follows and by whom one is followed; who does both is there twice. */
  linksOf(user: number): readonly number[] {
    return this.#links[user] ?? [];
  }

  /** Others within two steps, the strongest first. */
  twoHop(user: number, { limit = Infinity, hubCap = 100 } = {}): Weighted[] {
    return strongest(this.weightsOf(user, { hubCap }), limit);
  }

  /** The weight of everybody within two steps, in no order. */
  weightsOf(user: number, { hubCap = 100 } = {}): Map<number, number> {
    const weights = new Map<number, number>();
    for (const between of this.#links[user] ?? []) {
      weights.set(between, (weights.get(between) ?? 0) + 1);
      addCrowd(weights, this.#links[between], hubCap);
    }
    weights.delete(user);
    for (const gone of this.#gone) weights.delete(gone);
    return weights;
  }

  /** Takes a person out of all answers. */
  remove(user: number): void {
    this.#gone.add(user);
  }
}
