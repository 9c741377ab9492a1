import { assert, assertEquals, assertRejects } from "@std/assert";
import { postgres } from "../../../lib/services/postgres.ts";
import { until, withinOneRun } from "./with_postgres.ts";

const test = withinOneRun();

test("postgres() with a replica: it follows, lags behind a bad link, and catches up", async () => {
  await using database = await postgres({ replicas: 1, proxy: true });
  const [primary, replica] = database.nodes;
  assert(database.description.includes(" with 1 replica, private"), database.description);
  const count = async () => (await replica.sql`select count(*) from numbers`)[0].count;
  await primary.sql`create table numbers as select generate_series(1, 100) as number`;
  await until("the replica has the table", () => count().then((n) => n === 100, () => false));
  await assertRejects(
    () => replica.sql`insert into numbers values (0)`,
    Error,
    "cannot execute INSERT in a read-only transaction",
  );
  replica.link!.set({ blackhole: true });
  await primary.sql`insert into numbers select generate_series(101, 200)`;
  await new Promise((done) => setTimeout(done, 200));
  assertEquals(await count(), 100, "nothing comes through");
  replica.link!.heal();
  await until("the replica has caught up", async () => await count() === 200);

  await replica.stop();
  await primary.sql`insert into numbers select generate_series(201, 20000)`;
  await replica.restart();
  await until("it catches up after a stop", () => count().then((n) => n === 20_000, () => false));
});

test("promote() after the primary was killed loses nothing that both had", async () => {
  await using database = await postgres({
    replicas: 1,
    config: { synchronous_standby_names: "*", synchronous_commit: "on" },
  });
  const [primary, replica] = database.nodes;
  await primary.sql`create table numbers (writer int, number int, primary key (writer, number))`;
  const written = [0, 0, 0, 0];
  const write = async (_: number, writer: number) => {
    for (let number = 1;; number++) {
      try {
        await primary.sql`insert into numbers values (${writer}, ${number})`;
        written[writer] = number;
      } catch {
        return number - 1;
      }
    }
  };
  const writers = written.map(write);
  await until("each has written some", () => written.every((number) => number >= 10));
  await primary.kill();
  const acknowledged = await Promise.all(writers);
  await replica.promote();
  const kept = await replica.sql`
    select writer, count(*), max(number) from numbers group by writer order by writer`;
  acknowledged.forEach((last, writer) => {
    const { count, max } = kept[writer];
    assert(last >= 10 && max >= last, `writer ${writer}: ${max} kept of ${last} acknowledged`);
    assertEquals(count, max, "without a gap");
  });
  // It is a primary now; the settings that made commits wait are those of its config, and it has no replica.
  await replica.sql.query("alter system set synchronous_standby_names = ''");
  await replica.sql`select pg_reload_conf()`;
  await replica.sql`insert into numbers values (9, 1)`;
  assertEquals((await replica.sql`select pg_is_in_recovery() as follows`)[0].follows, false);
});

test("postgres() with two replicas numbers them as the primary sees them", async () => {
  await using database = await postgres({ replicas: 2 });
  const rows = async () =>
    (await database.sql`
      select application_name as name, state from pg_stat_replication order by 1`)
      .map(({ name, state }) => `${name} ${state}`);
  await until(
    "both stream",
    async () => (await rows()).join() === "replica_1 streaming,replica_2 streaming",
  );
});

test("postgres() with shards: servers that know nothing of another", async () => {
  await using database = await postgres({ shards: 3 });
  const shards = database.nodes;
  assert(database.description.includes(", 3 shards, private"), database.description);
  assertEquals(new Set(shards.map(({ port }) => port)).size, 3);
  await Promise.all(shards.map(({ sql }) => sql`create table users (id int primary key)`));
  for (let id = 0; id < 30; id++) await shards[id % 3].sql`insert into users values (${id})`;
  const counts = async () =>
    await Promise.all(
      shards.map(({ sql }) =>
        sql`select count(*) from users`.then(([{ count }]) => count as number, () => "down")
      ),
    );
  assertEquals(await counts(), [10, 10, 10]);
  await shards[1].kill();
  assertEquals(await counts(), [10, "down", 10]);
});
