/** From the gateway through Kafka into Redis and PostgreSQL: one of each for the file. */
import { assertEquals } from "@std/assert";
import { kafka, type KafkaService } from "lib/services/kafka.ts";
import { postgres, type PostgresService } from "lib/services/postgres.ts";
import { redis, type RedisService } from "lib/services/redis.ts";
import { stream } from "lib/sim/random.ts";
import { LocalBus } from "lib/systems/presence/bus.ts";
import { ChangeLog } from "lib/systems/presence/change_log.ts";
import { randomHistory, reorder } from "lib/systems/presence/check.ts";
import { PresenceDatabase } from "lib/systems/presence/database.ts";
import { DurableTruth } from "lib/systems/presence/durable_truth.ts";
import type { PresenceEvent } from "lib/systems/presence/event.ts";
import { Gateway } from "lib/systems/presence/gateway.ts";
import {
  cacheSink,
  Ingestion,
  oneAfterTheOther,
  type Sink,
} from "lib/systems/presence/ingestion.ts";
import { newUser, reduce, refresh } from "lib/systems/presence/reducer.ts";
import { rebuildCache } from "lib/systems/presence/rebuild.ts";
import { PresenceService } from "lib/systems/presence/service.ts";
import { PresenceStore } from "lib/systems/presence/store.ts";
import { isKafkaThere } from "../../services/with_kafka.ts";
import { ignore as noPostgres } from "../../services/with_postgres.ts";

let servers: { log: KafkaService; primary: PostgresService; cache: RedisService } | undefined;
let topics = 0;

interface Parts {
  log: KafkaService;
  store: PresenceStore;
  database: PresenceDatabase;
  changes: ChangeLog;
  read: (groupId: string, sink: Sink) => Promise<Ingestion>;
  primary: PostgresService;
  cache: RedisService;
}

/** A test with empty tables, an empty cache and a topic of its own. */
function test(name: string, body: (parts: Parts) => Promise<void>): void {
  Deno.test({
    name,
    ignore: (!isKafkaThere || noPostgres) && Deno.env.get("CI") === undefined,
    async fn() {
      const { log, primary, cache } = servers ??= {
        log: await kafka({ own: true }),
        primary: await postgres({ own: true, proxy: true }),
        cache: await redis({ own: true }),
      };
      await primary.sql.query("drop table if exists presence, presence_history, presence_position");
      await cache.client.flushall();
      const topic = `changes-${topics++}`;
      const random = stream(1, topic);
      const changes = await ChangeLog.open(log, { nowMs: Date.now, random, topic });
      const readers: Ingestion[] = [];
      try {
        await body({
          log,
          primary,
          cache,
          changes,
          store: new PresenceStore(cache.client),
          database: await PresenceDatabase.open(primary.sql),
          async read(groupId, sink) {
            const options = { topic: changes.topic, groupId: topic + groupId, sink, random };
            const reader = await Ingestion.start(log, options);
            readers.push(reader);
            return reader;
          },
        });
      } finally {
        await Promise.all(readers.map((reader) => reader.stop()));
        await changes.close();
      }
    },
    sanitizeOps: false, // the servers stay for the next test
    sanitizeResources: false,
  });
}

Deno.test.afterAll(async () => {
  await servers?.log.close();
  await servers?.primary.close();
  await servers?.cache.close();
});

/** Waits until a condition holds; a group that rebalances may take half a minute. */
async function eventually(what: string, holds: () => unknown): Promise<void> {
  for (const end = performance.now() + 120_000; !await holds();) {
    if (performance.now() > end) throw new Error(`Never came: ${what}`);
    await new Promise((done) => setTimeout(done, 20));
  }
}

const online = (user: number, part: Partial<PresenceEvent> = {}): PresenceEvent => ({
  userId: `user-${user}`,
  deviceId: "phone",
  sessionId: 1,
  seq: 0,
  state: "online",
  source: "inferred",
  atMs: Date.now(),
  traceId: "t",
  ...part,
});
const names = (users: number) => Array.from({ length: users }, (_, n) => `user-${n}`);

