import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { connect } from "node:net";
import { connect as connectTls } from "node:tls";
import { CertificateAuthority } from "../../../lib/services/certificates.ts";
import { pgbouncer } from "../../../lib/services/pgbouncer.ts";
import { postgres, type PostgresService } from "../../../lib/services/postgres.ts";
import { findPostgres } from "../../../lib/services/postgres_binaries.ts";
import { openClient, type Sql } from "../../../lib/services/postgres_client.ts";
import { findSystemProgram } from "../../../lib/services/system_programs.ts";
import { until, withinOneRun } from "./one_run.ts";

const isThere = findPostgres().length > 0 && findSystemProgram("pgbouncer").length > 0;
const test = withinOneRun({ isThere });

/** How many server processes work for the clients of a database. */
async function countBackends({ sql, database }: PostgresService): Promise<number> {
  const [{ count }] = await sql`
    select count(*) from pg_stat_activity
    where datname = ${database} and pid <> pg_backend_pid() and backend_type = 'client backend'`;
  return count;
}

/** The serial of the certificate that a server shows to a new client of PostgreSQL's protocol. */
async function readSerial(port: number, ca: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = connect(port, "127.0.0.1", () => {
    // SSLRequest.
    socket.write(new Uint8Array([0, 0, 0, 8, 4, 210, 22, 47]));
    socket.once("data", () => {
      const encrypted = connectTls({ socket, ca, servername: "localhost" }, () => {
        resolve(encrypted.getPeerCertificate().serialNumber);
        encrypted.destroy();
      });
      encrypted.on("error", reject);
    });
  });
  socket.on("error", reject);
  return await promise;
}

async function withRole(sql: Sql, body: (name: string, password: string) => Promise<void>) {
  const name = `tenant_${crypto.randomUUID().slice(0, 8)}`;
  await sql.query(`create role ${name} login password 'secret of ${name}'`);
  await body(name, `secret of ${name}`);
}

