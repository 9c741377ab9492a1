import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { stream } from "lib/sim/random.ts";
import { TokenBucket } from "lib/structures/token_bucket.ts";

Deno.test("TokenBucket.take() never lets more than burst + rate × time through any interval", () => {
  const random = stream(7, "arrivals");
  const bucket = new TokenBucket({ ratePerSecond: 50, burst: 10 });
  const takenAt: number[] = [];
  for (let nowMs = 0; nowMs < 20_000; nowMs += random() * 30) {
    if (bucket.take(nowMs)) takenAt.push(nowMs);
  }
  for (let first = 0; first < takenAt.length; first++) {
    for (let last = first; last < takenAt.length; last++) {
      const seconds = (takenAt[last] - takenAt[first]) / 1000;
      assert(last - first + 1 <= 10 + 50 * seconds + 1e-9);
    }
  }
  assert(takenAt.length > 0.95 * 50 * 20);
});

Deno.test("TokenBucket.waitMs() is exactly when take() succeeds", () => {
  for (const count of [1, 2.5, 4]) {
    const bucket = new TokenBucket({ ratePerSecond: 8, burst: 4 });
    assert(bucket.take(0, 4));
    const waitMs = bucket.waitMs(0, count);
    assertEquals(bucket.take(waitMs - 0.01, count), false);
    assertEquals(bucket.waitMs(waitMs, count), 0);
    assertEquals(bucket.take(waitMs, count), true);
  }
});

Deno.test("TokenBucket.take() succeeds on time however often it was asked before", () => {
  const bucket = new TokenBucket({ ratePerSecond: 1, burst: 1 });
  const taken: number[] = [];
  for (let nowMs = 0; nowMs <= 60_000; nowMs += 100) if (bucket.take(nowMs)) taken.push(nowMs);
  assertEquals(taken, Array.from({ length: 61 }, (_, i) => 1000 * i));
});

Deno.test("TokenBucket takes all or nothing", () => {
  const bucket = new TokenBucket({ ratePerSecond: 0, burst: 3 });
  assertEquals(bucket.take(0, 4), false);
  assertEquals(bucket.tokens(0), 3);
  assertEquals(bucket.waitMs(0, 4), Infinity);
  assertEquals(bucket.take(0, 3), true);
  assertEquals(bucket.waitMs(1e9, 1), Infinity);
});

Deno.test("TokenBucket gains nothing from a clock that steps back", () => {
  const bucket = new TokenBucket({ ratePerSecond: 1, burst: 5 });
  assert(bucket.take(10_000, 5));
  assertEquals(bucket.tokens(5000), 0);
  assertEquals(bucket.tokens(10_000), 0);
  assertAlmostEquals(bucket.tokens(12_000), 2);
});

Deno.test("TokenBucket refuses impossible options", () => {
  assertThrows(
    () => new TokenBucket({ ratePerSecond: -1, burst: 1 }),
    RangeError,
    "Cannot create token bucket: ratePerSecond must be at least 0: received -1",
  );
  assertThrows(() => new TokenBucket({ ratePerSecond: 1, burst: 0 }), RangeError, "burst must be");
});
