import { assert, assertEquals } from "@std/assert";
import { postgres } from "lib/services/postgres.ts";
import { PgClient } from "lib/systems/pgwire/pg_client.ts";
import { PgError } from "lib/systems/pgwire/protocol_error.ts";
import { PgProxy } from "lib/systems/pg_proxy/pg_proxy.ts";
import { until, withinOneRun } from "../../services/with_postgres.ts";
import { PATIENT_MS } from "./with_proxy.ts";

const test = withinOneRun();
const codeOf = (promise: Promise<unknown>) =>
  promise.then(() => "fine", (error) => error instanceof PgError ? error.code : String(error));
const isOneOf = (code: string, ...codes: string[]) =>
  assert(codes.includes(code), `${code} is none of ${codes.join(", ")}`);

test("PgProxy: the server is killed, comes back, and is replaced by its replica", async () => {
  await using database = await postgres({ replicas: 1 });
  const [primary, replica] = database.nodes;
  await database.sql.query("create role ann login password 'secret'");
  await database.sql.query("create table lines (n int); grant all on lines to ann");
  const upstream = { hostname: primary.hostname, port: primary.port };
  const tenant = {
    user: "ann",
    database: database.database,
    password: "secret",
    max: 3,
    timeoutMs: PATIENT_MS,
  };
  await using proxy = await PgProxy.start({ upstream, mode: "transaction", tenants: [tenant] });
  const connect = () => PgClient.connect({ hostname: "127.0.0.1", port: proxy.port, ...tenant });
  const [idle, inside] = [await connect(), await connect()];
  await idle.query("select 1");
  await inside.query("begin");
  const running = codeOf(inside.query("select pg_sleep(60)"));
  await until("it runs", async () => {
    const [{ count }] = await database.sql`
      select count(*) from pg_stat_activity where query like '%pg_sleep(60)%' and usename = 'ann'`;
    return count > 0;
  });
  await primary.kill();
  isOneOf(await running, "57P01", "57P02", "08006");
  isOneOf(await codeOf(idle.query("select 1")), "08006", "57P03");
  await primary.restart();
  await until("it is back", async () => await codeOf(idle.query("select 1")) === "fine");

  await until("the replica follows", async () => {
    const rows = await replica.sql`select 1 from pg_class where relname = 'lines'`;
    return rows.length === 1;
  });
  const writer = await connect();
  await writer.query("begin");
  await writer.query("insert into lines values (1)");
  await replica.promote();
  proxy.reroute({ hostname: replica.hostname, port: replica.port });
  isOneOf(await codeOf(writer.query("commit")), "08006");
  assertEquals(await codeOf(idle.query("insert into lines values (2)")), "fine");
  assertEquals((await idle.query("select n from lines")).rows, [["2"]]);
  assertEquals((await database.sql`select count(*) from lines`)[0].count, 0, "fenced");
  await idle.end();
});
