import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { postgres, type PostgresService } from "../../../lib/services/postgres.ts";
import { ignore, until, withinOneRun } from "./with_postgres.ts";

withinOneRun();

/** Writes numbers one after the other until a write fails; the last that was acknowledged. */
async function writeUntilFailure({ sql }: PostgresService): Promise<number> {
  for (let number = 1;; number++) {
    try {
      await sql`insert into numbers values (${number})`;
    } catch {
      return number - 1;
    }
  }
}

Deno.test({
  name: "PostgresNode: faults of one server",
  ignore,
  fn: async (t) => {
    await using database = await postgres({ own: true });
    const { sql, nodes: [node] } = database;
    const hasty = database.connect({ statementTimeoutMs: 200, connectTimeoutMs: 300, max: 2 });
    const watcher = database.connect({ max: 1 });
    /** A hasty client may give up on a machine that has other work. */
    const hastyAnswers = () => hasty`select 1`.then(() => true, () => false);

    await t.step("kill() in mid-statement rejects it, with every other", async () => {
      const outcomes = Promise.allSettled(
        Array.from({ length: 12 }, () => sql`select pg_sleep(30)`),
      );
      await until("all of them run", async () => {
        const [{ count }] = await watcher`
          select count(*) from pg_stat_activity where query = 'select pg_sleep(30)' and state = 'active'`;
        return count === 10;
      });
      await node.kill();
      assertEquals((await node.status()).state, "stopped");
      assertEquals(new Set((await outcomes).map(({ status }) => status)), new Set(["rejected"]));
      await assertRejects(() => sql`select 1`, Error, "ECONNREFUSED");
    });

    await t.step("restart() and the same client goes on, at once and later", async () => {
      await node.restart();
      assertEquals((await sql`select 1 as one`)[0].one, 1);
      assertEquals((await node.status()).state, "running");
    });

    await t.step("kill() loses nothing that was acknowledged", async () => {
      await sql`create table numbers (number int primary key)`;
      const writing = writeUntilFailure(database);
      await until("some are written", async () => (await sql`select 1 from numbers`).length > 20);
      await node.kill();
      const acknowledged = await writing;
      await node.restart();
      const kept = (await sql`select number from numbers order by 1`).map(({ number }) => number);
      // The last that was seen may be one that was not yet acknowledged.
      assert(acknowledged >= 20, `${acknowledged}`);
      assert(kept.length === acknowledged || kept.length === acknowledged + 1, `${kept.length}`);
      assertEquals(kept, kept.map((_, i) => i + 1));
    });

    await t.step("pause() is an error of the client, not a hang; resume() answers", async () => {
      await until("it is connected", hastyAnswers);
      await node.pause();
      assertEquals((await node.status()).state, "paused");
      const startMs = performance.now();
      await assertRejects(
        () => hasty`select 2`,
        Error,
        "Query read timeout",
      );
      await assertRejects(() => hasty`select 3`, Error, "timeout");
      assert(performance.now() - startMs < 9000, "before the limit of other clients");
      await node.resume();
      await until("it answers", hastyAnswers);
    });

    await t.step("stop() does not wait for those who are connected", async () => {
      const transaction = sql.begin(async (sql) => {
        await sql`select 1`;
        await node.stop();
        // Between two statements: the client must not throw where nobody can catch it.
        await new Promise((done) => setTimeout(done, 50));
        await sql`select 2`;
      });
      const error = await assertRejects(() => transaction, Error);
      assertMatch(error.message, /not queryable|terminated/);
      // It ended in good order: it did not wait until it was killed.
      assertMatch(await node.log(), /database system is shut down/);
      await node.restart();
      assertEquals((await sql`select 3 as three`)[0].three, 3);
    });

    await t.step("close() of a paused server takes no longer than a moment", async () => {
      await node.pause();
      const startMs = performance.now();
      await database.close();
      // Asked to end in good order, it would have half a minute.
      assert(performance.now() - startMs < 20_000, `${performance.now() - startMs} ms`);
      await assertRejects(() => sql`select 1`, Error, "after calling end on the pool");
    });
  },
});

Deno.test({
  name: "PostgresNode.promote() of a server that is no replica says so",
  ignore,
  fn: async () => {
    await using database = await postgres({ own: true });
    const error = await assertRejects(() => database.nodes[0].promote(), Error);
    assertMatch(error.message, /recovery is not in progress/);
  },
});
