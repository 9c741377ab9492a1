import { assert, assertEquals, assertRejects } from "@std/assert";
import { redis } from "lib/services/redis.ts";
import { TokenBucket } from "lib/structures/token_bucket.ts";
import { ownerOf } from "lib/systems/cache/owner.ts";
import { Overloaded, TieredCache } from "lib/systems/cache/tiered_cache.ts";

const load = (key: string) => Promise.resolve({ data: `data of ${key}`, version: 1 });
/** Nothing is queued for a node that is gone; one that is slow is waited for. */
const FAST = { enableOfflineQueue: false, maxRetriesPerRequest: 0, commandTimeout: 60_000 };

Deno.test("TieredCache.get() goes on without Redis, within the source's tokens", async () => {
  await using service = await redis({ own: true });
  const source = new TokenBucket({ ratePerSecond: 1, burst: 3 });
  let nowMs = 0;
  const cache = new TieredCache([await service.connect(FAST)], {
    ttlMs: 60_000,
    memoryMs: 100,
    entries: 10,
    random: () => 0.5,
    source,
    nowMs: () => nowMs,
  });
  assertEquals((await cache.get("a", load)).tier, "source");
  assertEquals((await cache.get("a", load)).tier, "memory");
  nowMs = 150;
  assertEquals((await cache.get("a", load)).tier, "redis");

  await service.node.kill();
  nowMs = 300;
  const startMs = performance.now();
  assertEquals((await cache.get("a", load)).tier, "source");
  assertEquals((await cache.get("b", load)).tier, "source");
  const error = await assertRejects(() => cache.get("c", load), Overloaded);
  assert(error.retryAfterMs > 0 && error.retryAfterMs <= 1000);
  assert(performance.now() - startMs < 30_000, "nobody waits for what is gone");
  nowMs = 450; // the copy of a ended at 400, and there is no token left
  const stale = await cache.get("a", load, { maxStaleMs: 100 });
  assertEquals([stale.tier, stale.staleMs], ["memory", 50]);
  await assertRejects(() => cache.get("a", load, { maxStaleMs: 10 }), Overloaded);

  await service.node.restart();
  for (let tries = 0; tries < 1200 && cache.stats.redis < 2; tries++) {
    nowMs += 1000;
    await cache.get("a", load).catch(() => {});
    await new Promise((done) => setTimeout(done, 50));
  }
  assert(cache.stats.redis >= 2, "the node is used again once it is back");
});

Deno.test("TieredCache.get() gives a loader's error to every waiter", async () => {
  await using service = await redis();
  const cache = new TieredCache([service.client], {
    ttlMs: 1000,
    memoryMs: 100,
    entries: 10,
    random: () => 0.5,
    source: new TokenBucket({ ratePerSecond: 100, burst: 10 }),
    nowMs: () => 0,
  });
  let loads = 0;
  const fails = () => {
    loads++;
    return Promise.reject(new Error("no such table"));
  };
  const reads = [1, 2, 3].map(() => cache.get("k", fails));
  for (const read of reads) await assertRejects(() => read, Error, "no such table");
  assertEquals(loads, 1);
  await cache.invalidate("k", 5);
  const newer = () => Promise.resolve({ data: "new", version: 5 });
  assertEquals((await cache.get("k", newer)).version, 5);
});

Deno.test("ownerOf() spreads keys evenly and moves only those of the node that left", () => {
  const keys = Array.from({ length: 30_000 }, (_, n) => `user:${n}`);
  const counts = [0, 0, 0];
  for (const key of keys) counts[ownerOf(key, ["a", "b", "c"])]++;
  for (const count of counts) assert(Math.abs(count - 10_000) < 500, `${counts}`);
});
