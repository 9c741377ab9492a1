import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { redis } from "../../../../lib/services/redis.ts";
import { integer, shuffle, stream } from "../../../../lib/sim/random.ts";
import {
  clipped,
  decayedSum,
  type Feedback,
  FeedbackStream,
} from "../../../../lib/systems/affinity/feedback.ts";

Deno.test("FeedbackStream: online counters are the offline sums, once, in any order", async () => {
  await using cache = await redis();
  const feedback = new FeedbackStream(cache.client, { halfLifeMs: 3600e3 }), random = stream(1);
  const events = Array.from({ length: 300 }, (_, n): Feedback => ({
    eventId: `e${n}`,
    viewerId: integer(random, 3),
    entityId: integer(random, 5),
    action: "click",
    weight: n === 7 ? 1e9 : random() * 3,
    atMs: 1_700_000_000_000 + integer(random, 500e3),
  }));
  let offset = 0;
  const sent = shuffle(random, events);
  for (const event of sent) {
    assertEquals(await feedback.apply(event, { partition: 0, offset: offset++ }), "applied");
  }
  const at = 1_700_000_600_000, before = await feedback.counters(1, at);
  for (const [entity, value] of before) {
    const own = events.filter((one) => one.viewerId === 1 && one.entityId === entity);
    assertAlmostEquals(value, decayedSum(own, { halfLifeMs: 3600e3, atMs: at }), 1e-9);
  }
  // The topic is read again from the start; then a producer repeats itself.
  for (let n = 0; n < 50; n++) {
    assertEquals(await feedback.apply(sent[n], { partition: 0, offset: n }), "replayed");
  }
  assertEquals(await feedback.apply(sent[5], { partition: 0, offset: offset++ }), "duplicate");
  const late = { ...sent[0], eventId: "late", atMs: sent[0].atMs - 3600e3 };
  assertEquals(await feedback.apply(late, { partition: 0, offset: offset++ }), "late");
  assertEquals(await feedback.counters(1, at), before);

  const hide: Feedback = {
    ...sent[0],
    eventId: "h",
    viewerId: 9,
    entityId: 4,
    action: "hide",
    weight: 2,
  };
  await feedback.apply(hide, { partition: 1, offset: 0 });
  assertEquals(await feedback.hidden(9), new Set([4]));
  assertEquals((await feedback.counters(9, hide.atMs)).get(4), -2);
  assertEquals(feedback.counts, { applied: 301, replayed: 50, duplicate: 1, late: 1 });
});

Deno.test("clipped() believes no weight beyond 5, and no NaN", () => {
  assertEquals([1e9, -1e9, 2, Infinity].map(clipped), [5, -5, 2, 5]);
  assertThrows(() => clipped(NaN), RangeError, "weight must be a number");
});
