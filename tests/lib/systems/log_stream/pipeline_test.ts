import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { FaultProxy } from "lib/services/fault_proxy.ts";
import { stream } from "lib/sim/random.ts";
import { LogAgent } from "lib/systems/log_stream/agent.ts";
import { startAgent } from "lib/systems/log_stream/agent_process.ts";
import { follow, type SeenRecord } from "lib/systems/log_stream/client.ts";
import { encodeBatch, LogFeed } from "lib/systems/log_stream/feed.ts";
import { LogIngest } from "lib/systems/log_stream/ingest.ts";
import type { LogRecord } from "lib/systems/log_stream/record.ts";
import { signToken, tokenKey, verifyToken } from "lib/systems/log_stream/token.ts";
import { buildLine, literalsOf, plantSecrets } from "lib/systems/redact/planted.ts";
import { RedactorPlan, redactText } from "lib/systems/redact/redactor.ts";
import { StreamGateway } from "lib/systems/stream_gateway/gateway.ts";
import { MemorySource } from "lib/systems/stream_gateway/source.ts";
import { until } from "../stream_gateway/serve.ts";

const key = await tokenKey("a secret of at least thirty-two bytes");
const tokenFor = (tenant: string, role: "agent" | "viewer", seconds = 600) =>
  signToken({ tenant, sub: role, role, exp: Date.now() / 1000 + seconds }, key);
const tenantOf = (deploymentId: string) => deploymentId.split(".")[0];
const planted = plantSecrets(90, stream(1, "pipeline"));
const plan = new RedactorPlan({ literals: literalsOf(planted) });

