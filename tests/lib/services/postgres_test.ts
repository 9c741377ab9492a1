import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { postgres } from "../../../lib/services/postgres.ts";
import { openClient, type Sql } from "../../../lib/services/postgres_client.ts";
import { startFakePostgres } from "./fake_postgres.ts";
import { until, withinOneRun } from "./with_postgres.ts";

const test = withinOneRun();

/** A port that nobody listens on. */
function closedPort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

test("postgres() shares one private server, each caller in a database of its own", async () => {
  await using first = await postgres();
  const second = await postgres();
  assertMatch(
    first.description,
    /^PostgreSQL \d+\.\d+, private, postgres from (the PATH|the system's packages|npm)$/,
  );
  assertMatch(first.database, /^\w+_[0-9a-f]{8}$/);
  assertEquals(new URL(first.url).host, new URL(second.url).host);
  assertEquals([first.nodes, first.proxy], [[], undefined]);
  await first.sql`create table names (name text)`;
  await second.sql`create table names (name text)`;
  await first.sql`insert into names values ('first')`;
  assertEquals([...await second.sql`select * from names`], []);
  await second.close();
  const left = await first.sql`select 1 from pg_database where datname = ${second.database}`;
  assertEquals(left.length, 0, "its database is dropped");
});

test("postgres() reads text, times, JSON and counts as TypeScript has them", async () => {
  await using database = await postgres();
  const [row] = await database.sql`
    select 'ä' as text, timestamptz '2026-01-02 03:04:05Z' as time, ${{ a: [1] }}::jsonb as json,
      (select count(*) from generate_series(1, 5)) as count, array[1::bigint, 2] as list,
      date '2026-01-02' as day, ${[3, 4]}::int[] as sent, ${null}::int as nothing`;
  assertEquals({ ...row }, {
    text: "ä",
    time: new Date("2026-01-02T03:04:05Z"),
    json: { a: [1] },
    count: 5,
    list: [1, 2],
    day: "2026-01-02",
    sent: [3, 4],
    nothing: null,
  });
  await assertRejects(
    () => database.sql`select 9007199254740993::bigint`,
    RangeError,
    "Cannot read bigint: value must be within 2^53 of 0: received 9007199254740993",
  );
  assertEquals((await database.sql`select 1 as one`)[0].one, 1, "the connection goes on");
});

test("postgres() opens at most ten connections", async () => {
  await using database = await postgres();
  const { sql } = database;
  await Promise.all(Array.from({ length: 60 }, () => sql`select pg_sleep(0.01)`));
  const [{ count }] = await sql`
    select count(*) from pg_stat_activity
    where datname = current_database() and backend_type = 'client backend'`;
  assertEquals(count, 10);
});

test("postgres() ends statements that take too long, at the limit that was asked for", async () => {
  await using database = await postgres({ statementTimeoutMs: 4000 });
  const show = async (sql: Sql) => (await sql`show statement_timeout`)[0];
  assertEquals(await show(database.sql), { statement_timeout: "4s" });
  const hasty = database.connect({ statementTimeoutMs: 1000, max: 1 });
  assertEquals(await show(hasty), { statement_timeout: "1s" });
  const error = await assertRejects(() => hasty`select pg_sleep(5)`, Error);
  assertMatch(error.message, /canceling statement due to statement timeout/);
});

test("Sql.session() hears on its connection what another one notifies", async () => {
  await using database = await postgres();
  const heard = await database.sql.session(async (sql, client) => {
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    client.on("notification", ({ payload }) => resolve(payload));
    await sql`listen news`;
    await database.sql`select pg_notify('news', 'hello')`;
    return await promise;
  });
  assertEquals(heard, "hello");
});

test("Sql.begin() commits as a whole, or rolls back and uses the connection again", async () => {
  await using database = await postgres();
  const sql = database.connect({ max: 1 });
  await sql`create table accounts (name text primary key, balance int check (balance >= 0))`;
  await sql`insert into accounts values ('a', 10), ('b', 0)`;
  const transfer = (amount: number) =>
    sql.begin(async (sql) => {
      await sql`update accounts set balance = balance + ${amount} where name = 'b'`;
      await sql`update accounts set balance = balance - ${amount} where name = 'a'`;
      return (await sql`select pg_backend_pid() as pid`)[0].pid as number;
    });
  const balances = async () =>
    (await sql`select balance from accounts order by name`).map(({ balance }) => balance);
  const pid = await transfer(4);
  await assertRejects(() => transfer(7), Error, "violates check constraint");
  assertEquals(await balances(), [6, 4]);
  assertEquals(await transfer(1), pid);
});

test("Sql.session() that throws takes its locks along", async () => {
  await using database = await postgres();
  const sql = database.connect({ max: 1 });
  const taken = sql.session(async (sql) => {
    await sql`select pg_advisory_lock(7)`;
    throw new Error("gave up");
  });
  await assertRejects(() => taken, Error, "gave up");
  await until("the lock is free", async () => {
    const [{ free }] = await database.sql`select pg_try_advisory_lock(7) as free`;
    return free;
  });
});

test("Sql.query() runs several statements at once", async () => {
  await using database = await postgres();
  await database.sql.query("create table t (x int); insert into t values (1), (2)");
  assertEquals(await database.sql.query("select * from t where x > $1", [1]), [{ x: 2 }]);
});

test("postgres() passes config to a private server of its own shape", async () => {
  await using small = await postgres({ config: { max_connections: "7" } });
  assertEquals((await small.sql`show max_connections`)[0], { max_connections: "7" });
  await using again = await postgres({ config: { max_connections: "7" } });
  assertEquals(new URL(small.url).host, new URL(again.url).host);
});

test("postgres() with proxy puts faults between client and server", async () => {
  await using database = await postgres({ proxy: true });
  const sql = database.connect({ statementTimeoutMs: 1000, max: 1 });
  await sql`select 1`;
  database.proxy.set({ latencyMs: 30 });
  const startMs = performance.now();
  await sql`select 1`;
  assert(performance.now() - startMs >= 60);
  database.proxy.set({ blackhole: true });
  await assertRejects(
    () => sql`select 1`,
    Error,
    "Query read timeout",
  );
  database.proxy.set({ refuse: true });
  database.proxy.drop();
  // The system closes the listening socket a moment later.
  await until("clients are refused", () =>
    sql`select 1`.then(
      () => false,
      (error) => error.message.includes("connect ECONN"),
    ));
  database.proxy.heal();
  assertEquals((await sql`select 2 as two`)[0].two, 2);
});

test("postgres() at a given address drops its own database at the end, and no other", async () => {
  await using server = await postgres();
  const databases = () => server.sql`select datname from pg_database order by 1`;
  const before = await databases();
  const guest = await postgres({ url: server.url });
  assertEquals([guest.from, guest.description], [
    "DATABASE_URL",
    `PostgreSQL ${guest.version}, at DATABASE_URL`,
  ]);
  assertEquals((await databases()).length, before.length + 1);
  const stranger = openClient(guest.url);
  await stranger`select 1`;
  await guest.close();
  await stranger.end();
  assertEquals([...await databases()], [...before]);
});

test("postgres() with a wrong password says so, and hides it", async () => {
  await using server = await postgres();
  const url = new URL(server.url);
  url.password = "not-it";
  const error = await assertRejects(() => postgres({ url: url.href }), Error);
  assertMatch(
    error.message,
    /^Cannot use PostgreSQL: DATABASE_URL must be the address of one that/,
  );
  assertMatch(error.message, /received postgres:\/\/postgres:\*\*\*@127\.0\.0\.1/);
  assertMatch(error.message, /password authentication failed.*Three ways to get one/);
  assert(!error.message.includes("not-it"));
});

test("postgres() as a role that may not create databases says so", async () => {
  await using server = await postgres();
  const role = `guest_${crypto.randomUUID().slice(0, 8)}`;
  await server.sql.query(`create role ${role} login password 'guest'`);
  const url = new URL(server.url);
  [url.username, url.password] = [role, "guest"];
  await assertRejects(
    () => postgres({ url: url.href }),
    Error,
    "must be allowed to create databases: received permission denied to create database",
  );
});

Deno.test("postgres() where nobody listens fails at once, with the ways to get one", async () => {
  const startMs = performance.now();
  const url = `postgres://me@127.0.0.1:${closedPort()}/db`;
  const error = await assertRejects(() => postgres({ url }), Error, "Cannot use PostgreSQL");
  assertMatch(error.message, /ECONNREFUSED.*Three ways to get one.*compose.*apt-get.*install/);
  assert(performance.now() - startMs < 4500, "before a silent server were given up");
});

Deno.test("postgres() refuses a server that is too old", async () => {
  using fake = startFakePostgres("9.6.24 (Debian 9.6.24-1)");
  await assertRejects(
    () => postgres({ url: `postgres://127.0.0.1:${fake.port}/db` }),
    Error,
    `Cannot use PostgreSQL: version must be 14 or newer: received 9.6.24 at postgres://127.0.0.1`,
  );
});

Deno.test("postgres() gives up on a server that accepts and never answers", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepted = listener.accept();
  const url = `postgres://127.0.0.1:${listener.addr.port}/db`;
  await assertRejects(() => postgres({ url }), Error, "timeout");
  (await accepted).close();
});

Deno.test("postgres() gives up on a server that hangs up at once", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  (async () => {
    for await (const connection of listener) connection.close();
  })();
  const url = `postgres://127.0.0.1:${listener.addr.port}/db`;
  await assertRejects(() => postgres({ url }), Error, "Connection terminated unexpectedly");
});

Deno.test("postgres() says what a request must be", async () => {
  await assertRejects(
    () => postgres({ shards: 0 }),
    RangeError,
    "Cannot start PostgreSQL: shards must be 1 to 16: received 0",
  );
  await assertRejects(() => postgres({ replicas: -1 }), RangeError, "replicas must be 0 to 16");
  await assertRejects(() => postgres({ replicas: 1, shards: 2 }), RangeError, "received both");
  await assertRejects(
    () => postgres({ url: "host=127.0.0.1" }),
    Error,
    "received host=127.0.0.1 (not an address with one host)",
  );
});
