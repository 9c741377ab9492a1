import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { dcgAt, ndcgAt, precisionAt, recallAt } from "../../../../lib/systems/affinity/ranking.ts";

Deno.test("dcgAt() and ndcgAt() give values worked out by hand", () => {
  // 3/log2(2) + 2/log2(3) + 3/log2(4) + 0 + 1/log2(6) + 2/log2(7): the standard example, 6.861.
  const gains = [3, 2, 3, 0, 1, 2];
  assertAlmostEquals(dcgAt(6, gains), 3 + 1.26186 + 1.5 + 0 + 0.38685 + 0.71241, 1e-4);
  // With two more, of gains 3 and 2, that the list did not show, the best six are 3 3 3 2 2 2: 8.740, and 0.785.
  const all = new Map([...gains, 3, 2].map((gain, id) => [id, gain]));
  assertAlmostEquals(dcgAt(6, [3, 3, 3, 2, 2, 2]), 8.740, 5e-4);
  assertAlmostEquals(ndcgAt(6, [0, 1, 2, 3, 4, 5], all), 0.785, 5e-4);
});

Deno.test("ndcgAt() agrees with scikit-learn's documented examples", () => {
  // sklearn.metrics.ndcg_score: true relevance 10 0 0 1 5.
  const gains = new Map([10, 0, 0, 1, 5].map((gain, id) => [id, gain]));
  const ranked = (scores: number[]) =>
    scores.map((score, id) => ({ score, id })).sort((a, b) => b.score - a.score).map(({ id }) =>
      id
    );
  assertAlmostEquals(ndcgAt(5, ranked([.1, .2, .3, 4, 70]), gains), 0.69, 0.006);
  assertAlmostEquals(ndcgAt(5, ranked([.05, 1.1, 1., .5, .0]), gains), 0.49, 0.006);
});

Deno.test("recallAt() and precisionAt() count what is relevant among the first", () => {
  const relevant = new Set(["a", "b", "c", "d"]), ranked = ["a", "x", "c", "y", "b"];
  assertEquals([1, 3, 5, 9].map((k) => recallAt(k, ranked, relevant)), [0.25, 0.5, 0.75, 0.75]);
  assertEquals([1, 4, 5, 10].map((k) => precisionAt(k, ranked, relevant)), [1, 0.5, 0.6, 0.3]);
  assertEquals(recallAt(3, ["a", "a", "a"], relevant), 0.25); // repetition earns nothing
});

Deno.test("the best order scores 1, and any swap of unequal gains less", () => {
  const gains = new Map(Array.from({ length: 8 }, (_, id) => [id, 8 - id]));
  const order = [...gains.keys()];
  assertEquals(ndcgAt(8, order, gains), 1);
  for (let i = 0; i < 8; i++) {
    for (let j = 0; j < i; j++) {
      const swapped = order.with(i, order[j]).with(j, order[i]);
      assertEquals(ndcgAt(8, swapped, gains) < 1, true);
    }
  }
});

Deno.test("metrics of nothing relevant are 1, and k must be a count", () => {
  assertEquals(ndcgAt(5, [1, 2], new Map()), 1);
  assertEquals(recallAt(5, [1, 2], new Set()), 1);
  assertThrows(() => precisionAt(0, [1], new Set([1])), RangeError, "k must be a positive integer");
});