async function pipeline() {
  const folder = await Deno.makeTempDir(), path = join(folder, "build.log");
  const source = new MemorySource();
  source.open("acme.1");
  const feed = new LogFeed(source, Date.now);
  const log = { fails: 0, doubles: 0, batches: [] as string[] };
  const ingest = new LogIngest({
    authorise: (token) => verifyToken(token, key, Date.now()),
    tenantOf,
    redact: plan,
    nowMs: Date.now,
    append: (_id, records) => {
      if (log.fails > 0) {
        log.fails--;
        return Promise.reject(new Error("broker down"));
      }
      const batch = encodeBatch(records);
      for (let n = log.doubles > 0 ? 2 : 1; n > 0; n--) feed.apply(batch);
      log.doubles--;
      log.batches.push(batch);
      return Promise.resolve();
    },
  });
  const gateway = await StreamGateway.start({
    source,
    nowMs: Date.now,
    cursorSecret: "test",
    flushMs: 10,
    authorise: async (token) => {
      const { tenant, exp } = await verifyToken(token, key, Date.now());
      return { tenant, expiresMs: exp * 1000 };
    },
    canRead: (tenant, channel) => tenantOf(channel) === tenant,
  });
  const agent = new LogAgent({
    path,
    url: `${ingest.url}/logs`,
    deploymentId: "acme.1",
    agentId: "agent-1",
    token: () => tokenFor("acme", "agent"),
    nowMs: () => Date.now() - 3_600_000, // its clock is an hour behind
    random: stream(1, "agent"),
    spool: { folder: join(folder, "spool"), maxBytes: 1 << 20 },
    gzip: true,
    batchMs: 10,
    pollMs: 5,
  });
  return {
    path,
    source,
    log,
    ingest,
    gateway,
    agent,
    async [Symbol.asyncDispose]() {
      await agent.stop();
      await gateway.stop();
      await ingest.stop();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

Deno.test("agent, ingest, gateway and client: each line once, no secret, whatever is cut", async () => {
  await using all = await pipeline();
  const { log, agent, gateway, path } = all;
  await using proxy = await FaultProxy.start({ hostname: "127.0.0.1", port: gateway.port });
  const ended = new AbortController(), seen: SeenRecord[] = [];
  const following = follow(`http://127.0.0.1:${proxy.port}/deployments/acme.1`, {
    onLines: (lines) => void seen.push(...lines),
    token: () => tokenFor("acme", "viewer", 2),
    random: stream(1, "viewer"),
    signal: ended.signal,
    backoff: { kind: "full", baseMs: 5, capMs: 50 },
  });
  agent.start();
  const random = stream(1, "lines");
  let written = "";
  for (let n = 0; n < 60; n++) {
    let text = "";
    for (let m = 0; m < 20; m++) text += `${buildLine(20 * n + m, random)}\n`;
    text += planted[n].text;
    Deno.writeTextFileSync(path, text, { append: true });
    written += text;
    if (n % 10 === 3) log.fails = 2;
    if (n % 10 === 5) log.doubles = 2;
    if (n % 5 === 4) proxy.drop();
    if (n === 30) Deno.renameSync(path, `${path}.1`);
    await new Promise((done) => setTimeout(done, 10));
  }
  await agent.drained();
  assertEquals([agent.backlog, all.ingest.backlog], [0, 0]);
  const expected = redactText(written, plan).split("\n").slice(0, -1);
  await until(() => seen.length >= expected.length);
  ended.abort();
  const stats = await following;
  assertEquals(seen.map(({ message }) => message), expected);
  assertEquals(seen.map(({ offset }) => offset), expected.map((_, n) => n));
  assert(stats.attempts > 3 && agent.stats.retries > 0, "the faults were felt");
  for (const { secret } of planted) {
    assert(!log.batches.some((batch) => batch.includes(secret)), secret);
  }
});

Deno.test("LogAgent goes on after kill -9 and rotations: each line once, in order", async () => {
  await using all = await pipeline();
  const { source, log, ingest } = all, folder = await Deno.makeTempDir();
  const path = join(folder, "build.log"), random = stream(2, "killed");
  const token = await tokenFor("acme", "agent"), written: string[] = [];
  const start = () =>
    startAgent({
      path,
      token,
      url: `${ingest.url}/logs`,
      deploymentId: "acme.1",
      agentId: "agent-2",
      spool: { folder: join(folder, "spool"), maxBytes: 16 << 20 },
      batchBytes: 2000,
    });
  const write = (lines: number) => {
    const fresh = Array.from({ length: lines }, (_, n) => buildLine(written.length + n, random));
    Deno.writeTextFileSync(path, `${fresh.join("\n")}\n`, { append: true });
    written.push(...fresh);
  };
  write(1000);
  for (let round = 1; round <= 4; round++) {
    const agent = start(), before = source.end("acme.1");
    await until(() => source.end("acme.1") > before); // it is at work
    if (round % 2 === 0) log.fails = 3; // and something lies in its spool
    write(1000);
    await until(() => source.end("acme.1") > before + 500);
    await agent.kill();
    Deno.renameSync(path, `${path}.${round}`);
    Deno.utimeSync(`${path}.${round}`, round, round);
    write(300);
  }
  const last = start();
  await until(() => source.end("acme.1") >= written.length);
  await last.kill();
  const seen = source.read("acme.1", 0, 1e6).map(({ text }) => text);
  assertEquals(seen, written.map((text) => `${text}\n`));
  assert(ingest.stats.duplicates > 0 || ingest.stats.failures > 0, "the faults were felt");
  await Deno.remove(folder, { recursive: true });
});

Deno.test("follow() fetches what a slow viewer was not sent", async () => {
  await using served = await pipeline();
  const { source, gateway } = served;
  const small = await StreamGateway.start({
    source,
    nowMs: Date.now,
    cursorSecret: "test",
    flushMs: 5,
    viewerBytes: 1000,
    authorise: () => ({ tenant: "acme", expiresMs: Infinity }),
    canRead: () => true,
  });
  let seen = 0, next = 0;
  const ended = new AbortController();
  const slow = follow(`${small.url}/deployments/acme.1`, {
    onLines: async (lines) => {
      for (const line of lines) assertEquals(line.offset, seen++);
      if (seen < 500) await new Promise((done) => setTimeout(done, 100));
    },
    token: () => "x",
    random: stream(1, "slow"),
    signal: ended.signal,
  });
  await until(() => small.viewers === 1);
  const record = (offset: number) => ({ offset, message: "x".repeat(50_000) });
  const line = (offset: number) => ({
    offset,
    json: JSON.stringify(record(offset)),
    text: "",
    level: "info",
    step: "build",
    receivedMs: 0,
  });
  for (let n = 0; n < 60; n++) {
    source.append("acme.1", Array.from({ length: 20 }, () => line(next++)));
    await new Promise((done) => setTimeout(done, 8));
  }
  await until(() => seen === next);
  ended.abort();
  await slow;
  await small.stop();
  assertEquals(gateway.viewers, 0);
});

Deno.test("LogIngest tells Prometheus what waits, and what it hid", async () => {
  await using all = await pipeline();
  const { agent, ingest, log, path } = all;
  const metric = async (name: string) => {
    const text = await (await fetch(`${ingest.url}/metrics`)).text();
    return text.split("\n").find((line) => line.startsWith(name))?.split(" ").at(-1);
  };
  log.fails = Infinity;
  Deno.writeTextFileSync(path, `one\n${planted[0].text.trimEnd()}\ntwo\n`);
  agent.start();
  await until(() => ingest.stats.failures > 2);
  assert(Number(await metric("ingest_backlog_lines")) >= 3);
  assert(Number(await metric("ingest_failures_total")) > 2);
  log.fails = 0;
  await agent.drained();
  assertEquals(await metric("ingest_backlog_lines"), "0");
  assertEquals(await metric("redactions_total{"), "1", "hidden once, however often it was sent");
});

Deno.test("follow() ends when it is told to while it waits for a token", async () => {
  await using served = await pipeline();
  const ended = new AbortController();
  const stats = await follow(`${served.gateway.url}/deployments/acme.1`, {
    onLines: () => {},
    token: async () => {
      const token = await tokenFor("acme", "viewer");
      ended.abort();
      return token;
    },
    random: stream(1, "ended"),
    signal: ended.signal,
  });
  assertEquals([stats.attempts, served.gateway.viewers], [1, 0]);
});

Deno.test("LogIngest refuses strangers, foreign deployments, nonsense and too much", async () => {
  const ingest = new LogIngest({
    authorise: (token) => verifyToken(token, key, Date.now()),
    tenantOf,
    redact: plan,
    nowMs: () => 0, // the bucket does not fill while we ask
    append: () => Promise.resolve(),
    quota: { ratePerSecond: 1, burst: 3 },
    tenantHeader: "x-client-tenant",
  });
  const record: LogRecord = {
    deploymentId: "acme.1",
    stepId: "build",
    timestamp: 1,
    level: "info",
    message: "hello",
    redactionState: "raw",
    agentId: "a",
    seq: 0,
  };
  const post = async (body: string, token: string, tenant = "acme") => {
    const headers = { authorization: `Bearer ${token}`, "x-client-tenant": tenant };
    const response = await fetch(`${ingest.url}/logs`, { method: "POST", body, headers });
    await response.body?.cancel();
    return response.status;
  };
  const text = JSON.stringify(record), good = await tokenFor("acme", "agent");
  assertEquals(await post(text, "x"), 401);
  assertEquals(await post(text, await tokenFor("acme", "agent", -1)), 401);
  const at = good.lastIndexOf(".") + 1, other = good[at] === "A" ? "B" : "A";
  assertEquals(await post(text, good.slice(0, at) + other + good.slice(at + 1)), 401);
  assertEquals(await post(text, await tokenFor("acme", "viewer")), 403);
  assertEquals(await post(text, good, "umbrella"), 403);
  assertEquals(await post(text.replace("acme.1", "umbrella.1"), good), 403);
  assertEquals(await post(text.replace("info", "loud"), good), 400);
  assertEquals(await post("{", good), 400);
  assertEquals([await post(text, good), await post(text, good)], [200, 200]);
  assertEquals(ingest.stats.duplicates, 1);
  assertEquals([await post(text, good), await post(text, good)], [200, 429]);
  await ingest.stop();
});
