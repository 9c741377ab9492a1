import { assert, assertEquals, assertRejects } from "@std/assert";
import pg from "pg";
import { stream } from "lib/sim/random.ts";
import * as frontend from "lib/systems/pgwire/frontend.ts";
import { PgClient } from "lib/systems/pgwire/pg_client.ts";
import { PgError } from "lib/systems/pgwire/protocol_error.ts";
import { judgeLedger, openLedger, runLedger } from "lib/systems/pg_proxy/ledger.ts";
import { reportHandler } from "lib/systems/pg_proxy/report.ts";
import { databaseHealth, endZombies } from "lib/systems/pg_proxy/zombies.ts";
import { until, withinOneRun } from "../../services/with_postgres.ts";
import { type Bench, PATIENT_MS, withProxy } from "./with_proxy.ts";

const test = withinOneRun();
let bench: Bench;
Deno.test.beforeAll(async () => {
  bench = await withProxy();
});
Deno.test.afterAll(async () => await bench?.[Symbol.asyncDispose]());

const codeOf = (promise: Promise<unknown>) =>
  promise.then(() => "fine", (error) => error instanceof PgError ? error.code : String(error));
const connect = (port: number, user?: string) => PgClient.connect(bench.login(port, user));
const name = () => `ann@${bench.database.database}`;
/** Waits until the server runs what a client of the test sent; what comes earlier finds nothing to cancel. */
const runs = (text: string) =>
  until(`the server runs ${text}`, async () => {
    const [{ count }] = await bench.database.sql`
      select count(*) from pg_stat_activity
      where usename = 'ann' and state = 'active' and query like ${`%${text}%`}`;
    return count > 0;
  });

for (const [mode, clients] of [["transaction", 30], ["session", 4]] as const) {
  test(`PgProxy, ${mode} pooling: the ledger holds for ${clients} clients on 4 connections`, async () => {
    await using proxy = await bench.start({ mode, tenants: [bench.tenant("ann", { max: 4 })] });
    await openLedger(bench.database.sql);
    const run = await runLedger(() => bench.login(proxy.port), {
      clients,
      transfers: 1000,
      random: stream(1, "ledger"),
      nowMs: () => performance.now(),
    });
    assertEquals(await judgeLedger(bench.database.sql, run), []);
    assertEquals([run.acknowledged.length, run.failed], [1000, {}]);
    await until("all are open", () => Promise.resolve(proxy.tenant(name()).opened >= 4));
    assertEquals(proxy.tenant(name()).opened, 4);
  });
}

test("judgeLedger() finds a lost commit, a double one and one in two transactions", async () => {
  const { sql } = bench.database;
  await openLedger(sql);
  await sql`insert into ledger values (0, 0, 1, 1, 1), (0, 0, 1, 1, 1), (0, 1, 1, 2, 1)`;
  await sql`update account set balance = 0 where id = 0`;
  const acknowledged = [0, 1, 2].map((n) => ({ client: 0, n }));
  const problems = await judgeLedger(sql, { acknowledged, failed: {}, seconds: 1, connects: 1 });
  assertEquals(problems, [
    "balances must sum to 1000000: received 999000",
    "1 transfers are in the ledger more than once",
    "1 transfers ran in two transactions",
    "1 acknowledged transfers are not in the ledger",
  ]);
});

test("PgProxy serves node-postgres: parameters, named statements on any connection, errors", async () => {
  await using proxy = await bench.start({});
  const { user, database, password, port } = { ...bench.login(proxy.port) };
  const pool = new pg.Pool({ host: "127.0.0.1", port, user, database, password, max: 10 });
  try {
    const ask = (n: number) =>
      pool.query({ name: "sum", text: "select $1::int + 1 as sum", values: [n] })
        .then(({ rows }) => rows[0].sum);
    const all = await Promise.all(Array.from({ length: 200 }, (_, n) => ask(n)));
    assertEquals(all, Array.from({ length: 200 }, (_, n) => n + 1));
    await assertRejects(() => pool.query("select * from nowhere"), Error, "does not exist");
    await assertRejects(() => pool.query({ name: "bad", text: "selec $1", values: [1] }), Error);
    assertEquals(await ask(41), 42, "after errors");
  } finally {
    await pool.end();
  }
  assert(proxy.tenant(name()).opened <= 3);
});

