import { assert, assertEquals } from "@std/assert";
import { LocalBus } from "lib/systems/presence/bus.ts";
import type { PresenceEvent } from "lib/systems/presence/event.ts";
import type { Diff } from "lib/systems/presence/reducer.ts";
import { PresenceService } from "lib/systems/presence/service.ts";
import { PresenceStore } from "lib/systems/presence/store.ts";
import { MemoryTruth } from "lib/systems/presence/truth.ts";
import { eventually, testWithRedis } from "./redis.ts";

const online = (user: number, part: Partial<PresenceEvent> = {}): PresenceEvent => ({
  userId: `user-${user}`,
  deviceId: "phone",
  sessionId: 1,
  seq: 0,
  state: "online",
  source: "inferred",
  atMs: 1000,
  traceId: "t",
  ...part,
});
const ids = (users: number) => Array.from({ length: users }, (_, i) => `user-${i}`);

/** A service whose clock the test moves, and the changes that it published. Redis may take its time, or `storeTimeoutMs`. */
function serve(store: PresenceStore, bus = new LocalBus(), storeTimeoutMs = 60_000) {
  const clock = { ms: 10_000 };
  const told: Diff[] = [];
  bus.subscribe((diff) => told.push(diff));
  const service = new PresenceService({
    store,
    bus,
    nowMs: () => clock.ms,
    settleMs: 3000,
    storeTimeoutMs,
  });
  const ready = async () => {
    await service.check();
    clock.ms += 3000;
    await service.check();
  };
  return { service, clock, told, ready };
}

testWithRedis(
  "PresenceService flags answers stale until the cache had time to fill",
  async (cache) => {
    const { service, clock } = serve(new PresenceStore(cache.client));
    const [before] = await service.read(["user-1"]);
    assertEquals([before.state, before.stale], ["offline", true]);
    await service.check();
    await service.record(online(1));
    const [during] = await service.read(["user-1"]);
    assertEquals([during.state, during.stale], ["online", true]);
    clock.ms += 3000;
    const [after] = await service.read(["user-1"]);
    assertEquals([after.state, after.stale], ["online", false]);
  },
);

testWithRedis(
  "PresenceService answers through FLUSHALL, and the cache is whole again",
  async (cache) => {
    const store = new PresenceStore(cache.client);
    const { service, clock, ready } = serve(store);
    await ready();
    for (let user = 0; user < 1200; user++) await service.record(online(user));
    await service.record(online(7, { source: "manual", state: "dnd" }));
    const before = await service.read(ids(1300));
    assert(before.every(({ stale }) => !stale));

    await cache.client.flushall();
    const during = await service.read(ids(1300));
    assert(during.every(({ stale }) => stale));
    const states = (answers: typeof before) => answers.map(({ state }) => state);
    assertEquals(states(during), states(before));

    clock.ms += 100;
    await service.check();
    assertEquals(service.stats.rebuilds, 2);
    assert((await service.read(ids(1300))).every(({ stale }) => stale), "others may still refill");
    clock.ms += 3000;
    const after = await service.read(ids(1300));
    assert(after.every(({ stale }) => !stale));
    assertEquals(states(after), states(before));
    assertEquals((await store.read(ids(1300))).size, 1200);
  },
);

testWithRedis("PresenceService goes on while Redis is down, and catches up", async (cache) => {
  const { service, clock, told, ready } = serve(new PresenceStore(cache.client));
  await ready();
  await service.record(online(1));
  await service.record(online(2));
  await cache.node.kill();
  told.length = 0;
  const change = await service.record(online(1, { seq: 1, state: "offline" }));
  assertEquals(change.diff?.state, "offline");
  assertEquals(told.map(({ userId, state }) => [userId, state]), [["user-1", "offline"]]);
  const answers = await service.read(["user-1", "user-2", "user-3"]);
  assertEquals(answers.map(({ state }) => state), ["offline", "online", "offline"]);
  assert(answers.every(({ stale }) => stale));

  await cache.node.restart();
  await eventually("the cache is refilled", async () => {
    await service.check();
    return service.complete || (clock.ms += 3000, false);
  });
  const healed = await service.read(["user-1", "user-2", "user-3"]);
  assertEquals(healed.map(({ state, stale }) => [state, stale]), [
    ["offline", false],
    ["online", false],
    ["offline", false],
  ]);
});

/** A store whose writes wait at a gate, as behind a busy machine. */
class SlowStore extends PresenceStore {
  gate: Promise<void> | undefined;
  override async apply(event: PresenceEvent, nowMs: number) {
    await this.gate;
    return await super.apply(event, nowMs);
  }
}

