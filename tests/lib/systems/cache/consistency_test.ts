import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { FaultProxy } from "lib/services/fault_proxy.ts";
import { redis } from "lib/services/redis.ts";
import { stream } from "lib/sim/random.ts";
import { type CacheClass, classify } from "lib/systems/cache/cache_class.ts";
import { coalesce } from "lib/systems/cache/coalesce.ts";
import { type Event, staleReads } from "lib/systems/cache/history.ts";
import { QuorumStore } from "lib/systems/cache/quorum.ts";

Deno.test("QuorumStore.read() sees every acknowledged write when R + W > N, with a node that hears late", async () => {
  await using near = await redis();
  await using far = await redis({ own: true });
  await using proxy = await FaultProxy.start(far.node);
  await using slow = await redis({ url: `redis://${proxy.hostname}:${proxy.port}` });
  const third = await near.connect({ keyPrefix: `${near.prefix}third:` });
  const lagging = await slow.connect({ keyPrefix: far.prefix }); // writes come late, reads do not
  const stale: Record<string, number> = {};
  for (const [read, write] of [[1, 1], [2, 2]]) {
    const options = { read, write, random: stream(1, "nodes") };
    const store = new QuorumStore([near.client, third, lagging], options);
    const reader = new QuorumStore([near.client, third, far.client], options);
    const history: Event[] = [];
    proxy.set({ blackhole: true });
    for (let version = 1; version <= 20; version++) {
      await store.write(`k${read}`, version);
      history.push({ kind: "write", key: "k", version, atMs: history.length });
      const seen = await reader.read(`k${read}`);
      history.push({ kind: "read", key: "k", version: seen, atMs: history.length });
    }
    stale[`R=${read}`] = staleReads(history, { boundMs: 0 }).length;
    proxy.heal();
    await store.settled();
  }
  assertEquals(stale["R=2"], 0);
  assert(stale["R=1"] > 0);
});

Deno.test("QuorumStore() refuses quorums that its nodes cannot give", () => {
  const nodes = [undefined, undefined] as never[];
  const make = (read: number, write: number) => () =>
    new QuorumStore(nodes, { read, write, random: () => 0 });
  assertThrows(make(3, 1), RangeError, "read must be an integer from 1 to 2: received 3");
  assertThrows(make(1, 0), RangeError, "write must be an integer from 1 to 2: received 0");
});

Deno.test("QuorumStore.write() fails when too few nodes are there", async () => {
  const fails = { eval: () => Promise.reject(new Error("gone")) } as never;
  const works = { eval: () => Promise.resolve(1) } as never;
  const store = (nodes: never[], write: number) =>
    new QuorumStore(nodes, { read: 1, write, random: () => 0 });
  await store([works, works, fails], 2).write("k", 1);
  await assertRejects(() => store([works, fails, fails], 2).write("k", 1), AggregateError);
});

Deno.test("staleReads() judges a read by the writes acknowledged before its bound", () => {
  const at = (kind: "read" | "write", version: number, atMs: number): Event => ({
    kind,
    key: "a",
    version,
    atMs,
  });
  const history = [at("write", 1, 0), at("read", 1, 5), at("write", 2, 10), at("read", 1, 30)];
  assertEquals(staleReads(history, { boundMs: 0 }).map(({ behindMs }) => behindMs), [20]);
  assertEquals(staleReads(history, { boundMs: 20 }), []);
  assertEquals(staleReads([at("read", 0, 1), at("write", 1, 1)], { boundMs: 0 }), []);
});

const shared = { ttlMs: 1, jitter: 0, write: "around", consistency: "any", maxBytes: 1 } as const;
const named = (name: string, pattern: string): CacheClass => ({ name, pattern, ...shared });

Deno.test("classify() prefers the longest pattern and refuses a key without one", () => {
  const classes = [named("u", "user:*"), named("s", "user:*:session"), named("e", "exact")];
  assertEquals(classify(classes, "user:1").name, "u");
  assertEquals(classify(classes, "user:1:session").name, "s");
  assertEquals(classify(classes, "exact").name, "e");
  const message = "key must match one of user:*, user:*:session, exact: received other";
  assertThrows(() => classify(classes, "other"), RangeError, message);
  assertThrows(() => classify(classes, "exactly"), RangeError);
  assertThrows(() => classify([named("x", "ab*ba")], "aba"), RangeError); // no overlap
});

Deno.test("coalesce() runs the handler once for concurrent GETs, and never shares what is personal", async () => {
  let runs = 0;
  const handler = coalesce(async () => {
    runs++;
    await new Promise((done) => setTimeout(done, 10));
    return new Response("body", { status: 201, headers: { "x-run": `${runs}` } });
  });
  const ask = (init?: RequestInit) => handler(new Request("http://localhost/a", init));
  const answers = await Promise.all([ask(), ask(), ask()]);
  assertEquals(answers.map(({ status }) => status), [201, 201, 201]);
  assertEquals(await Promise.all(answers.map((answer) => answer.text())), ["body", "body", "body"]);
  assertEquals([runs, answers[2].headers.get("x-run")], [1, "1"]);
  const cookie = { headers: { cookie: "session=1" } };
  await Promise.all([ask(cookie), ask(cookie), ask({ method: "POST" }), ask({ method: "POST" })]);
  assertEquals(runs, 5);
});
