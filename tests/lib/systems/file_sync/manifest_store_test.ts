import { assertEquals } from "@std/assert";
import { postgres } from "lib/services/postgres.ts";
import type { Sql } from "lib/services/postgres_client.ts";
import { VectorClock } from "lib/structures/vector_clock.ts";
import { ManifestStore } from "lib/systems/file_sync/manifest_store.ts";
import { until, withinOneRun } from "../../services/with_postgres.ts";

const test = withinOneRun();

/** Commits a file by a device of its own, as often as asked, each on the one before. */
function committer(store: ManifestStore, path: string) {
  let id = 0;
  let base = new VectorClock();
  return async () => {
    const request = { share: "docs", path, device: `device of ${path}`, manifest: null };
    const { version } = await store.commit({ ...request, id: ++id, base });
    base = version.vector;
  };
}
const pathsOf = (versions: { path: string }[]) => versions.map(({ path }) => path);
const lastOf = (versions: { seq: number }[]) => versions.at(-1)?.seq ?? 0;

test("ManifestStore.since() misses no commit that began before another and ended after it", async () => {
  await using database = await postgres();
  const store = await ManifestStore.open(database.sql);
  const [slow, quick] = ["slow", "quick"].map((path) => committer(store, path));
  await slow();
  const before = lastOf(await store.since("docs", 0));
  const held = Promise.withResolvers<void>(), release = Promise.withResolvers<void>();
  const holding = database.sql.begin(async (sql) => {
    await sql`select from file_version where path = 'slow' for update`;
    held.resolve();
    await release.promise;
  });
  await held.promise;
  const waits = (count: number) => async () => {
    const rows = await database.sql`
      select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
    return rows.length >= count;
  };
  const committing = [slow()];
  await until("the first has its number and waits for the row", waits(1));
  let isDone = false;
  committing.push(quick().then(() => void (isDone = true)));
  await until("the second waits, or is done", async () => isDone || await waits(2)());
  const first = await store.since("docs", before);
  release.resolve();
  await Promise.all([holding, ...committing]);
  const second = await store.since("docs", lastOf(first) || before);
  assertEquals(pathsOf([...first, ...second]).sort(), ["quick", "slow"]);
});

test("ManifestStore.since() misses nothing that is committed while it reads", async () => {
  await using database = await postgres();
  const store = await ManifestStore.open(database.sql);
  const [one, other] = ["one", "other"].map((path) => committer(store, path));
  await one();
  let between = () => Promise.resolve();
  let statements = 0;
  const sql = async (...all: Parameters<Sql>) => {
    if (statements++ === 1) await between();
    return await database.sql(...all);
  };
  const reader = await ManifestStore.open(Object.assign(sql, database.sql) as Sql);
  between = async () => {
    await other();
    await one();
  };
  const first = await reader.since("docs", 0);
  const second = await reader.since("docs", lastOf(first));
  assertEquals(new Set(pathsOf([...first, ...second])), new Set(["one", "other"]));
});
