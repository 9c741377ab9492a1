import { assert, assertEquals } from "@std/assert";
import { haproxy } from "../../../lib/services/haproxy.ts";
import { pgbouncer } from "../../../lib/services/pgbouncer.ts";
import { postgres } from "../../../lib/services/postgres.ts";
import { findPostgres } from "../../../lib/services/postgres_binaries.ts";
import { openClient } from "../../../lib/services/postgres_client.ts";
import { urlOf } from "../../../lib/services/postgres_database.ts";
import { findSystemProgram } from "../../../lib/services/system_programs.ts";
import { isLaptopWithout, until, withinOneRun } from "./one_run.ts";

const isThere = findPostgres().length > 0 &&
  ["pgbouncer", "haproxy"].every((name) => findSystemProgram(name).length > 0);
withinOneRun({ isThere });

Deno.test({
  name: "HAProxy in front of two pgbouncers in front of one PostgreSQL",
  ignore: isLaptopWithout(isThere),
  fn: async (t) => {
    await using database = await postgres();
    await using pooler = await pgbouncer({ upstream: database, mode: "transaction", count: 2 });
    const [first, second] = pooler.nodes;
    await using front = await haproxy({
      servers: pooler.nodes,
      mode: "tcp",
      balance: "leastconn",
      // Down after a second or two: a machine that has other work is not a dead one.
      check: { postgresUser: "postgres", intervalMs: 100, fall: 10 },
    });
    const sql = openClient(urlOf(pooler.url, { port: front.port }), {
      max: 8,
      databaseTimeoutMs: 5000,
    });
    await database.sql`create table numbers (number int primary key)`;
    let acknowledged = 0;
    let failed = 0;
    let isDone = false;
    /** Eight writers, each number once; a number whose write failed is given up. */
    const write = async (writer: number) => {
      for (let i = 0; !isDone; i++) {
        await sql`insert into numbers values (${writer * 1e6 + i})`
          .then(() => acknowledged++, () => failed++);
      }
    };
    const writers = Array.from({ length: 8 }, (_, writer) => write(writer));
    const more = async (count: number) => {
      const from = acknowledged;
      await until("writes go on", () => acknowledged >= from + count);
    };

    await t.step("least connections: both have half of the clients", async () => {
      await more(100);
      const rows = await front.statistics();
      const sessions = rows.filter(({ server }) => /^pgbouncer/.test(server))
        .map(({ sessions }) => sessions);
      assertEquals(sessions, [4, 4]);
      assertEquals(failed, 0);
    });

    await t.step("one killed: what was under way there fails, the rest goes on", async () => {
      await first.kill();
      await front.waitFor(first.name, "DOWN");
      await more(100);
      assert(failed > 0 && failed < 100, `${failed}`);
      await first.restart();
      await front.waitFor(first.name, "UP");
    });

    await t.step("one frozen: its check notices, where a mere connection would not", async () => {
      await second.pause();
      await front.waitFor(second.name, "DOWN");
      await second.resume();
      await front.waitFor(second.name, "UP");
    });

    await t.step("nothing that was acknowledged is lost, or there twice", async () => {
      isDone = true;
      await Promise.all(writers);
      const [{ count }] = await database.sql`select count(*) from numbers`;
      assert(count >= acknowledged && count <= acknowledged + failed, `${count}`);
    });
    await sql.end();
  },
});
