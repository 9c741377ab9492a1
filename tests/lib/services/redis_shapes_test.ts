import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import type { Redis } from "ioredis";
import { redis } from "../../../lib/services/redis.ts";
import { findRedis } from "../../../lib/services/redis_server.ts";
import { until, withinOneRun } from "./one_run.ts";

const test = withinOneRun({ isThere: findRedis().length > 0 });

async function roleOf(client: Redis): Promise<string> {
  return (await client.info("replication")).match(/role:(\w+)/)![1];
}

test("redis({ replicas }): replicas follow, WAIT counts them, a write to one is refused", async () => {
  await using cache = await redis({ replicas: 2 });
  const [primary, ...replicas] = cache.nodes;
  assertMatch(cache.description, /^Redis \d\S+ with 2 replicas, private, redis-server from the /);
  assertEquals(
    await Promise.all(cache.nodes.map(({ client }) => roleOf(client))),
    ["master", "slave", "slave"],
  );
  await primary.client.set("name", "Ada");
  await until("both have it", async () => await primary.client.wait(2, 1000) === 2);
  for (const { client } of replicas) assertEquals(await client.get("name"), "Ada");
  await assertRejects(() => replicas[0].client.set("name", "Bob"), Error, "READONLY");

  // A paused replica acknowledges nothing.
  await replicas[0].pause();
  await primary.client.set("name", "Cyd");
  await until("the other one has it", async () => await primary.client.wait(1, 1000) === 1);
  assertEquals(await primary.client.wait(2, 200), 1);
  await replicas[0].resume();
  await until("both have it", async () => await primary.client.wait(2, 1000) === 2);
});

test("redis({ replicas, proxy }): a cut link holds a replica back, a healed one lets it catch up", async () => {
  await using cache = await redis({ replicas: 1, proxy: true });
  const [primary, replica] = cache.nodes;
  assertEquals([primary.link, replica.link !== undefined], [undefined, true]);
  await primary.client.set("count", 1);
  await until("it has it", async () => await primary.client.wait(1, 1000) === 1);
  replica.link!.set({ blackhole: true });
  await primary.client.set("count", 2);
  assertEquals(await primary.client.wait(1, 200), 0);
  assertEquals(await replica.client.get("count"), "1");
  replica.link!.heal();
  await until("the replica has caught up", async () => await replica.client.get("count") === "2");

  replica.link!.set({ refuse: true });
  replica.link!.drop();
  for (let i = 0; i < 1000; i++) primary.client.incr("count");
  await primary.client.ping();
  assertEquals(await replica.client.get("count"), "2");
  replica.link!.heal();
  await until("it comes back", async () => await replica.client.get("count") === "1002");

  // The proxy between clients and the replica is another one.
  const hasty = cache.nodes[1].client.duplicate({ commandTimeout: 100, enableReadyCheck: false });
  await hasty.connect();
  replica.proxy!.set({ blackhole: true });
  await assertRejects(() => hasty.get("count"), Error, "Command timed out");
  hasty.disconnect();
});

test("promote() after the primary was killed keeps what WAIT acknowledged; follow() takes it back", async () => {
  await using cache = await redis({ replicas: 1, proxy: true });
  const [old, replica] = cache.nodes;
  let acknowledged = 0;
  const writer = (async () => {
    while (true) {
      try {
        const count = await old.client.incr("count");
        if (await old.client.wait(1, 1000) === 1) acknowledged = count;
      } catch {
        return;
      }
    }
  })();
  await until("some are acknowledged", () => acknowledged > 20);
  await old.kill();
  await replica.promote();
  await writer;
  const kept = Number(await replica.client.get("count"));
  assert(kept >= acknowledged, `${kept} kept of ${acknowledged} acknowledged`);
  assertEquals(await replica.client.set("owner", "new"), "OK");

  // Started again, each is what it was made: two primaries, until one is told to follow.
  await replica.restart();
  await old.restart();
  await until(
    "both answer",
    async () =>
      (await Promise.all(cache.nodes.map(({ client }) => roleOf(client).catch(() => ""))))
        .every((role) => role === "master"),
  );
  await replica.client.set("owner", "new");
  await old.client.set("owner", "old");
  await old.follow(replica);
  assertEquals([await roleOf(old.client), await old.client.get("owner")], ["slave", "new"]);
  await old.restart();
  await until(
    "it still follows",
    () => roleOf(old.client).then((role) => role === "slave", () => false),
  );
});

test("a replica that is started while its primary is down answers, with what it can", async () => {
  await using cache = await redis({ replicas: 1 });
  const [primary, replica] = cache.nodes;
  await primary.kill();
  await replica.restart();
  await until(
    "it answers",
    () => roleOf(replica.client).then((role) => role === "slave", () => false),
  );
  await primary.restart();
  await until(
    "it follows again",
    () =>
      replica.client.info("replication")
        .then((info) => info.includes("master_link_status:up"), () => false),
  );
});

test("redis({ independent }): five servers, of which a majority outlives two", async () => {
  await using locks = await redis({ independent: 5 });
  assertMatch(locks.description, /, 5 independent servers, private/);
  assertEquals(new Set(locks.nodes.map(({ port }) => port)).size, 5);
  const grant = async (owner: string) => {
    const asked = locks.nodes.map(({ client }) =>
      client.set("lock", owner, "PX", 60_000, "NX").catch(() => "down")
    );
    return await Promise.all(asked);
  };
  await locks.nodes[0].client.set("lock", "earlier");
  assertEquals(await grant("a"), [null, "OK", "OK", "OK", "OK"], "they know nothing of another");
  await Promise.all(locks.nodes.map(({ client }) => client.del("lock")));
  await Promise.all([locks.nodes[1].kill(), locks.nodes[4].kill()]);
  assertEquals(await grant("b"), ["OK", "down", "OK", "OK", "down"]);
});

Deno.test("redis() says what a request must be", async () => {
  const cases = [
    [{ replicas: -1 }, "Cannot start Redis: replicas must be 0 to 16: received -1"],
    [{ independent: 0 }, "Cannot start Redis: independent must be 1 to 16: received 0"],
    [{ independent: 2.5 }, "independent must be 1 to 16: received 2.5"],
    [{ cluster: 2 }, "Cannot start Redis: cluster must be 3 to 16: received 2"],
    [
      { replicas: 1, independent: 2 },
      "shape must be one of replicas, independent, cluster: received replicas and independent",
    ],
  ] as const;
  for (const [request, message] of cases) {
    await assertRejects(() => redis({ ...request }), RangeError, message);
  }
});
