import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { redis } from "lib/services/redis.ts";
import { LeasedCache, type LeasedCacheOptions } from "lib/systems/cache/leased_cache.ts";

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

/** A source whose loads can be counted, delayed and broken. */
class Source {
  loads = 0;
  version = 1;
  load = async () => {
    this.loads++;
    const read = { data: `v${this.version}`, version: this.version };
    await this.before(read);
    return read;
  };
  before: (read: { version: number }) => Promise<unknown> = () => pause(20);
}

async function on(
  options: Partial<LeasedCacheOptions>,
  body: (
    make: (more?: Partial<LeasedCacheOptions>) => LeasedCache,
    source: Source,
  ) => Promise<void>,
): Promise<void> {
  await using service = await redis();
  // Longer than any machine stalls, unless a test is about their end.
  const patient = { ttlMs: 60_000, leaseMs: 60_000, pollMs: 5, random: () => 0.5 };
  const make = (more = {}) => new LeasedCache(service.client, { ...patient, ...options, ...more });
  await body(make, new Source());
}

Deno.test("LeasedCache.get() loads once for 500 readers of four caches, then hits", () =>
  on({}, async (make, source) => {
    const caches = [make(), make(), make(), make()];
    const reads = Array.from({ length: 500 }, (_, n) => caches[n % 4].get("k", source.load));
    assertEquals(new Set((await Promise.all(reads)).map(({ data }) => data)), new Set(["v1"]));
    assertEquals(source.loads, 1);
    assertEquals((await caches[0].get("k", source.load)).from, "hit");
  }));

Deno.test("LeasedCache.invalidate() keeps out what was read before it", () =>
  on({}, async (make, source) => {
    const cache = make(), gate = Promise.withResolvers<void>();
    source.before = () => gate.promise;
    const slow = cache.get("k", source.load);
    while (source.loads === 0) await pause(1);
    source.version = 2;
    await cache.invalidate("k", 2);
    source.before = () => Promise.resolve();
    gate.resolve();
    assertEquals((await slow).version, 1); // began before the write: it may see the old
    assertEquals((await cache.get("k", source.load)).version, 2);
    assertEquals((await cache.get("k", source.load)).from, "hit");
    assertEquals(cache.stats.refused, 1);
  }));

Deno.test("LeasedCache.invalidate() keeps out what a replica behind it still says", () =>
  on({}, async (make, source) => {
    const cache = make();
    await cache.invalidate("k", 2);
    assertEquals((await cache.get("k", source.load)).version, 1); // from the source, as asked
    source.version = 2;
    assertEquals((await cache.get("k", source.load)).version, 2); // but it was not kept
  }));

Deno.test("LeasedCache.get() gives a failure to its reader, caches nothing, and tries anew", () =>
  on({}, async (make, source) => {
    const cache = make();
    source.before = () => Promise.reject(new Error("down"));
    await assertRejects(() => cache.get("k", source.load), Error, "down");
    source.before = () => Promise.resolve();
    assertEquals((await cache.get("k", source.load)).from, "load");
    assertEquals([source.loads, cache.stats.failures], [2, 1]);
  }));

Deno.test("LeasedCache.get() ends a load that hangs, and frees its lease", () =>
  on({}, async (make, source) => {
    const cache = make({ leaseMs: 50 });
    source.before = () => new Promise(() => {});
    const error = await assertRejects(() => cache.get("k", source.load), DOMException);
    assertEquals(error.message, "Cannot load: the source must answer within 50 ms");
    source.before = () => Promise.resolve();
    assertEquals((await make().get("k", source.load)).from, "load");
  }));

Deno.test("LeasedCache.get() takes over from a holder that died, after its window", () =>
  on({}, async (make, source) => {
    const dead = make({ leaseMs: 100 }), alive = make();
    const dying = dead.get("k", () => new Promise(() => {})).catch(() => {});
    await pause(20);
    const startMs = performance.now();
    assertEquals((await alive.get("k", source.load)).from, "load");
    assert(performance.now() - startMs < 30_000, "the window is that of the dead");
    assertEquals(source.loads, 1);
    await dying;
  }));

Deno.test("LeasedCache.get() serves the old value while one reader loads the new", () =>
  on({ ttlMs: 30, maxStaleMs: 60_000 }, async (make, source) => {
    const cache = make();
    await cache.get("k", source.load);
    await pause(50);
    source.version = 2;
    const answers = await Promise.all([1, 2, 3].map(() => cache.get("k", source.load)));
    assertEquals(answers.map(({ from, version }) => [from, version]), Array(3).fill(["stale", 1]));
    assert(answers.every(({ staleMs }) => staleMs >= 10));
    await cache.settled();
    assertEquals(source.loads, 2);
  }));

Deno.test("LeasedCache.get() loads ahead of the expiry when beta says so, and nobody waits", () =>
  on({ ttlMs: 10_000, beta: 1000 }, async (make, source) => {
    const cache = make();
    await cache.get("k", source.load);
    const reads = await Promise.all([1, 2, 3].map(() => cache.get("k", source.load)));
    assertEquals(reads.map(({ from }) => from), ["hit", "hit", "hit"]);
    await cache.settled();
    assertEquals([source.loads, cache.stats.ahead], [2, 1]);
  }));

Deno.test("LeasedCache.get() does not keep what is too large", () =>
  on({ maxBytes: 10 }, async (make, source) => {
    const cache = make();
    const large = () => Promise.resolve({ data: "x".repeat(11), version: 1 });
    assertEquals((await cache.get("k", large)).from, "load");
    assertEquals((await cache.get("k", source.load)).from, "load");
    assertEquals(cache.stats.refused, 1);
  }));

Deno.test("LeasedCache() refuses times and shares that are none", () =>
  on({}, (_make) => {
    const none = undefined as never;
    const cases: [Partial<LeasedCacheOptions>, string][] = [
      [{ ttlMs: 0 }, "ttlMs must be above 0: received 0"],
      [{ leaseMs: -1 }, "leaseMs must be above 0: received -1"],
      [{ jitter: 1 }, "jitter must be from 0 to below 1: received 1"],
    ];
    for (const [options, message] of cases) {
      const all = { ttlMs: 1, random: Math.random, ...options };
      assertThrows(() => new LeasedCache(none, all), RangeError, message);
    }
    return Promise.resolve();
  }));
