import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { integer, stream } from "../../../../lib/sim/random.ts";
import {
  attentionByCohort,
  exposureRatio,
  FairReranker,
  type Ranked,
} from "../../../../lib/systems/affinity/fairness.ts";
import { attention, dcgAt } from "../../../../lib/systems/affinity/ranking.ts";

Deno.test("exposure is attention over merit, by hand", () => {
  // 1 + 1/2 for places 1 and 3, 1/log2(3) for place 2.
  const got = attentionByCohort([[0, 1, 0]], 2);
  assertAlmostEquals(got[0], 1.5, 1e-12);
  assertAlmostEquals(got[1], 0.63093, 1e-5);
  assertAlmostEquals(exposureRatio(got, [3, 1]), 0.5 / 0.63093, 1e-5);
  assertEquals(exposureRatio([0, 0], [1, 1]), 1);
  assertThrows(() => exposureRatio([1, 1], [1, 0]), RangeError, "a merit above 0");
});

/** Lists in which the small cohorts score lower than they deserve. */
function lists(seed: number, length: number, count: number): Ranked[][] {
  const random = stream(seed);
  return Array.from({ length: count }, () =>
    Array.from({ length }, (_, id) => {
      const toss = random(), cohort = toss < 0.8 ? 0 : toss < 0.92 ? 1 : 2;
      return { id, cohort, score: random() - 0.15 * cohort };
    }).sort((a, b) => b.score - a.score));
}
const SHARE = [0.8, 0.12, 0.08];

Deno.test("FairReranker keeps every cohort at its floor, within half a place", () => {
  for (const floor of [0.5, 0.85, 1]) {
    const ranker = new FairReranker({ share: SHARE, floor });
    let total = 0;
    for (const list of lists(1, 100, 300)) {
      const shown = ranker.rerank(list, 20);
      assertEquals(new Set(shown.map(({ id }) => id)).size, 20);
      for (let at = 0; at < 20; at++) total += attention(at + 1);
      ranker.attentions.forEach((got, cohort) => {
        assert(got >= floor * SHARE[cohort] * total - 0.5 * SHARE.length, `${floor} ${cohort}`);
      });
    }
    ranker.attentions.forEach((got, cohort) => assert(got > 0.99 * floor * SHARE[cohort] * total));
  }
});

Deno.test("FairReranker without a floor leaves the order", () => {
  const ranker = new FairReranker({ share: SHARE, floor: 0 });
  for (const list of lists(2, 50, 50)) assertEquals(ranker.rerank(list, 20), list.slice(0, 20));
});

/** All orders of `length` out of a list. */
function* orders(list: readonly Ranked[], length: number): Generator<Ranked[]> {
  if (length === 0) return yield [];
  for (const one of list) {
    for (const rest of orders(list.filter((other) => other !== one), length - 1)) {
      yield [one, ...rest];
    }
  }
}

Deno.test("one list's greedy order loses little to the best of all that share its exposure", () => {
  const random = stream(3);
  let loss = 0;
  for (let n = 0; n < 20; n++) {
    const list = Array.from(
      { length: 6 },
      (_, id) => ({ id, cohort: integer(random, 2), score: random() }),
    )
      .sort((a, b) => b.score - a.score);
    const ranker = new FairReranker({ share: [0.5, 0.5], floor: 0.8 });
    const greedy = ranker.rerank(list, 6);
    const reached = exposureRatio(ranker.attentions, [1, 1]);
    const worth = (order: Ranked[]) => dcgAt(6, order.map(({ score }) => score));
    let best = 0;
    for (const order of orders(list, 6)) {
      const got = attentionByCohort([order.map(({ cohort }) => cohort)], 2);
      if (exposureRatio(got, [1, 1]) >= reached - 1e-9) best = Math.max(best, worth(order));
    }
    assert(worth(greedy) <= best + 1e-9);
    loss += 1 - worth(greedy) / best;
  }
  assert(loss / 20 < 0.03, `${loss / 20}`);
});

Deno.test("FairReranker takes short lists and missing cohorts, and refuses bad shares", () => {
  const ranker = new FairReranker({ share: SHARE, floor: 1 });
  assertEquals(ranker.rerank([], 20), []);
  const only = [{ id: 1, cohort: 0, score: 1 }];
  assertEquals(ranker.rerank(only, 20), only);
  assertThrows(() => new FairReranker({ share: [0.5], floor: 1 }), RangeError, "add up to 1");
  assertThrows(() => new FairReranker({ share: [1], floor: 2 }), RangeError, "lie in 0 to 1");
});