test("Ingestion ends the same for a log with duplicates, out of order and read twice", async (parts) => {
  const { changes, store, database, read } = parts;
  const history = randomHistory(stream(3, "log"));
  const lastMs = history.at(-1)!.atMs;
  const order = reorder(history, stream(4, "order"));
  await Promise.all(order.map((event) => changes.append(event)));
  const sink = oneAfterTheOther(cacheSink(store, new LocalBus(), () => lastMs), database);
  const first = await read("first", sink);
  await eventually("all is read", () => first.stats.events >= order.length);
  await first.stop();
  const users = ["alice", "bob"];
  const found = async () => {
    const [cached, copied] = [await store.read(users), await database.load(users)];
    return users.map((userId) => [
      cached.get(userId)?.state,
      refresh(copied.get(userId)!, lastMs).user.state,
      copied.get(userId)!.devices,
    ]);
  };
  const before = await found();
  for (const [n, userId] of users.entries()) {
    const said = history.filter((event) => event.userId === userId);
    const expected = said.reduce((user, event) => reduce(user, event).user, newUser(userId));
    const state = refresh(expected, lastMs).user.state;
    assertEquals(before[n], [state, state, expected.devices]);
  }
  const again = await read("again", sink); // a new group begins at the beginning
  await eventually("all is read again", () => again.stats.events >= order.length);
  assertEquals(await found(), before);
});

test("Ingestion that dies between Redis and PostgreSQL makes both agree after the replay", async (parts) => {
  const { changes, store, database, read } = parts;
  const cache = cacheSink(store, new LocalBus(), Date.now);
  const gone = Promise.withResolvers<number>();
  const dead = await read("r", {
    async write(batch) {
      await cache.write(batch);
      return await gone.promise; // before the database hears of it
    },
  });
  await Promise.all(names(50).map((_, n) => changes.append(online(n))));
  await eventually("Redis has some", async () => (await store.read(names(50))).size > 0);
  assertEquals((await database.load(names(50))).size, 0);
  const stopped = dead.stop();
  gone.reject(new Error("the process is gone"));
  await stopped;
  const next = await read("r", oneAfterTheOther(cache, database));
  await eventually(
    "they are read again",
    async () => next.stats.events >= 50 && (await database.load(names(50))).size === 50,
  );
  const [cached, copied] = [await store.read(names(50)), await database.load(names(50))];
  assertEquals([cached.size, copied.size], [50, 50]);
  for (const [userId, { state }] of cached) assertEquals(copied.get(userId)!.state, state);
});

test("Ingestion passes over what it cannot read, and counts it", async ({ changes, log, database, read }) => {
  const producer = await log.producer();
  const messages = ["{", '"text"', '{"userId":"user-1"}'].map((value) => ({ key: "k", value }));
  await producer.send({ topic: changes.topic, messages });
  await changes.append(online(1));
  const reader = await read("r", database);
  // They may lie in different partitions, and those may be read in any order.
  const { stats } = reader;
  await eventually("all are passed", () => stats.events > 0 && stats.rejected >= 3);
  assertEquals([stats.events, stats.rejected], [1, 3]);
});

test("Ingestion waits for a database that is cut off, while the cache goes on", async (parts) => {
  const { changes, store, database, read, primary } = parts;
  const live = await read("live", cacheSink(store, new LocalBus(), Date.now));
  const copy = await read("copy", database);
  await changes.append(online(0));
  await eventually("both have it", () => live.stats.events >= 1 && copy.stats.events >= 1);
  primary.proxy!.set({ refuse: true });
  primary.proxy!.drop();
  await Promise.all(names(20).map((_, n) => changes.append(online(n, { seq: 1, state: "away" }))));
  await eventually("the cache has them", () => live.stats.events >= 21);
  await eventually("the copy has tried", () => copy.stats.retries > 0);
  assertEquals(copy.stats.events, 1);
  primary.proxy!.heal();
  await eventually("the copy has caught up", () => copy.stats.events >= 21);
  assertEquals((await database.load(["user-7"])).get("user-7")!.state, "away");
});

test("ChangeLog loses nothing when the broker is killed", async ({ changes, log, database, read }) => {
  const reader = await read("r", database);
  await changes.append(online(0));
  await log.nodes[0].kill();
  const waiting = Promise.all(names(30).map((_, n) => changes.append(online(n, { seq: 1 }))));
  await eventually("it waits", () => changes.waitingMs() > 500);
  await log.nodes[0].restart();
  await waiting;
  assertEquals(changes.waitingMs(), 0);
  await eventually("all came", async () => (await database.load(names(30))).size === 30);
  await eventually("and were counted", () => reader.stats.events >= 31);
});

