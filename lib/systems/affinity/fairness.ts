/**
 * Who is shown: attention per merit of each cohort, and a reranker that keeps every cohort above a floor.
 *
 * A place in a list is worth 1 / log₂(rank + 1) of attention. A cohort's exposure is the attention its members got,
 * divided by their merit; the ratio of the least to the most exposed is 1 when attention follows merit. The reranker
 * fills a list from the top, and keeps accounts across lists, since a cohort of 5 % cannot have a twentieth of every
 * first place: where a cohort would fall below `floor` of its share of all attention so far, its best candidate takes
 * the place, else the best of all does.
 *
 * Simplified: merit is given. Who takes clicks for merit measures the old ranking, and calls its bias fair.
 *
 * @example
 * ```ts
 * import { FairReranker } from "lib/systems/affinity/fairness.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const ranker = new FairReranker({ share: [0.5, 0.5], floor: 0.9 });
 * const ranked = [0, 0, 0, 1, 1].map((cohort, id) => ({ id, cohort, score: 1 - id / 10 }));
 * assertEquals(ranker.rerank(ranked, 4).map(({ id }) => id), [0, 3, 4, 1]);
 * ```
 *
 * Source: Singh and Joachims, "Fairness of exposure in rankings", KDD 2018; Biega, Gummadi, Weikum, "Equity of
 * attention", SIGIR 2018; the four-fifths rule of 29 CFR 1607.4(D).
 *
 * @module
 */
import { attention } from "./ranking.ts";

export interface Ranked {
  id: number;
  cohort: number;
  score: number;
}

/** Attention that each cohort got in these lists, each given as the cohorts from the top. */
export function attentionByCohort(lists: Iterable<readonly number[]>, cohorts: number): number[] {
  const got = new Array<number>(cohorts).fill(0);
  for (const list of lists) list.forEach((cohort, at) => got[cohort] += attention(at + 1));
  return got;
}

/** The least attention per merit of a cohort over the most. */
export function exposureRatio(attentions: readonly number[], merits: readonly number[]): number {
  if (attentions.length !== merits.length || !merits.every((merit) => merit > 0)) {
    throw new RangeError(
      `Cannot compare exposure: every cohort must have a merit above 0: received ${merits}`,
    );
  }
  const exposures = attentions.map((got, cohort) => got / merits[cohort]);
  const most = Math.max(...exposures);
  return most === 0 ? 1 : Math.min(...exposures) / most;
}

export class FairReranker {
  readonly #share: readonly number[];
  readonly #floor: number;
  #got: number[];
  #total = 0;

  /** `share`: of merit, by cohort, together 1. `floor`: 0 leaves the order, 1 asks for parity. */
  constructor({ share, floor }: { share: readonly number[]; floor: number }) {
    const whole = share.reduce((sum, part) => sum + part, 0);
    if (!(Math.abs(whole - 1) < 1e-9) || !(floor >= 0 && floor <= 1)) {
      throw new RangeError(
        `Cannot rerank: shares must add up to 1 and floor lie in 0 to 1: received ${whole}, ${floor}`,
      );
    }
    this.#share = share;
    this.#floor = floor;
    this.#got = share.map(() => 0);
  }

  /** What each cohort got so far. */
  get attentions(): readonly number[] {
    return this.#got;
  }

  /** The first `length` of a list that is sorted by score, in an order that keeps the floor where it can. */
  rerank<T extends Ranked>(ranked: readonly T[], length: number): T[] {
    const queues = this.#share.map((_, cohort) => ranked.filter((one) => one.cohort === cohort));
    const next = queues.map(() => 0), list: T[] = [];
    while (list.length < Math.min(length, ranked.length)) {
      const worth = attention(list.length + 1);
      this.#total += worth;
      let chosen = -1, most = 0;
      for (let cohort = 0; cohort < queues.length; cohort++) {
        if (next[cohort] === queues[cohort].length) continue;
        const owed = this.#floor * this.#share[cohort] * this.#total - this.#got[cohort];
        // By half a place or more: else each list's first place would go to the smallest cohort.
        if (owed < worth / 2 || owed / this.#share[cohort] <= most) continue;
        [chosen, most] = [cohort, owed / this.#share[cohort]];
      }
      if (chosen < 0) chosen = best(queues, next);
      list.push(queues[chosen][next[chosen]++]);
      this.#got[chosen] += worth;
    }
    return list;
  }
}

/** The cohort whose next candidate has the highest score. */
function best(queues: readonly (readonly Ranked[])[], next: readonly number[]): number {
  let chosen = -1, highest = -Infinity;
  for (let cohort = 0; cohort < queues.length; cohort++) {
    const one = queues[cohort][next[cohort]];
    if (one !== undefined && (chosen < 0 || one.score > highest)) {
      [chosen, highest] = [cohort, one.score];
    }
  }
  return chosen;
}
