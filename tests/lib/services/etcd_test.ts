import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Host } from "../../../lib/services/host.ts";
import { etcd } from "../../../lib/services/etcd.ts";
import { EtcdClient } from "../../../lib/services/etcd_client.ts";
import { EtcdError } from "../../../lib/services/etcd_gateway.ts";
import { startEtcd } from "../../../lib/services/etcd_server.ts";
import type { WatchEvent } from "../../../lib/services/etcd_watch.ts";
import { encodeText } from "../../../lib/services/etcd_wire.ts";
import { findSystemProgram } from "../../../lib/services/system_programs.ts";
import { closedPort, isLaptopWithout, until, withinOneRun } from "./one_run.ts";

const isThere = findSystemProgram("etcd").length > 0;
const test = withinOneRun({ isThere });

async function codeOf(work: () => Promise<unknown>): Promise<string> {
  return (await assertRejects(work, EtcdError)).code;
}

test("etcd() shares one private server, each caller under a prefix of its own", async () => {
  await using first = await etcd();
  await using second = await etcd();
  assertMatch(
    first.description,
    /^etcd \d+\.\d+\.\d+, private, etcd from the (PATH|system's packages)$/,
  );
  assertEquals(first.endpoints, second.endpoints);
  await first.client.put("name", "first");
  assertEquals(await second.client.get("name"), undefined);
  await second.client.put("name", "zweite €");
  assertEquals((await first.client.get("name"))?.value, "first");
  assertEquals((await second.client.get("name"))?.value, "zweite €");
  assertEquals(first.nodes, []);
});

test("EtcdClient ranges over prefixes and bounds, with limits, and into the past", async () => {
  await using store = await etcd();
  const { client } = store;
  for (const key of ["a/1", "a/2", "a/3", "b/1"]) await client.put(key, `of ${key}`);
  const all = await client.range({ prefix: "a/" });
  assertEquals(all.pairs.map(({ key, value }) => [key, value]), [
    ["a/1", "of a/1"],
    ["a/2", "of a/2"],
    ["a/3", "of a/3"],
  ]);
  const some = await client.range({ prefix: "" }, { limit: 2 });
  assertEquals([some.pairs.length, some.count], [2, 4]);
  const between = await client.range({ from: "a/2", to: "b/1" });
  assertEquals(between.pairs.map(({ key }) => key), ["a/2", "a/3"]);
  await client.put("a/1", "changed");
  const before = await client.get("a/1", { revision: all.revision });
  const after = await client.get("a/1");
  assertEquals([before?.value, after?.value], ["of a/1", "changed"]);
  assertEquals([before?.version, after?.version], [1, 2]);
  assertEquals(before?.createRevision, after?.createRevision);
  assertEquals([await client.delete({ prefix: "a/" }), await client.delete("a/1")], [3, 0]);
});

test("EtcdClient.compareAndSwap() lets one of many writers win each round", async () => {
  await using store = await etcd();
  const { client } = store;
  const increment = async () => {
    for (let tries = 1;; tries++) {
      const before = await client.get("count");
      const next = String(Number(before?.value ?? 0) + 1);
      if ((await client.compareAndSwap("count", before, next)).swapped) return tries;
    }
  };
  await Promise.all(Array.from({ length: 20 }, increment));
  assertEquals((await client.get("count"))?.value, "20");
  const lost = await client.compareAndSwap("count", undefined, "0");
  assertEquals([lost.swapped, lost.current?.value], [false, "20"]);
});

test("EtcdClient.transaction() does one list or the other, all at one revision", async () => {
  await using store = await etcd();
  const { client } = store;
  await client.put("balance", "10");
  const pay = () =>
    client.transaction(
      [{ key: "balance", value: "10" }, { key: "paid", version: 0 }],
      [{ put: "balance", value: "7" }, { put: "paid", value: "3" }, { get: { prefix: "" } }],
      [{ get: "paid" }, { delete: "paid" }],
    );
  const first = await pay();
  assertEquals(first.succeeded, true);
  assertEquals(first.results[2].pairs?.map(({ value }) => value), ["7", "3"]);
  const [balance, paid] = (await client.range({ prefix: "" })).pairs;
  assertEquals([balance.modRevision, paid.modRevision], [first.revision, first.revision]);
  const second = await pay();
  assertEquals(second.succeeded, false);
  assertEquals(second.results, [{ pairs: [paid] }, { deleted: 1 }]);
});

test("EtcdLease keeps its keys for as long as it is renewed, and says when it is lost", async () => {
  await using store = await etcd();
  const { client } = store;
  const lease = await client.lease(4);
  await client.put("holder", "me", { lease: lease.id });
  assertEquals((await client.get("holder"))?.lease, lease.id);
  const soonMs = lease.validUntilMs;
  await until("it is renewed", () => lease.validUntilMs > soonMs + 1000);
  assertEquals(lease.signal.aborted, false);
  await client.revoke(lease.id);
  assertEquals(await client.get("holder"), undefined);
  await until("its holder hears of it", () => lease.signal.aborted);
  await lease.release();
  assertEquals(await codeOf(() => client.keepAlive(lease.id)), "not found");
  assertEquals(await codeOf(() => client.revoke(lease.id)), "not found");
  assertEquals(await codeOf(() => client.put("x", "y", { lease: lease.id })), "not found");
  await assertRejects(() => client.grant(0.5), RangeError, "received 0.5");
});

test("EtcdClient.watch() tells every change in order, from a revision too, until its signal", async () => {
  await using store = await etcd();
  const { client } = store;
  const abort = new AbortController();
  const events: WatchEvent[] = [];
  const options = { signal: abort.signal, withPrevious: true };
  const watch = await client.watch({ prefix: "w/" }, options);
  const watching = (async () => {
    for await (const event of watch) events.push(event);
  })();
  const from = await client.put("w/a", "1");
  await client.put("elsewhere", "1");
  await client.put("w/a", "2");
  await client.delete("w/a");
  await until("all are seen", () => events.length === 3);
  assertEquals(events.map(({ type, pair, previous }) => [type, pair.value, previous?.value]), [
    ["put", "1", undefined],
    ["put", "2", "1"],
    ["delete", "", "2"],
  ]);
  // The runtime forgets the signal of a request that it has collected.
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
  abort.abort();
  await watching;

  const again: string[] = [];
  for await (const { pair } of await client.watch({ prefix: "w/" }, { from })) {
    again.push(pair.value);
    if (again.length === 3) break;
  }
  assertEquals(again, ["1", "2", ""]);
});

test("EtcdClient.watch() from a revision that is forgotten says so", async () => {
  await using store = await etcd({ own: true });
  const { client } = store;
  const from = await client.put("a", "1");
  const revision = await client.put("a", "2");
  await client.compact(revision);
  const error = await assertRejects(
    async () => await (await client.watch("a", { from })).next(),
    EtcdError,
    `Cannot watch: from must be ${revision} or later, what was before is forgotten: received ${from}`,
  );
  assertEquals(error.code, "compacted");
  assertEquals(await codeOf(() => client.get("a", { revision: from })), "compacted");
});

test("etcd() at given addresses removes its own keys at the end, and no others", async () => {
  await using server = await etcd();
  const raw = new EtcdClient(server.endpoints);
  const count = async () => (await raw.range({ prefix: "" })).count;
  const before = await count();
  const guest = await etcd({ endpoints: server.endpoints.join(", ") });
  assertEquals([guest.from, guest.description], [
    "ETCD_ENDPOINTS",
    `etcd ${guest.version}, at ETCD_ENDPOINTS`,
  ]);
  await guest.client.put("a", "1");
  assertEquals(await count(), before + 1);
  await guest.close();
  assertEquals(await count(), before);
  raw.close();
});

test("etcd() with a wrong password says so, and hides it", async () => {
  await using server = await etcd({ own: true });
  const { gateway } = server.client;
  await gateway.call("/v3/auth/user/add", { name: "root", password: "right" });
  await gateway.call("/v3/auth/user/grant", { user: "root", role: "root" });
  await gateway.call("/v3/auth/enable");
  const at = (login: string) => server.endpoints[0].replace("http://", `http://${login}@`);
  await using right = await etcd({ endpoints: at("root:right") });
  await right.client.put("a", "1");
  assertEquals((await right.client.get("a"))?.value, "1");
  const error = await assertRejects(() => etcd({ endpoints: at("root:not-it") }), Error);
  assertMatch(error.message, /^Cannot use etcd: ETCD_ENDPOINTS must be the addresses of members/);
  assertMatch(error.message, /http:\/\/root:\*\*\*@127.*authentication failed.*Three ways/);
  assert(!error.message.includes("not-it"));
  assertEquals(await codeOf(() => server.client.get("a")), "unauthenticated");
});

test("EtcdGateway.call() says what etcd refuses, and what it does not know", async () => {
  await using store = await etcd();
  const { gateway } = store.client;
  assertEquals(await codeOf(() => gateway.call("/v3/no/such")), "failed");
  assertEquals(await codeOf(() => gateway.call("/v3/kv/put", { key: "" })), "invalid");
  const large = encodeText("x".repeat(1.6 * 2 ** 20));
  await assertRejects(
    () => gateway.call("/v3/kv/put", { key: "YQ==", value: large }),
    EtcdError,
    "request is too large",
  );
  await store.close();
  await assertRejects(() => store.client.get("a"), EtcdError, "its client must be open");
});

Deno.test("EtcdClient.watch() leaves a member that never begins to answer, and ends with its signal", async () => {
  const silent = Promise.withResolvers<void>();
  let asked = 0;
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    async ({ url }) => {
      if (url.endsWith("/status")) return Response.json({ header: {}, leader: "1" });
      asked++;
      await silent.promise;
      return new Response();
    },
  );
  const client = new EtcdClient([`http://127.0.0.1:${server.addr.port}`], { attemptMs: 300 });
  assertEquals(await codeOf(() => client.watch("a", { retryMs: 200 })), "unavailable");
  const [abort, before] = [new AbortController(), asked];
  const patient = new EtcdClient(client.gateway.endpoints, { attemptMs: 300_000 });
  const watch = patient.watch("a", { signal: abort.signal });
  await until("it is asked", () => asked > before);
  abort.abort();
  assertEquals(await Array.fromAsync(await watch), []);
  silent.resolve();
  client.close();
  patient.close();
});

