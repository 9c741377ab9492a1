import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { Host } from "../../../lib/services/host.ts";
import { pgbouncer } from "../../../lib/services/pgbouncer.ts";
import { startPgbouncer } from "../../../lib/services/pgbouncer_server.ts";
import { postgres } from "../../../lib/services/postgres.ts";
import { findPostgres } from "../../../lib/services/postgres_binaries.ts";
import { findSystemProgram } from "../../../lib/services/system_programs.ts";
import { closedPort, isLaptopWithout, until, withinOneRun } from "./one_run.ts";

const isThere = findPostgres().length > 0 && findSystemProgram("pgbouncer").length > 0;
withinOneRun({ isThere });

Deno.test({
  name: "PgbouncerNode: faults of one of two poolers, and of the server behind them",
  ignore: isLaptopWithout(isThere),
  fn: async (t) => {
    await using database = await postgres({ own: true });
    await using pooler = await pgbouncer({
      upstream: database,
      mode: "transaction",
      poolSize: 2,
      count: 2,
      proxy: true,
    });
    const [first, second] = pooler.nodes;
    const ask = async (sql = first.sql) => (await sql`select 1 as one`)[0].one as number;
    const answers = () => ask().then((one) => one === 1, () => false);

    await t.step("kill() in mid-statement rejects it; the other pooler goes on", async () => {
      assertMatch(pooler.description, /, 2 of them, private/);
      const waiting = assertRejects(() => first.sql`select pg_sleep(30)`, Error, "terminated");
      await until("it runs", async () => {
        const [{ count }] = await database.sql`
          select count(*) from pg_stat_activity where query like '%pg_sleep(30)%' and state = 'active'`;
        return count > 0;
      });
      await first.kill();
      await waiting;
      assertEquals([(await first.status()).state, (await second.status()).state], [
        "stopped",
        "running",
      ]);
      assertEquals(await ask(second.sql), 1);
      await assertRejects(() => ask(), Error);
    });

    await t.step("restart() and the same client goes on", async () => {
      await first.restart();
      await until("it answers", answers);
    });

    await t.step("stop() lets a transaction finish", async () => {
      const stopped = Promise.withResolvers<void>();
      const value = await first.sql.begin(async (sql) => {
        await sql`select 1`;
        first.stop().then(stopped.resolve, stopped.reject);
        await until("it is asked to end", async () => (await first.log()).includes("SIGINT"));
        return (await sql`select 2 as two`)[0].two;
      });
      assertEquals(value, 2);
      await stopped.promise;
      assertEquals((await first.status()).state, "stopped");
      await first.restart();
      await until("it answers", answers);
    });

    await t.step("pause() is an error of the client, not a hang; resume() answers", async () => {
      const hasty = first.connect({ statementTimeoutMs: 200, connectTimeoutMs: 300, max: 1 });
      const hastyAnswers = () => ask(hasty).then(() => true, () => false);
      await until("it is connected", hastyAnswers);
      await first.pause();
      const startMs = performance.now();
      await assertRejects(() => ask(hasty), Error, "Query read timeout");
      await assertRejects(() => ask(hasty), Error, "timeout");
      assert(performance.now() - startMs < 9000, "before the limit of other clients");
      await first.resume();
      await until("it answers", hastyAnswers);
    });

    await t.step("its proxy delays, refuses and heals", async () => {
      first.proxy!.set({ refuse: true });
      first.proxy!.drop();
      await assertRejects(() => ask(), Error);
      await until("clients are refused", async () => {
        const error = await assertRejects(() => ask(), Error);
        return error.message.includes("connect ECONN");
      });
      first.proxy!.heal();
      await until("it answers", answers);
    });

    await t.step("a server that is gone is an error, and used again when it is back", async () => {
      const [server] = database.nodes;
      await pooler.configure({ settings: { query_wait_timeout: "1" } });
      await server.kill();
      const error = await assertRejects(() => ask(), Error);
      assertMatch(
        error.message,
        /query_wait_timeout|server_login_retry|server conn crashed|login failed|refused/,
      );
      await server.restart();
      await until("it answers", answers);
    });

    await t.step("close() with a paused pooler takes no longer than a moment", async () => {
      await first.pause();
      const startMs = performance.now();
      await pooler.close();
      assert(performance.now() - startMs < 20_000, `${performance.now() - startMs} ms`);
    });
  },
});

Deno.test({
  name: "pgbouncer() takes another port when its own is taken, and gives up at last",
  ignore: isLaptopWithout(isThere),
  fn: async () => {
    using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const folder = await Deno.makeTempDir({ prefix: "host-" });
    await Deno.chmod(folder, 0o755);
    const ports = [taken.addr.port, closedPort()];
    const host = new Host(folder, { freePort: () => ports.shift() ?? taken.addr.port });
    const shape = { upstream: "postgres://me:secret@127.0.0.1/app" };
    try {
      const [, second] = ports;
      const { nodes: [{ port }] } = await startPgbouncer(host, shape);
      assertEquals(port, second);
      const error = await assertRejects(() => startPgbouncer(host, shape), Error);
      assertMatch(error.message, /in use/i);
      assertEquals(host.status().length, 1);
    } finally {
      await host.close();
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test("startPgbouncer() without pgbouncer says the three ways", async () => {
  const host = new Host("/no/such/folder");
  const error = await assertRejects(() => startPgbouncer(host, { upstream: "" }, []), Error);
  assertMatch(error.message, /^Cannot start pgbouncer: .*received none on the PATH.*Three ways/);
});