test("pgbouncer() puts many clients on few connections; its size changes while it works", async () => {
  await using database = await postgres();
  await using pooler = await pgbouncer({ upstream: database, mode: "transaction", poolSize: 3 });
  assertMatch(
    pooler.description,
    /^pgbouncer \d+\.\d+\.\d+, private, pgbouncer from the (PATH|system's packages)$/,
  );
  const clients = Array.from({ length: 20 }, () => pooler.connect({ max: 1 }));
  const useAll = async () => {
    const rows = await Promise.all(
      clients.map((sql) => sql`select pg_backend_pid() as pid, pg_sleep(0.02)`),
    );
    return new Set(rows.map(([{ pid }]) => pid)).size;
  };
  // It opens one connection after the other while clients wait, and never more than it may.
  const untilUsed = async (size: number) =>
    await until(`${size} connections are used`, async () => {
      const used = await useAll();
      assert(used <= size, `${used} connections`);
      return used === size;
    });
  await untilUsed(3);
  const [node] = pooler.nodes;
  await node.admin("SET default_pool_size = 5");
  await untilUsed(5);
  assertEquals(await countBackends(database), 5);
  const pools = await node.admin("SHOW POOLS");
  assertEquals(pools.find((pool) => pool.database === database.database)?.cl_active, 20);
  await pooler.configure({ poolSize: 6 });
  await untilUsed(6);
});

test("pgbouncer() keeps a session's settings in session mode, and loses them in transaction mode", async () => {
  await using database = await postgres();
  await using pooler = await pgbouncer({ upstream: database, poolSize: 1 });
  const [a, b] = [pooler.connect({ max: 1 }), pooler.connect({ max: 1 })];
  const show = async (sql: Sql) => (await sql`show work_mem`)[0].work_mem;
  await a`set work_mem = '1MB'`;
  assertEquals(await show(a), "1MB");
  await a.end();
  assert(await show(b) !== "1MB", "the next session starts afresh");
  await b.end();
  await pooler.configure({ mode: "transaction" });
  const [c, d] = [pooler.connect({ max: 1 }), pooler.connect({ max: 1 })];
  await c`set work_mem = '2MB'`;
  assertEquals(await show(d), "2MB", "what one client sets another one has");
});

test("pgbouncer() lets in the server's roles, with its list in place of their passwords", async () => {
  await using database = await postgres();
  await withRole(database.sql, async (name, password) => {
    const logIn = async (address: string, password: string) => {
      const url = new URL(address);
      [url.username, url.password] = [name, password];
      const sql = openClient(url.href);
      try {
        return (await sql`select current_user as name`)[0].name;
      } finally {
        await sql.end();
      }
    };
    await using open = await pgbouncer({ upstream: database, mode: "transaction" });
    assertEquals(await logIn(open.url, password), name);
    await assertRejects(() => logIn(open.url, "wrong"), Error, "SASL authentication failed");
    const users = { [name]: "of the list" };
    await using listed = await pgbouncer({ upstream: database, mode: "transaction", users });
    await assertRejects(() => logIn(listed.url, password), Error, "SASL authentication failed");
  });
});

test("pgbouncer() with databases limits one of them", async () => {
  await using database = await postgres();
  await using pooler = await pgbouncer({
    upstream: database,
    mode: "transaction",
    databases: { tenant: { dbname: database.database, pool_size: "1" } },
  });
  const url = new URL(pooler.url);
  url.pathname = "/tenant";
  const sql = openClient(url.href);
  const rows = await Promise.all(
    Array.from({ length: 5 }, () => sql`select pg_backend_pid() as pid, pg_sleep(0.01)`),
  );
  assertEquals(new Set(rows.map(([{ pid }]) => pid)).size, 1);
  await sql.end();
});

test("pgbouncer() with a certificate: clients check it, and a new one needs no new session", async () => {
  await using database = await postgres();
  const [authority, foreign] = await Promise.all([
    CertificateAuthority.create(),
    CertificateAuthority.create("Foreign authority"),
  ]);
  const [first, second, client] = await Promise.all(
    ["localhost", "localhost", "agent"].map((name) => authority.issue(name)),
  );
  const tls = { ...first, authority: authority.certificate };
  await using pooler = await pgbouncer({ upstream: database, mode: "transaction", tls });
  const open = pooler.connect({ max: 1 });
  await open.session(async (sql, raw) => {
    await sql`select 1`;
    assertEquals(await readSerial(pooler.nodes[0].port, tls.authority), first.serial);
    await pooler.configure({ tls: { ...second, authority: tls.authority } });
    assertEquals(await readSerial(pooler.nodes[0].port, tls.authority), second.serial);
    assertEquals((await raw.query("select 2 as two")).rows, [{ two: 2 }]);
  });
  const plain = openClient(pooler.url);
  await assertRejects(() => plain`select 1`, Error, "SSL required");
  await plain.end();
  const wary = pooler.connect({ tls: { ca: foreign.certificate } });
  await assertRejects(() => wary`select 1`, Error, "unable to verify");

  await pooler.configure({
    tls: { ...second, authority: tls.authority, clientAuthority: tls.authority, client },
  });
  assertEquals(await pooler.connect()`select 3 as three`, [{ three: 3 }]);
  const bare = pooler.connect({ tls: { ca: tls.authority } });
  await assertRejects(() => bare`select 1`, Error);
});

test("PgbouncerNode.configure() refuses what pgbouncer does not understand, and keeps what holds", async () => {
  await using database = await postgres();
  await using pooler = await pgbouncer({ upstream: database, poolSize: 4 });
  const [node] = pooler.nodes;
  const error = await assertRejects(
    () => node.configure({ poolSize: 9, settings: { no_such_setting: "1" } }),
    Error,
    `Cannot configure ${node.name}: the configuration must be valid`,
  );
  assertMatch(error.message, /no_such_setting/);
  const settings = await node.admin("SHOW CONFIG");
  assertEquals(settings.find(({ key }) => key === "default_pool_size")?.value, "4");
  await node.restart();
  assertEquals(await pooler.sql`select 1 as one`, [{ one: 1 }]);
});

test("PgbouncerNode.configure() with upstream leads clients to another server", async () => {
  await using shards = await postgres({ shards: 2 });
  const [old, next] = shards.nodes;
  await using pooler = await pgbouncer({ upstream: old, mode: "transaction" });
  const [node] = pooler.nodes;
  const whereNow = async () => (await pooler.sql`select inet_server_port() as port`)[0].port;
  assertEquals(await whereNow(), old.port);
  await node.admin("PAUSE");
  const waiting = whereNow();
  await node.configure({ upstream: next });
  await node.admin("RESUME");
  assertEquals(await waiting, next.port, "a statement that came during the pause");
});

test("pgbouncer() says what a request must be", async () => {
  await using database = await postgres();
  await assertRejects(
    () => pgbouncer({ upstream: database, count: 0 }),
    RangeError,
    "Cannot start pgbouncer: count must be 1 to 8: received 0",
  );
  const url = new URL(database.url);
  url.password = "not-it";
  const error = await assertRejects(() => pgbouncer({ upstream: url.href }), Error);
  assertMatch(error.message, /^Cannot start pgbouncer: upstream must be a PostgreSQL that answers/);
  assertMatch(error.message, /postgres:\*\*\*@.*password authentication failed/);
  await assertRejects(
    () => pgbouncer({ upstream: database, settings: { pool_mode: "nonsense" } }),
    Error,
    'invalid value "nonsense" for parameter pool_mode',
  );
});
