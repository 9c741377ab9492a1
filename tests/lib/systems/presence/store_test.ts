import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { checkReplays, randomHistory, reorder } from "lib/systems/presence/check.ts";
import { newUser, reduce, refresh, type User } from "lib/systems/presence/reducer.ts";
import { PresenceStore } from "lib/systems/presence/store.ts";
import { stream } from "lib/sim/random.ts";
import { testWithRedis } from "./redis.ts";

const claim = {
  userId: "alice",
  deviceId: "phone",
  sessionId: 1,
  seq: 0,
  state: "online",
  source: "inferred",
  atMs: 1000,
  traceId: "t",
} as const;

testWithRedis(
  "PresenceStore.apply() ends the same for every order, over 200 seeds",
  async (cache) => {
    // Eight databases of one server, side by side: the time goes into round trips.
    await Promise.all(Array.from({ length: 8 }, async (_, lane) => {
      const client = await cache.connect({ db: lane });
      const store = new PresenceStore(client, { shards: 2 });
      await checkReplays(async () => {
        await client.flushdb();
        return {
          apply: (event) => store.apply(event, event.atMs),
          settle: (nowMs) => store.sweep(nowMs),
          state: async (userId) => (await store.read([userId])).get(userId)?.state ?? "offline",
        };
      }, { firstSeed: 25 * lane, seeds: 25, orders: 1 });
    }));
  },
);

testWithRedis("PresenceStore says exactly what the reducer says, event by event", async (cache) => {
  const store = new PresenceStore(cache.client);
  for (let seed = 0; seed < 30; seed++) {
    await cache.client.flushall();
    const random = stream(seed, "differential");
    const users = new Map<string, User>();
    for (const event of reorder(randomHistory(random), random)) {
      const nowMs = event.atMs + Math.floor(random() * 100);
      const { user, ...expected } = reduce(
        users.get(event.userId) ?? newUser(event.userId),
        event,
        nowMs,
      );
      users.set(event.userId, user);
      const { diff, ...actual } = await store.apply(event, nowMs);
      assertEquals({ diff, ...actual }, { diff: undefined, ...expected }, `seed ${seed}`);
    }
    const found = await store.read([...users.keys()]);
    for (const { userId, state, sinceMs, version, asOfMs } of users.values()) {
      assertEquals(found.get(userId), { userId, state, sinceMs, version, freshMs: asOfMs });
    }
    const nowMs = 1e6;
    const ended = new Map((await store.sweep(nowMs)).map((diff) => [diff.userId, diff]));
    for (const user of users.values()) {
      assertEquals(ended.get(user.userId), refresh(user, nowMs).diff, `seed ${seed}`);
    }
    assertEquals(await store.sweep(nowMs + 1), [], "nothing ends twice");
  }
});

testWithRedis("PresenceStore writes nothing for an event that is not newer", async (cache) => {
  const store = new PresenceStore(cache.client);
  await store.apply({ ...claim, seq: 3 }, 1000);
  const before = await cache.client.hgetall(store.userKey("alice"));
  const late = await store.apply({ ...claim, seq: 3, state: "offline" }, 9000);
  assertEquals([late.ignored, late.diff], [true, undefined]);
  assertEquals(await cache.client.hgetall(store.userKey("alice")), before);
});

testWithRedis(
  "PresenceStore keeps a user and the shard's expiries in one cluster slot",
  async (cache) => {
    const store = new PresenceStore(cache.client, { shards: 16 });
    await store.apply({ ...claim, expiresMs: 5000 }, 1000);
    const user = store.userKey("alice");
    const shard = Number(user.match(/\{(\d+)\}/)![1]);
    assertEquals(await cache.client.zscore(store.expiryKey(shard), "alice"), "5000");
    const hashTag = (key: string) => key.match(/^[^{]*\{([^}]+)\}/)![1]; // what a cluster hashes
    assertEquals(hashTag(cache.prefix + user), hashTag(cache.prefix + store.expiryKey(shard)));
  },
);

testWithRedis(
  "PresenceStore forgets a silent user after the retention, not before an override ends",
  async (cache) => {
    const store = new PresenceStore(cache.client, { retentionMs: 3600_000 });
    await store.apply(claim, 1000);
    // Some of it has passed when we ask: less than a minute.
    assertAlmostEquals(await cache.client.pttl(store.userKey("alice")), 3600_000, 60_000);
    const busy = { ...claim, source: "manual", state: "dnd", expiresMs: 1_001_000 } as const;
    await store.apply(busy, 1000);
    assertAlmostEquals(await cache.client.pttl(store.userKey("alice")), 4600_000, 60_000);
  },
);

testWithRedis(
  "PresenceStore.apply() loses no device when two gateways write at once",
  async (cache) => {
    const stores = [cache.client, await cache.connect()].map((client) => new PresenceStore(client));
    await Promise.all(
      Array.from(
        { length: 200 },
        (_, i) =>
          stores[i % 2].apply({ ...claim, deviceId: `device-${i}`, atMs: 1000 + i }, 1000 + i),
      ),
    );
    const fields = await cache.client.hkeys(stores[0].userKey("alice"));
    assertEquals(fields.length, 201);
  },
);

testWithRedis("PresenceStore.begin() agrees on one epoch, and FLUSHALL ends it", async (cache) => {
  const store = new PresenceStore(cache.client);
  assertEquals(await store.epoch(), null);
  assertEquals(await Promise.all([store.begin("1"), store.begin("2")]), ["1", "1"]);
  await cache.client.flushall();
  assertEquals(await store.epoch(), null);
});

testWithRedis("PresenceStore survives SCRIPT FLUSH", async (cache) => {
  const store = new PresenceStore(cache.client);
  await store.apply(claim, 1000);
  await cache.client.script("FLUSH");
  assert((await store.apply({ ...claim, seq: 1, state: "offline" }, 2000)).diff);
});
