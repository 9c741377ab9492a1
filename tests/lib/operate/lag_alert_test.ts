import { assert, assertEquals, assertThrows } from "@std/assert";
import { assessLag, remedyFor } from "lib/operate/lag_alert.ts";
import { stream } from "lib/sim/random.ts";

const limits = { limitSeconds: 60, horizonSeconds: 600 };

Deno.test("assessLag() fires before the limit is passed, and not when the lag shrinks", () => {
  const growing = [0, 5, 10].map((s) => ({
    atMs: s * 1000,
    records: 100 * s,
    producedPerSecond: 200,
  }));
  const seen = assessLag(growing, limits);
  assertEquals([seen.lagSeconds, seen.slope, seen.breachInSeconds], [5, 0.5, 110]);
  assertEquals(seen.isFiring, true);
  const shrinking = growing.map((sample, i) => ({ ...sample, records: 5000 - i * 100 }));
  assertEquals(assessLag(shrinking, limits).isFiring, false);
  assertEquals(
    assessLag([{ atMs: 0, records: 12_001, producedPerSecond: 200 }], limits).breachInSeconds,
    0,
  );
  assertEquals(assessLag([{ atMs: 0, records: 0, producedPerSecond: 0 }], limits).lagSeconds, 0);
  assertThrows(() => assessLag([], limits), RangeError, "samples must be at least 1: received 0");
});

Deno.test("assessLag() predicts the breach of a noisy lag within a tenth", () => {
  for (let seed = 0; seed < 50; seed++) {
    const random = stream(seed, "lag");
    const samples = Array.from({ length: 60 }, (_, s) => ({
      atMs: s * 1000,
      records: 200 * s + 400 * random(),
      producedPerSecond: 1000,
    }));
    const { breachInSeconds } = assessLag(samples, limits);
    assert(Math.abs(breachInSeconds / ((60 - 59 * 0.2) / 0.2) - 1) < 0.1, `${breachInSeconds}`);
  }
});

Deno.test("remedyFor() scales first, to one consumer a partition at most, then sheds, then throttles", () => {
  const now = {
    records: 60_000,
    producedPerSecond: 1000,
    consumedPerSecond: 300,
    consumers: 4,
    partitions: 12,
    catchUpSeconds: 60,
    slowest: "consumer 2",
  };
  const scaled = remedyFor(now);
  assertEquals([scaled.scaleTo, scaled.shed, scaled.throttle], [7, 0, 0]);
  assertEquals(scaled.steps, [
    "Look at consumer 2: it is furthest behind",
    "Scale from 4 to 7 consumers",
    "Expect the backlog to be gone after 55 s",
  ]);
  const narrow = remedyFor({ ...now, partitions: 5, optionalPerSecond: 200 });
  assertEquals([narrow.scaleTo, narrow.shed, narrow.throttle], [5, 1, 0.375]);
  assertEquals(Math.round(narrow.catchUpSeconds), 60);
  assertEquals(remedyFor({ ...now, records: 0, producedPerSecond: 100 }).catchUpSeconds, 0);
});