Deno.test("etcd() where nobody listens fails soon, with the ways to get one", async () => {
  const error = await assertRejects(
    () => etcd({ endpoints: `http://127.0.0.1:${closedPort()}` }),
    Error,
    "Cannot use etcd",
  );
  assertMatch(error.message, /no connection to.*Three ways.*ETCD_ENDPOINTS.*apt-get.*task setup/);
});

Deno.test("etcd() says what a request must be", async () => {
  await assertRejects(() => etcd({ members: 2 }), RangeError, "must be 1, 3, 5 or 7: received 2");
  await assertRejects(() => etcd({ endpoints: "127.0.0.1:2379" }), Error, "must be addresses");
});

Deno.test("startEtcd() without etcd says the three ways", async () => {
  const host = new Host("/no/such/folder");
  const error = await assertRejects(() => startEtcd(host, {}, []), Error);
  assertMatch(error.message, /^Cannot start etcd: .*received none.*Three ways.*ETCD_ENDPOINTS/);
});

Deno.test({
  name: "startEtcd() takes other ports when one is taken; a wrong setting shows etcd's words",
  ignore: isLaptopWithout(isThere),
  fn: async () => {
    using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const folder = await Deno.makeTempDir({ prefix: "host-" });
    await Deno.chmod(folder, 0o755);
    const ports = [closedPort(), taken.addr.port, closedPort()];
    const host = new Host(folder, { freePort: () => ports.shift() ?? closedPort() });
    try {
      const { nodes } = await startEtcd(host);
      assertEquals(nodes.length, 1);
      assert(nodes[0].port !== taken.addr.port);
      await assertRejects(
        () => startEtcd(host, { config: { "election-timeout": "20" } }),
        Error,
        "--election-timeout[20ms] should be at least as 5 times as --heartbeat-interval[100ms]",
      );
      assertEquals(host.status().length, 1);
    } finally {
      await host.close();
      await Deno.remove(folder, { recursive: true });
    }
  },
});