test("PgProxy: a statement is parsed again where a connection does not have it", async () => {
  await using proxy = await bench.start({ tenants: [bench.tenant("ann", { max: 2 })] });
  const [one, two] = [await connect(proxy.port), await connect(proxy.port)];
  await one.send(frontend.extendedQuery("select $1::int * 2", ["4"], "double"));
  await two.query("begin"); // takes the connection that has it
  const bound = [frontend.bind("double", ["21"]), frontend.execute(), frontend.sync()];
  const answer = await one.send(Uint8Array.from(bound.flatMap((bytes) => [...bytes])));
  assertEquals(answer.rows, [["42"]]);
  await two.query("commit");
  // The same name for another text, in another client.
  assertEquals((await two.send(frontend.extendedQuery("select 'mine'", [], "double"))).rows, [[
    "mine",
  ]]);
  await Promise.all([one.end(), two.end()]);
});

test("PgProxy fails closed: unknown pairs, wrong passwords and parameters open no connection", async () => {
  await using proxy = await bench.start({});
  const login = bench.login(proxy.port);
  const codes = await Promise.all([
    codeOf(PgClient.connect({ ...login, user: "eve" })),
    codeOf(PgClient.connect({ ...login, database: "postgres" })),
    codeOf(PgClient.connect({ ...bench.login(proxy.port, "bob") })),
    codeOf(PgClient.connect({ ...login, password: "guess" })),
    codeOf(PgClient.connect({ ...login, parameters: { options: "-c role=postgres" } })),
  ]);
  assertEquals(codes, ["28000", "28000", "28000", "28P01", "08P01"]);
  assertEquals([proxy.tenant(name()).opened, proxy.refused, proxy.clients], [0, 3, 0]);
});

test("PgProxy relays what the server says when its own password is wrong", async () => {
  const tenants = [bench.tenant("ann", { password: "not the server's" })];
  await using proxy = await bench.start({ tenants });
  const login = { ...bench.login(proxy.port), password: "not the server's" };
  assertEquals(await codeOf(PgClient.connect(login)), "28P01");
});

test("PgProxy closes a connection that does not speak the protocol, and no other", async () => {
  await using proxy = await bench.start({});
  const good = await connect(proxy.port);
  const bad: Record<string, Uint8Array> = {
    "length of a startup": Uint8Array.of(0, 0, 0, 1, 0, 3, 0, 0),
    "a startup of 1 GiB": Uint8Array.of(0x40, 0, 0, 0, 0, 3, 0, 0),
    "protocol 2": Uint8Array.of(0, 0, 0, 9, 0, 2, 0, 0, 0),
    "half a startup": Uint8Array.of(0, 0, 0, 40, 0, 3),
    "text": new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n"),
  };
  for (const [what, bytes] of Object.entries(bad)) {
    using raw = await Deno.connect({ hostname: "127.0.0.1", port: proxy.port });
    await raw.write(bytes);
    await raw.closeWrite();
    const answer = new TextDecoder().decode(await new Response(raw.readable).arrayBuffer());
    assert(answer.startsWith("E") && answer.includes("C08P01"), `${what}: ${answer}`);
  }
  const late = await connect(proxy.port);
  const gigabyte = Uint8Array.of(0x51, 0x40, 0, 0, 0);
  assertEquals(await codeOf(late.send(gigabyte)), "08P01");
  const odd = await connect(proxy.port);
  assertEquals(await codeOf(odd.send(Uint8Array.of(0x7a, 0, 0, 0, 4))), "08P01");
  assertEquals((await good.query("select 1")).rows, [["1"]]);
  await good.end();
});

test("PgProxy: a client that vanishes in a transaction leaves nothing behind", async () => {
  await using proxy = await bench.start({ tenants: [bench.tenant("ann", { max: 1 })] });
  await openLedger(bench.database.sql);
  const gone = await connect(proxy.port);
  await gone.query("begin");
  await gone.query("update account set balance = 0");
  await gone.query("set search_path = nowhere");
  gone[Symbol.dispose]();
  const next = await connect(proxy.port);
  assertEquals((await next.query("select sum(balance) from account")).rows, [["1000000"]]);
  const running = await connect(proxy.port);
  const query = codeOf(running.query("begin; select pg_sleep(60)"));
  await runs("pg_sleep(60)");
  running[Symbol.dispose]();
  await query;
  assertEquals((await next.query("select 1")).rows, [["1"]], "the query was cancelled");
  await next.end();
});

test("PgProxy passes a cancel on to the server that runs the query, with the right key only", async () => {
  await using proxy = await bench.start({});
  const client = await connect(proxy.port);
  const address = { hostname: "127.0.0.1", port: proxy.port };
  const query = codeOf(client.query("select pg_sleep(61)"));
  const stranger = await connect(proxy.port);
  await stranger.cancel(address);
  await runs("pg_sleep(61)");
  assert((await databaseHealth(bench.database.sql)).active > 0);
  await client.cancel(address);
  assertEquals(await query, "57014");
  await Promise.all([client.end(), stranger.end()]);
});

