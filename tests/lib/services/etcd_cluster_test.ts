import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { etcd, type EtcdNode } from "../../../lib/services/etcd.ts";
import { EtcdClient } from "../../../lib/services/etcd_client.ts";
import { EtcdError } from "../../../lib/services/etcd_gateway.ts";
import { findSystemProgram } from "../../../lib/services/system_programs.ts";
import { isLaptopWithout, until, withinOneRun } from "./one_run.ts";

const isThere = findSystemProgram("etcd").length > 0;
withinOneRun({ isThere });

Deno.test({
  name: "EtcdNode: faults of members of a cluster",
  ignore: isLaptopWithout(isThere),
  fn: async (t) => {
    const config = { "heartbeat-interval": "50", "election-timeout": "500" };
    await using store = await etcd({ members: 3, proxy: true, config });
    const { client, nodes } = store;
    const abort = new AbortController();
    const seen: string[] = [];
    const watch = await client.watch({ prefix: "n/" }, { signal: abort.signal, quietMs: 300 });
    const watching = (async () => {
      for await (const { pair } of watch) seen.push(pair.key.slice(2));
    })();
    const written: string[] = [];
    /** Writes until it is done: a key of its own, so that a second attempt does no harm. */
    const write = async (name: string) => {
      for (let tries = 0;; tries++) {
        try {
          await client.put(`n/${name}`, "x");
          written.push(name);
          return tries;
        } catch (error) {
          assert(error instanceof EtcdError && tries < 5, `${error}`);
        }
      }
    };
    /** Members that have the same leader, of the same election; undefined while some have not. */
    const electionOf = async () => {
      const members = await client.status();
      const known = members.map((member) =>
        "term" in member && `${member.leaderId} ${member.term}`
      );
      return new Set(known).size === 1 && known[0] ? known[0] : undefined;
    };
    const isPreferred = ({ endpoint }: EtcdNode) => endpoint === client.gateway.preferred;

    await t.step("all members have one leader", async () => {
      assertMatch(store.description, /, 3 members, private/);
      await write("start");
      await until("they agree", async () => await electionOf() !== undefined);
      await until("one leads", async () => {
        const members = await client.status();
        return members.filter((member) => "isLeader" in member && member.isLeader).length === 1;
      });
    });

    await t.step("a follower killed: writes at the others go on, and none fails", async () => {
      const leader = await store.leader();
      const before = await electionOf();
      const node = nodes.find((each) => each !== leader && !isPreferred(each))!;
      await node.kill();
      let failed = 0;
      for (let i = 0; i < 20; i++) failed += await write(`few ${i}`);
      await node.restart();
      let after: string | undefined;
      await until("all agree again", async () => (after = await electionOf()) !== undefined);
      // A machine that stands still for longer than the heartbeats allow makes another election.
      assert(failed === 0 || before !== after, `${failed} failed under one leader`);
    });

    await t.step("the leader killed: another one leads, and writes go on", async () => {
      const leader = await store.leader();
      await leader.kill();
      const next = await store.leader();
      assert(next !== leader);
      await write("after the leader");
      await leader.restart();
    });

    await t.step("a member paused: reads and the watch go on with another", async () => {
      const node = nodes.find(isPreferred)!;
      await node.pause();
      assertEquals((await client.get("n/start"))?.value, "x");
      await write("while one is paused");
      await until("the watch has it", () => seen.includes("while one is paused"));
      await node.resume();
    });

    await t.step("a broken network to a member: the next one is asked", async () => {
      const node = nodes.find(isPreferred)!;
      node.proxy!.set({ refuse: true });
      node.proxy!.drop();
      await write("behind a broken network");
      node.proxy!.heal();
    });

    await t.step("two of three killed: writes fail within their time, and say so", async () => {
      await until("all have what is written", async () => {
        const members = await client.status();
        return new Set(members.map((each) => "raftIndex" in each ? each.raftIndex : each)).size ===
          1;
      });
      const leader = await store.leader();
      const others = nodes.filter((node) => node !== leader);
      await Promise.all([leader.kill(), others[0].kill()]);
      const direct = nodes.map(({ port }) => `http://127.0.0.1:${port}`);
      const hasty = new EtcdClient(direct, { prefix: store.prefix, timeoutMs: 1000 });
      const startMs = performance.now();
      const error = await assertRejects(() => hasty.put("n/lost", "x"), EtcdError);
      assert(performance.now() - startMs < 5000);
      assertEquals([error.code, error.isUncertain], ["timeout", true]);
      assertMatch(error.message, /must answer within \d+ ms: received nothing.*majority/);
      const read = await assertRejects(() => hasty.get("n/start"), EtcdError);
      assertEquals([read.code === "timeout" || read.code === "unavailable", read.isUncertain], [
        true,
        false,
      ]);
      const stale = await hasty.range({ prefix: "n/" }, { isSerializable: true });
      assert(stale.count >= 20, "what the one member knows can be read");
      hasty.close();
      await Promise.all([leader.restart(), others[0].restart()]);
      await write("after all are back");
    });

    await t.step("nothing that was acknowledged is lost, and the watch missed none", async () => {
      const kept = (await client.range({ prefix: "n/" })).pairs.map(({ key }) => key.slice(2));
      for (const name of written) assert(kept.includes(name), name);
      await until("the watch has all", () => written.every((name) => seen.includes(name)));
      // A write that was made twice is seen twice.
      assertEquals(
        [...new Set(seen.filter((name) => name.startsWith("few ")))],
        Array.from({ length: 20 }, (_, i) => `few ${i}`),
      );
      abort.abort();
      await watching;
    });
  },
});
