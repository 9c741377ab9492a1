import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { acquire } from "../../../lib/services/acquire.ts";
import { redis } from "../../../lib/services/redis.ts";
import { findRedis } from "../../../lib/services/redis_server.ts";
import { startFakeRedis } from "./fake_redis.ts";
import { until } from "./one_run.ts";

// On a laptop without Redis these are shown as ignored; in CI they fail.
const ignore = findRedis().length === 0 && Deno.env.get("CI") === undefined;

function test(name: string, body: () => Promise<void>): void {
  Deno.test({ name, ignore, fn: body });
}

test("redis() shares one private server, each caller under a prefix of its own", async () => {
  await using first = await redis();
  await using second = await redis();
  assertEquals(first.url, second.url);
  assertMatch(
    first.description,
    /^Redis \d+\.\d+\.\d+, private, redis-server from the (PATH|Python wheel)$/,
  );
  await first.client.set("name", "first");
  await second.client.set("name", "second");
  assertEquals(await first.client.get("name"), "first");
  assertEquals((await second.client.keys("*:name")).length, 2);
});

test("redis() with own has a server that nobody shares", async () => {
  await using shared = await redis();
  await using own = await redis({ own: true });
  assert(own.url !== shared.url);
  assertEquals(shared.node, undefined);
  await shared.client.set("kept", "yes");
  await own.client.flushall();
  assertEquals(await shared.client.get("kept"), "yes");
});

test("redis() passes config to the private server", async () => {
  await using cache = await redis({
    config: { maxmemory: "3mb", "maxmemory-policy": "allkeys-lru" },
  });
  assertEquals(await cache.client.config("GET", "maxmemory"), ["maxmemory", "3145728"]);
});

test("redis().connect() subscribes on a second client while the first publishes", async () => {
  await using cache = await redis();
  const subscriber = await cache.connect();
  const { promise, resolve } = Promise.withResolvers<string>();
  subscriber.on("message", (_channel: string, message: string) => resolve(message));
  await subscriber.subscribe(`${cache.prefix}news`);
  await cache.client.publish(`${cache.prefix}news`, "hello");
  assertEquals(await promise, "hello");
});

test("ServiceNode.kill() in mid-command rejects it; restart() and the client goes on", async () => {
  await using cache = await redis({ own: true });
  const pop = assertRejects(() => cache.client.blpop("queue", 0), Error, "max retries");
  await cache.node.kill();
  assertEquals((await cache.node.status()).state, "stopped");
  await pop;
  await cache.node.restart();
  // The client reconnects by itself, after a delay of at most 1 s.
  await until("it answers", () => cache.client.ping().then(() => true, () => false));
});

test("ServiceNode.restart() keeps what was acknowledged with appendfsync always", async () => {
  const config = { appendonly: "yes", appendfsync: "always" };
  await using cache = await redis({ own: true, config });
  let acknowledged = 0;
  const writer = (async () => {
    while (await cache.client.incr("count").then((n) => acknowledged = n, () => 0) > 0);
  })();
  await until("some are acknowledged", () => acknowledged >= 5);
  await cache.node.kill();
  await writer;
  await cache.node.restart();
  const reader = await cache.connect();
  const kept = Number(await reader.get("count"));
  assert(kept >= acknowledged, `${kept} kept of ${acknowledged} acknowledged`);
});

test("ServiceNode.pause() makes commands time out; resume() answers again", async () => {
  await using cache = await redis({ own: true });
  // The limit holds for the check of a new connection too, which may take longer than that.
  const hasty = await cache.connect({ commandTimeout: 150, enableReadyCheck: false });
  await cache.node.pause();
  assertEquals((await cache.node.status()).state, "paused");
  await assertRejects(() => hasty.ping(), Error, "Command timed out");
  await cache.node.resume();
  assertEquals(await cache.client.ping(), "PONG");
});

test("ServiceNode.stop() of a stopped node is fine, pause() of one is an error", async () => {
  await using cache = await redis({ own: true });
  await cache.node.stop();
  await cache.node.stop();
  await assertRejects(
    () => cache.node.pause(),
    Error,
    `Cannot pause ${cache.node.name}: the process must run: received a stopped one`,
  );
});

test("redis() with proxy puts faults between client and server", async () => {
  await using cache = await redis({ proxy: true });
  await cache.client.set("a", "1");
  cache.proxy.set({ latencyMs: 30 });
  const startMs = performance.now();
  assertEquals(await cache.client.get("a"), "1");
  assert(performance.now() - startMs >= 60);
  cache.proxy.heal();
  cache.proxy.drop();
  assertEquals(await cache.client.get("a"), "1", "the client reconnects and asks again");
});

test("redis() at a given address removes its own keys at the end, and no others", async () => {
  await using server = await redis({ own: true });
  await server.client.set("foreign", "stays");
  const guest = await redis({ url: server.url });
  assertEquals([guest.from, guest.description], [
    "REDIS_URL",
    `Redis ${guest.version}, at REDIS_URL`,
  ]);
  for (let i = 0; i < 2500; i++) guest.client.set(`key ${i} [*?`, "x");
  await guest.client.set("last", "x");
  assertEquals(await server.client.dbsize(), 2502);
  await guest.close();
  assertEquals(await server.client.dbsize(), 1);
});

test("redis() with a wrong password says so, and hides it", async () => {
  const acquired = await acquire("redis", { config: { requirepass: "correct" } }, true);
  try {
    const { port } = acquired.nodes[0];
    const url = `redis://:not-it@127.0.0.1:${port}`;
    const error = await assertRejects(() => redis({ url }), Error, "Cannot use Redis: REDIS_URL");
    assertMatch(error.message, /WRONGPASS/);
    assertMatch(error.message, /redis:\/\/:\*\*\*@127\.0\.0\.1/);
    assert(!error.message.includes("not-it"));
    assertMatch(error.message, /Three ways to get one/);
    await assertRejects(() => redis({ url: `redis://127.0.0.1:${port}` }), Error, "NOAUTH");
    await using right = await redis({ url: `redis://:correct@127.0.0.1:${port}` });
    assertEquals(await right.client.ping(), "PONG");
  } finally {
    await acquired.release();
  }
});

Deno.test("redis() where nobody listens fails at once, with the ways to get one", async () => {
  const { port } = (() => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    return listener.addr;
  })();
  const startMs = performance.now();
  const error = await assertRejects(
    () => redis({ url: `redis://127.0.0.1:${port}` }),
    Error,
    "Cannot use Redis: REDIS_URL must be the address of one that answers",
  );
  assertMatch(error.message, /ECONNREFUSED.*Three ways to get one/);
  assert(performance.now() - startMs < 4500, "before a silent server were given up");
});

Deno.test("redis() refuses a server that is too old", async () => {
  using fake = startFakeRedis("5.0.14");
  await assertRejects(
    () => redis({ url: `redis://127.0.0.1:${fake.port}` }),
    Error,
    "Cannot use Redis: version must be 6.2 or newer: received 5.0.14",
  );
});

Deno.test("redis() gives up on a server that accepts and never answers", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepted = listener.accept();
  await assertRejects(
    () => redis({ url: `redis://127.0.0.1:${listener.addr.port}` }),
    Error,
    "Cannot use Redis",
  );
  (await accepted).close();
});
