import { assert, assertEquals, assertRejects } from "@std/assert";
import { readJsonLines } from "lib/services/json_lines.ts";
import { postgres } from "lib/services/postgres.ts";
import { redis } from "lib/services/redis.ts";
import { PostgresStore } from "lib/systems/cache/postgres_store.ts";
import { recover, writeAround, writeBack, writeThrough } from "lib/systems/cache/write_policy.ts";
import { startWriter, type WriterLine } from "lib/systems/cache/writer_process.ts";

Deno.test("writeThrough() and writeAround() have the row before they answer", async () => {
  await using service = await redis();
  await using db = await postgres();
  const database = await PostgresStore.open(db.sql);
  const get = async (key: string) => (await database.read([key])).get(key);
  const shared = { redis: service.client, database };
  await writeThrough(shared).write("k", "1");
  assertEquals([await get("k"), await service.client.get("k")], ["1", "1"]);
  await writeAround(shared).write("k", "2");
  assertEquals([await get("k"), await service.client.get("k")], ["2", null]);
});

Deno.test("writeBack() writes the newest value of each key once, and empties its journal", async () => {
  await using service = await redis();
  await using db = await postgres();
  const database = await PostgresStore.open(db.sql);
  const get = async (key: string) => (await database.read([key])).get(key);
  const policy = writeBack({ redis: service.client, database, journal: "journal" });
  for (let n = 0; n < 100; n++) await policy.write(`k${n % 5}`, `${n}`);
  assertEquals([database.stats.rows, await service.client.xlen("journal")], [0, 100]);
  await policy.flush();
  assertEquals([database.stats.rows, await get("k4")], [5, "99"]);
  assertEquals(await service.client.xlen("journal"), 0);
  await policy.flush();
  assertEquals(database.stats.transactions, 1);
});

Deno.test("writeBack() keeps what it could not flush, under what came after", async () => {
  await using service = await redis();
  await using db = await postgres();
  const database = await PostgresStore.open(db.sql);
  const get = async (key: string) => (await database.read([key])).get(key);
  let broken = true;
  const put = (batch: Map<string, string>) => {
    if (broken) throw new Error("disk full");
    return database.put(batch);
  };
  const policy = writeBack({ redis: service.client, database: { put }, journal: "journal" });
  await policy.write("a", "1");
  await policy.write("b", "1");
  await assertRejects(() => policy.flush(), Error, "disk full");
  broken = false;
  await policy.write("a", "2");
  await policy.flush();
  assertEquals([await get("a"), await get("b")], ["2", "1"]);
});

async function crash(policy: "back" | "back + journal") {
  await using service = await redis();
  await using db = await postgres();
  const { url: redisUrl, prefix } = service;
  const databaseUrl = db.url;
  const options = {
    policy,
    redisUrl,
    prefix,
    databaseUrl,
    writes: 1e6,
    overwrite: 0,
    flushEvery: 1e9,
  };
  const writer = startWriter(options);
  let acknowledged = 0;
  // To the end: what it had said before it died counts too, and a pipe that we close would end it.
  for await (const line of readJsonLines(writer.stdout)) {
    const before = acknowledged;
    ({ acknowledged } = line as WriterLine);
    if (before < 300 && acknowledged >= 300) writer.kill("SIGKILL");
  }
  await writer.status;
  assert(acknowledged >= 300, `${acknowledged}`);
  const database = await PostgresStore.open(db.sql);
  const replayed = await recover({ redis: service.client, database, journal: "journal" });
  const keys = Array.from({ length: acknowledged }, (_, n) => `cold:${n}`);
  const lost = acknowledged - (await database.read(keys)).size;
  return { acknowledged, replayed, lost };
}

Deno.test("recover() brings back every acknowledged write of a killed writer", async () => {
  const { acknowledged, replayed, lost } = await crash("back + journal");
  assertEquals(lost, 0);
  assert(replayed >= acknowledged);
});

Deno.test("writeBack() without a journal loses what a killed writer had not flushed", async () => {
  const { acknowledged, lost } = await crash("back");
  assertEquals(lost, acknowledged);
});