testWithRedis(
  "PresenceService keeps what devices say while it refills the cache",
  async (cache) => {
    const store = new SlowStore(cache.client);
    const { service, clock } = serve(store);
    await service.record(online(1)); // before the cache was looked at
    const gate = Promise.withResolvers<void>();
    store.gate = gate.promise;
    const checked = service.check(); // finds it empty, and writes user 1
    await eventually("the refill is under way", () => service.stats.rebuilds === 1);
    await service.record(online(2));
    await service.record(online(1, { seq: 1, state: "offline" }));
    gate.resolve();
    await checked;
    clock.ms += 3000;
    const answers = await service.read(["user-1", "user-2"]);
    assertEquals(answers.map(({ state, stale }) => [state, stale]), [
      ["offline", false],
      ["online", false],
    ]);
  },
);

testWithRedis(
  "PresenceService tells a cache that was out of reach, not lost, who left meanwhile",
  async (cache) => {
    const store = new SlowStore(cache.client);
    const { service, clock } = serve(store, new LocalBus(), 500);
    await eventually("the cache is believed", async () => {
      await service.check();
      clock.ms += 3000;
      await service.record(online(1));
      return service.complete;
    });
    store.gate = new Promise(() => {});
    await service.record(online(1, { seq: 1, state: "offline" })); // the write takes too long
    store.gate = undefined;
    let [answer] = await service.read(["user-1"]);
    await eventually("the cache is believed again", async () => {
      await service.check();
      clock.ms += 3000;
      [answer] = await service.read(["user-1"]);
      return !answer.stale;
    });
    assertEquals(answer.state, "offline");
  },
);

testWithRedis(
  "PresenceService of a dead gateway is outlived by the lease, no longer",
  async (cache) => {
    const store = new PresenceStore(cache.client);
    const bus = new LocalBus();
    const [dead, alive] = [serve(store, bus), serve(store, bus)];
    await dead.ready();
    await alive.ready();
    await dead.service.record(online(1, { expiresMs: 20_000 }));
    alive.told.length = 0;
    alive.clock.ms = 19_999;
    await alive.service.check();
    assertEquals(alive.told, []);
    alive.clock.ms = 20_000;
    await alive.service.check();
    assertEquals(alive.told.map(({ userId, state }) => [userId, state]), [["user-1", "offline"]]);
  },
);

testWithRedis("PresenceService of two gateways refills what each of them knows", async (cache) => {
  const store = new PresenceStore(cache.client);
  const gateways = [serve(store), serve(store)];
  for (const { ready } of gateways) await ready();
  await gateways[0].service.record(online(1));
  await gateways[1].service.record(online(1, { deviceId: "laptop" }));
  await gateways[1].service.record(online(2, { source: "manual", state: "away" }));
  await cache.client.flushall();
  for (const { clock, service } of gateways) {
    clock.ms += 100;
    await service.check();
  }
  for (const { clock } of gateways) clock.ms += 3000;
  for (const { service } of gateways) {
    const answers = await service.read(["user-1", "user-2"]);
    assertEquals(answers.map(({ state, stale }) => [state, stale]), [
      ["online", false],
      ["away", false],
    ]);
  }
  assertEquals((await cache.client.hkeys(store.userKey("user-1"))).length, 3);
});

testWithRedis(
  "PresenceService counts what is not newer and publishes nothing for it",
  async (cache) => {
    const { service, told, ready } = serve(new PresenceStore(cache.client));
    await ready();
    await service.record(online(1, { seq: 4 }));
    told.length = 0;
    const late = await service.record(online(1, { seq: 4, state: "offline" }));
    assertEquals([late.ignored, service.stats.ignored, told.length], [true, 1, 0]);
  },
);

Deno.test("PresenceService coalesces cold reads of a user and loads each call's users at once", async () => {
  const down = {
    epoch: () => Promise.reject(new Error("down")),
  } as unknown as PresenceStore;
  const loads: string[][] = [];
  const gate = Promise.withResolvers<void>();
  const truth = new MemoryTruth();
  truth.record(online(1), 1000);
  const service = new PresenceService({
    store: down,
    bus: new LocalBus(),
    nowMs: () => 1000,
    truth: {
      record: (event, nowMs) => truth.record(event, nowMs),
      sweep: () => [],
      users: () => truth.users(),
      async load(userIds) {
        loads.push([...userIds]);
        await gate.promise;
        return truth.load(userIds);
      },
    },
  });
  await service.check();
  const reads = Array.from({ length: 50 }, () => service.read(["user-1", "user-2"]));
  await new Promise((resolve) => setTimeout(resolve, 0));
  gate.resolve();
  for (const answers of await Promise.all(reads)) {
    assertEquals(answers.map(({ state }) => state), ["online", "offline"]);
  }
  assertEquals(loads, [["user-1", "user-2"]]);
});
