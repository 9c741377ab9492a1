import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { redis } from "../../../lib/services/redis.ts";
import { parseSlots } from "../../../lib/services/redis_cluster.ts";
import { chooseRedisBinary, findRedis } from "../../../lib/services/redis_server.ts";
import { dealSlots, MINIMUM_CLUSTER, SLOTS } from "../../../lib/services/redis_slots.ts";
import { isLaptopWithout, until, withinOneRun } from "./one_run.ts";

const isThere = findRedis().length > 0;
withinOneRun({ isThere });

Deno.test("dealSlots() deals every slot once, in even shares", () => {
  for (let masters = 1; masters <= 16; masters++) {
    const shares = dealSlots(masters);
    assertEquals([shares[0][0], shares.at(-1)![1]], [0, SLOTS - 1]);
    shares.slice(1).forEach(([first], i) => assertEquals(first, shares[i][1] + 1));
    const sizes = shares.map(([first, last]) => last - first + 1);
    assert(Math.max(...sizes) - Math.min(...sizes) <= 1, `${sizes}`);
  }
});

Deno.test("parseSlots() reads slots one by one, in ranges and on the move, and who failed", () => {
  const reply = "aa 127.0.0.1:7002@17002 master,fail - 1 2 2 disconnected 5461-10922 16383\n" +
    "bb 127.0.0.1:7001@17001,host myself,master - 0 0 1 connected 0-5460 [93->-cc]\n" +
    "cc 127.0.0.1:7003@17003 slave bb 0 1 1 connected\n";
  assertEquals(parseSlots(reply, (port) => `redis-${port - 7000}`), [
    { first: 0, last: 5460, node: "redis-1", isFailed: false },
    { first: 5461, last: 10922, node: "redis-2", isFailed: true },
    { first: 16383, last: 16383, node: "redis-2", isFailed: true },
  ]);
});

Deno.test("redis({ cluster }) needs a newer server than one alone", async () => {
  await assertRejects(
    () => chooseRedisBinary([], MINIMUM_CLUSTER),
    Error,
    "Cannot start Redis: redis-server must be 7.0 or newer",
  );
});

Deno.test({
  name: "redis({ cluster: 3 }): one cluster and its faults",
  ignore: isLaptopWithout(isThere),
  fn: async (t) => {
    await using cluster = await redis({ cluster: 3, proxy: true });
    const { client, nodes } = cluster;
    const keys = Array.from({ length: 60 }, (_, i) => `user:${i}`);
    const keyOf = (i: number) => keys.find((key) => cluster.nodeOf(key) === nodes[i])!;
    const write = async () =>
      await Promise.all(
        nodes.map((_, i) =>
          client.set(keyOf(i), "x").then(() => "ok", (error: Error) => error.message)
        ),
      );

    await t.step("keys are spread over the servers as their slots say", async () => {
      assertMatch(cluster.description, /^Redis \d\S+, a cluster of 3, private, redis-server from/);
      for (const key of keys) await client.set(key, key);
      for (const [i, node] of nodes.entries()) {
        const own = keys.filter((key) => cluster.nodeOf(key) === node);
        assert(own.length > 0);
        assertEquals(await node.client.dbsize(), own.length, `keys of server ${i}`);
      }
      await assertRejects(() => nodes[0].client.get(keyOf(1)), Error, "MOVED");
      assertEquals(
        await client.cluster("KEYSLOT", `${cluster.prefix}{user:7}:cart`),
        cluster.slotOf("{user:7}:cart"),
      );
      assertEquals(
        (await cluster.slots()).map(({ first, last, node }) => [first, last, node]),
        nodes.map(({ slots, name }) => [...slots, name]),
      );
    });

    await t.step(
      "braces keep keys together; without them, several keys at once are refused",
      async () => {
        await client.mset({ "{user:7}:name": "Ada", "{user:7}:cart": "3" });
        assertEquals(await client.mget("{user:7}:name", "{user:7}:cart"), ["Ada", "3"]);
        const pipeline = await client.pipeline().get("{user:7}:name").get("{user:7}:cart").exec();
        assertEquals(pipeline, [[null, "Ada"], [null, "3"]]);
        await assertRejects(() => client.mget(keyOf(0), keyOf(1)), Error, "CROSSSLOT");
      },
    );

    await t.step("a proxy slows one server down, and no other", async () => {
      nodes[1].proxy!.set({ latencyMs: 40 });
      const time = async (i: number) => {
        const startMs = performance.now();
        await client.get(keyOf(i));
        return performance.now() - startMs;
      };
      assert(await time(1) >= 80);
      nodes[1].proxy!.heal();
    });

    await t.step("a killed server is an error for its slots; the others go on", async () => {
      await nodes[0].kill();
      const [first, ...others] = await write();
      // It asks 16 times, or as long as a command may take.
      assertMatch(first, /Too many Cluster redirections|Command timed out/);
      assertEquals(others, ["ok", "ok"]);
      await until(
        "the others know",
        async () =>
          (await cluster.slots()).some(({ node, isFailed }) => node === nodes[0].name && isFailed),
      );
      assertEquals((await write()).slice(1), ["ok", "ok"]);
    });

    await t.step("restart() and the same client goes on", async () => {
      await nodes[0].restart();
      await until("all answer", async () => (await write()).every((outcome) => outcome === "ok"));
    });

    await t.step("a paused server is an error too, not a hang", async () => {
      // The limit holds for the checks of a new connection too, which may take longer than that.
      const redisOptions = { commandTimeout: 200, enableReadyCheck: false };
      const hasty = await cluster.connect({ redisOptions, enableReadyCheck: false });
      await nodes[2].pause();
      await assertRejects(() => hasty.get(keyOf(2)), Error, "Command timed out");
      await until(
        "another one answers",
        () => hasty.get(keyOf(1)).then((value) => value === "x", () => false),
      );
      await nodes[2].resume();
      await until(
        "it answers",
        () => hasty.get(keyOf(2)).then((value) => value === "x", () => false),
      );
    });

    await t.step("without a majority the cluster is down, and says so", async () => {
      await Promise.all([nodes[0].kill(), nodes[1].kill()]);
      await until(
        "the last one says so",
        () =>
          nodes[2].client.get(keyOf(2)).then(
            () => false,
            (error: Error) => /CLUSTERDOWN/.test(error.message),
          ),
      );
      await assertRejects(() => client.get(keyOf(2)), Error);
    });

    await t.step("a plain client is told that it has a cluster before it", async () => {
      const url = `redis://127.0.0.1:${nodes[2].port}`;
      await assertRejects(() => redis({ url }), Error, "received one of a cluster at redis://127");
    });
  },
});