test("PgProxy answers 53300 when the queue is full or the wait too long, and goes on", async () => {
  const tenants = [bench.tenant("ann", { max: 1, maxQueue: 1 })];
  await using proxy = await bench.start({ tenants });
  const { pool } = proxy.tenant(name());
  const [one, two, three] = await Promise.all([1, 2, 3].map(() => connect(proxy.port)));
  await one.query("begin");
  const waiting = codeOf(two.query("select 1"));
  await until("one waits", () => Promise.resolve(pool.stats().waiting === 1));
  assertEquals(await codeOf(three.query("select 1")), "53300");
  assertEquals(await codeOf(three.send(frontend.extendedQuery("select 1"))), "53300");
  assertEquals([pool.stats().refused.full, pool.stats().refused.timeout], [2, 0]);
  await one.query("commit");
  assertEquals(await waiting, "fine");
  await one.query("begin");
  pool.configure({ timeoutMs: 100 });
  assertEquals(await codeOf(two.query("select 1")), "53300");
  assertEquals(pool.stats().refused.timeout, 1);
  pool.configure({ timeoutMs: PATIENT_MS });
  await one.query("commit");
  assertEquals((await three.query("select 3")).rows, [["3"]]);
  assertEquals((await three.send(frontend.extendedQuery("select 4"))).rows, [["4"]]);
  await Promise.all([one.end(), two.end(), three.end()]);
});

test("PgProxy serves services of one pool by their priority, each for its own time", async () => {
  await using proxy = await bench.start({});
  const tenant = proxy.tenant(name());
  const share = { max: 1, maxQueue: 1, timeoutMs: 60_000, priority: 1 };
  tenant.share([
    { ...share, service: "batch" },
    { ...share, service: "checkout", priority: 0 },
    { ...share, service: "hasty", timeoutMs: 20, priority: 2 },
  ]);
  assertEquals([tenant.pool.stats().max, tenant.pool.stats().maxQueue], [3, 3]);
  const login = bench.login(proxy.port);
  const [batch, checkout, hasty, ...holders] = await Promise.all(
    ["batch", "checkout", "hasty", "", "", ""].map((application_name) =>
      PgClient.connect({ ...login, parameters: { application_name } })
    ),
  );
  for (const holder of holders) await holder.query("begin");
  const servedAt = (client: PgClient) =>
    client.query("select extract(epoch from clock_timestamp())").then(({ rows }) =>
      Number(rows[0][0])
    );
  const [late, early] = [servedAt(batch), servedAt(checkout)];
  await until("both wait", () => Promise.resolve(tenant.pool.stats().waiting === 2));
  assertEquals(await codeOf(hasty.query("select 1")), "53300");
  await holders[0].query("commit"); // one connection for both
  assert(await early < await late, "checkout is served first");
  await Promise.all([batch, checkout, hasty, ...holders].map((client) => client.end()));
});

test("PgProxy with a breaker refuses at once after too many waits that failed", async () => {
  const breaker = { window: 2, failureShare: 1, openMs: 1000 };
  const tenants = [bench.tenant("ann", { max: 1, breaker })];
  let ms = 0;
  await using proxy = await bench.start({ tenants, nowMs: () => ms });
  const [one, two] = [await connect(proxy.port), await connect(proxy.port)];
  const state = async () => {
    const text = await reportHandler(proxy)(new Request("http://localhost/metrics")).text();
    return text.match(/breaker_state{.*} (.*)/)![1];
  };
  await one.query("begin");
  proxy.tenant(name()).pool.configure({ timeoutMs: 50 });
  for (let n = 0; n < 2; n++) assertEquals(await codeOf(two.query("select 1")), "53300");
  assertEquals([await state(), proxy.tenant(name()).pool.stats().refused.timeout], ["2", 2]);
  await assertRejects(() => two.query("select 1"), PgError, "too many waits have failed");
  await one.query("commit");
  assertEquals(await codeOf(two.query("select 1")), "53300", "still open");
  ms += 1000;
  assertEquals(await state(), "1");
  assertEquals((await two.query("select 1")).rows, [["1"]]);
  assertEquals(await state(), "0");
  await Promise.all([one.end(), two.end()]);
});

