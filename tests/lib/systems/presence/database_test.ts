import { assertEquals } from "@std/assert";
import { postgres } from "lib/services/postgres.ts";
import { integer, stream } from "lib/sim/random.ts";
import { randomHistory, reorder } from "lib/systems/presence/check.ts";
import { PresenceDatabase } from "lib/systems/presence/database.ts";
import type { PresenceEvent } from "lib/systems/presence/event.ts";
import type { Batch } from "lib/systems/presence/ingestion.ts";
import { newUser, reduce, refresh } from "lib/systems/presence/reducer.ts";
import { withinOneRun } from "../../services/with_postgres.ts";

const test = withinOneRun();
const USERS = ["alice", "bob"];

/** A log of one partition, cut into batches. */
function batchesOf(events: readonly PresenceEvent[], size: (n: number) => number): Batch[] {
  const batches: Batch[] = [];
  for (let from = 0; from < events.length;) {
    const part = events.slice(from, from + size(batches.length));
    const numbered = part.map((event, n) => ({ offset: from + n, event }));
    const nextOffset = from + part.length;
    batches.push({ partition: 0, firstOffset: from, nextOffset, events: numbered });
    from = nextOffset;
  }
  return batches;
}

async function emptied(database: PresenceDatabase, sql: { query(text: string): Promise<unknown> }) {
  await sql.query("truncate presence, presence_history, presence_position");
  return database;
}

test("PresenceDatabase ends the same for every order and duplicate, as the reducer does", async () => {
  await using service = await postgres();
  const database = await PresenceDatabase.open(service.sql);
  for (let seed = 0; seed < 20; seed++) {
    await emptied(database, service.sql);
    const random = stream(seed, "log");
    const history = randomHistory(random);
    const lastMs = history.at(-1)!.atMs;
    for (const batch of batchesOf(reorder(history, random), () => 1 + integer(random, 30))) {
      await database.write(batch);
    }
    const stored = await database.load(USERS);
    for (const userId of USERS) {
      const said = history.filter((event) => event.userId === userId);
      const expected = said.reduce((user, event) => reduce(user, event).user, newUser(userId));
      const found = stored.get(userId) ?? newUser(userId);
      assertEquals(found.devices, expected.devices, `seed ${seed}`);
      assertEquals(refresh(found, lastMs).user.state, refresh(expected, lastMs).user.state);
    }
    assertEquals((await service.sql`select from presence_history`).length, history.length);
  }
});

test("PresenceDatabase.write() takes a batch once, and none behind a gap", async () => {
  await using service = await postgres();
  const database = await PresenceDatabase.open(service.sql);
  const history = randomHistory(stream(1, "gap"));
  const [first, second, third] = batchesOf(history, () => 20);
  assertEquals(await database.write(second), 0);
  assertEquals((await service.sql`select from presence_history`).length, 0);
  assertEquals(await database.write(first), 20);
  assertEquals(await database.write(first), 20);
  assertEquals(await database.write(third), 20);
  assertEquals(await database.write(second), 40);
  const overlapping = { ...batchesOf(history, () => 60)[0] };
  assertEquals(await database.write(overlapping), 60);
  assertEquals(database.stats, { batches: 4, statements: 60, gaps: 2 });
  assertEquals(await database.positions(), new Map([[0, 60]]));
});

test("PresenceDatabase.write() that fails half-way leaves nothing behind", async () => {
  await using service = await postgres();
  const database = await PresenceDatabase.open(service.sql);
  const [batch] = batchesOf(randomHistory(stream(2, "half")), () => 10);
  await service.sql`alter table presence_history add constraint never check (seq < 0)`;
  const failed = await database.write(batch).then(() => "written", () => "refused");
  assertEquals(failed, "refused");
  assertEquals((await service.sql`select from presence`).length, 0);
  assertEquals(await database.positions(), new Map());
  await service.sql`alter table presence_history drop constraint never`;
  assertEquals(await database.write(batch), 10);
});

test("PresenceDatabase.users() pages through everybody, with all of their devices", async () => {
  await using service = await postgres();
  const database = await PresenceDatabase.open(service.sql);
  const events = Array.from(
    { length: 2500 },
    (_, n) =>
      ["phone", "laptop"].map((deviceId): PresenceEvent => ({
        userId: `user-${n}`,
        deviceId,
        sessionId: 1,
        seq: 0,
        state: "online",
        source: "inferred",
        atMs: 1000,
        traceId: "t",
      })),
  ).flat();
  for (const batch of batchesOf(events, () => 5000)) await database.write(batch);
  const found = new Map<string, number>();
  for await (const user of database.users()) {
    found.set(user.userId, Object.keys(user.devices).length);
  }
  assertEquals(found.size, 2500);
  assertEquals(new Set(found.values()), new Set([2]));
});

test("PresenceDatabase tells a user's history, and forgets it when asked", async () => {
  await using service = await postgres();
  const database = await PresenceDatabase.open(service.sql);
  const said = (seq: number, state: PresenceEvent["state"], atMs: number): PresenceEvent => ({
    userId: "alice",
    deviceId: "phone",
    sessionId: 1,
    seq,
    state,
    source: "inferred",
    atMs,
    traceId: "t",
  });
  const events = [
    said(0, "online", 1000),
    { ...said(1, "offline", 5000) },
    { ...said(2, "online", 6000), expiresMs: 8000 },
  ];
  for (const batch of batchesOf(events, () => 2)) await database.write(batch);
  const past = await database.history("alice", 2000, 9000);
  assertEquals(past.map(({ state, sinceMs }) => [state, sinceMs]), [
    ["offline", 5000],
    ["online", 6000],
    ["offline", 8000],
  ]);
  await database.erase("alice");
  assertEquals(await database.history("alice", 0, 9000), []);
  assertEquals((await database.load(["alice"])).size, 0);
});