test("Gateway with a log serves what the copy knows, and its history", async (parts) => {
  const { changes, store, database, read, cache, primary } = parts;
  const bus = new LocalBus();
  await read("live", cacheSink(store, bus, Date.now));
  await read("copy", database);
  const gateway = new Gateway({
    name: "g",
    store,
    bus,
    nowMs: Date.now,
    log: changes,
    truth: new DurableTruth(database),
    history: database,
    heartbeatMs: 100,
    storeTimeoutMs: 60_000, // a busy Redis is not one that is out of reach
  });
  const get = async (path: string) => {
    const response = await fetch(`${gateway.url}/presence${path}`);
    return { status: response.status, body: await response.json() };
  };
  const user = async () => {
    const { state, stale } = (await get("?user_ids=user-1")).body.users[0];
    return `${state}${stale ? ", stale" : ""}`;
  };
  try {
    const override = { ...online(1, { state: "away", source: "manual" }) };
    const posted = await fetch(`${gateway.url}/presence/override`, {
      method: "POST",
      body: JSON.stringify(override),
    });
    assertEquals(posted.status, 200);
    await posted.body?.cancel();
    await eventually("it is shown", async () => await user() === "away");
    await eventually("the copy has it", async () => (await database.load(["user-1"])).size === 1);

    const { stats } = gateway.service, before = stats.readThrough; // also while the cache did not have it yet
    await cache.client.del(store.userKey("user-1")); // evicted
    assertEquals([await user(), await user()], ["away, stale", "away"]);
    assertEquals(stats.readThrough, before + 1);

    const { status, body } = await get("/history?user_id=user-1&window=3600");
    assertEquals([status, body.changes.map((change: { state: string }) => change.state)], [200, [
      "away",
    ]]);
    assertEquals((await get("/history?user_id=user-1&window=0")).status, 400);
    primary.proxy!.set({ refuse: true });
    primary.proxy!.drop();
    assertEquals((await get("/history?user_id=user-1")).status, 503);
    await cache.client.del(store.userKey("user-1"));
    assertEquals((await get("?user_ids=user-1,user-2")).status, 200);
    primary.proxy!.heal();
  } finally {
    primary.proxy!.heal();
    await gateway.stop();
  }
});

test("PresenceService flags its answers while the log does not take statements", async ({ store }) => {
  const clock = { ms: 10_000 };
  let waitingMs = 0;
  const told: string[] = [];
  const bus = new LocalBus();
  bus.subscribe(({ state }) => told.push(state));
  const stuck = { append: () => new Promise<void>(() => {}), waitingMs: () => waitingMs };
  const service = new PresenceService({
    store,
    bus,
    log: stuck,
    nowMs: () => clock.ms,
    storeTimeoutMs: 50,
  });
  await service.check();
  clock.ms += 3000;
  await service.check();
  await service.record(online(1));
  waitingMs = 51;
  const [answer] = await service.read(["user-1"]);
  assertEquals([answer.state, answer.stale, told], ["online", true, ["online"]]);
});

test("rebuildCache() brings everybody back, and leaves what was said since", async (parts) => {
  const { database, store, cache } = parts;
  const events = Array.from({ length: 2400 }, (_, n): PresenceEvent => ({
    userId: `user-${n % 1200}`,
    deviceId: n < 1200 ? "phone" : "laptop",
    sessionId: 1,
    seq: 1,
    state: n % 3 === 0 ? "dnd" : "away",
    source: "manual",
    atMs: 1000 + n,
    traceId: "t",
  }));
  const numbered = events.map((event, offset) => ({ offset, event }));
  await database.write({ partition: 0, firstOffset: 0, nextOffset: 2400, events: numbered });
  const copied = await database.load(events.map(({ userId }) => userId));
  await cache.client.flushall();
  const since = { ...events[1], state: "online", seq: 2, atMs: 9000 } as const;
  await store.apply(since, 9000);
  const states = async () =>
    [...(await store.read([...copied.keys()])).values()].map(({ state }) => state);
  const before = [...copied.values()].map(({ userId, state }) =>
    userId === since.userId ? "online" : state
  );
  assertEquals(await rebuildCache(database, store, () => 10_000), {
    users: 1200,
    statements: 2400,
  });
  assertEquals(await states(), before);
  await rebuildCache(database, store, () => 11_000);
  assertEquals(await states(), before, "a second time changes nothing");
});