test("PgProxy counts what the server refuses because it has no connection left", async () => {
  await bench.database.sql`alter role bob connection limit 1`;
  await using proxy = await bench.start({ tenants: [bench.tenant("bob", { max: 2 })] });
  const [one, two] = [await connect(proxy.port, "bob"), await connect(proxy.port, "bob")];
  await one.query("begin");
  assertEquals(await codeOf(two.query("select 1")), "53300");
  const text = await reportHandler(proxy)(new Request("http://localhost/metrics")).text();
  assertEquals(text.match(/pg_too_many_connections_total{.*} (.*)/)![1], "1");
  await Promise.all([one.end(), two.end()]);
  await bench.database.sql`alter role bob connection limit -1`;
});

test("PgProxy keeps a connection for a batch without its Sync, and for COPY", async () => {
  await using proxy = await bench.start({ tenants: [bench.tenant("ann", { max: 1 })] });
  const { pool } = proxy.tenant(name());
  await bench.database.sql`create table if not exists copied (n int)`;
  const [one, two] = [await connect(proxy.port), await connect(proxy.port)];
  const waiting = one.send(frontend.parse("", "select 7"));
  await until("it is lent", () => Promise.resolve(pool.stats().inUse === 1));
  pool.configure({ timeoutMs: 100 });
  assertEquals(await codeOf(two.query("select 1")), "53300");
  pool.configure({ timeoutMs: PATIENT_MS });
  one[Symbol.dispose]();
  await waiting.catch(() => {});
  const bytes = [
    frontend.query("copy copied from stdin"),
    frontend.copyData(new TextEncoder().encode("1\n2\n")),
    frontend.copyDone(),
  ];
  const copied = await two.send(Uint8Array.from(bytes.flatMap((part) => [...part])));
  assertEquals(copied.tag, "COPY 2");
  await two.end();
});

test("PgProxy in transaction mode: session state leaks or vanishes; the safe forms do not", async () => {
  await using proxy = await bench.start({ tenants: [bench.tenant("ann", { max: 1 })] });
  const [one, two] = [await connect(proxy.port), await connect(proxy.port)];
  await one.query("set app.tenant = 'A'");
  const read = "select current_setting('app.tenant', true)";
  assertEquals((await two.query(read)).rows, [["A"]], "the other reads it");
  await two.query("reset app.tenant");
  await one.query("begin; set local app.tenant = 'A'; commit");
  assertEquals((await two.query(read)).rows, [[""]]);
  await Promise.all([one.end(), two.end()]);
  const session = await bench.start({
    mode: "session",
    tenants: [bench.tenant("ann", { max: 1 })],
  });
  const three = await connect(session.port);
  await three.query("set app.tenant = 'A'");
  await three.end();
  const four = await connect(session.port);
  assertEquals((await four.query(read)).rows[0][0] ?? "", "", "cleaned between sessions");
  await four.end();
  await session.close();
});

test("endZombies() ends who is idle in a transaction, and nobody else", async () => {
  await using proxy = await bench.start({});
  const [zombie, busy] = [await connect(proxy.port), await connect(proxy.port)];
  // Sessions of the tests before may be on their way out.
  await until(
    "nobody is idle",
    async () => (await databaseHealth(bench.database.sql)).idleInTransaction === 0,
  );
  await zombie.query("begin");
  const query = codeOf(busy.query("select pg_sleep(0.5)"));
  await new Promise((done) => setTimeout(done, 150));
  const ended = await endZombies(bench.database.sql, 100);
  assertEquals(ended.map(({ user }) => user), ["ann"]);
  // Its last words are 57P01; who sends to a closed connection may not hear them.
  assert(/57P01|reset|08006|pipe/i.test(await codeOf(zombie.query("select 1"))));
  assertEquals(await query, "fine");
  await busy.end();
});

test("reportHandler() tells utilisation, waits and transactions of each tenant", async () => {
  await using proxy = await bench.start({ tenants: [bench.tenant("ann", { max: 2 })] });
  const handler = reportHandler(proxy);
  const client = await connect(proxy.port);
  await client.query("select pg_sleep(0.025)");
  await client.query("begin");
  const [pool] = await handler(new Request("http://localhost/pools")).json();
  assertEquals([pool.pool_utilization, pool.transactions], [0.5, 1]);
  assert(pool.transaction_time.p50_ms >= 20);
  const traces = await handler(new Request("http://localhost/traces")).json();
  assertEquals([traces.length, traces[0].tenant], [1, name()]);
  const text = await handler(new Request("http://localhost/metrics")).text();
  assert(text.includes(`pool_utilization{service="${name()}"} 0.5`), text);
  assertEquals(handler(new Request("http://localhost/")).status, 404);
  await client.end();
});
