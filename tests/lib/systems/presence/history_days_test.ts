import { assertEquals, assertRejects } from "@std/assert";
import { postgres } from "lib/services/postgres.ts";
import { PresenceDatabase } from "lib/systems/presence/database.ts";
import type { PresenceEvent } from "lib/systems/presence/event.ts";
import { DAY_MS } from "lib/systems/presence/history_days.ts";
import { withinOneRun } from "../../services/with_postgres.ts";

const test = withinOneRun();
const MONDAY = Date.UTC(2026, 10, 23);

/** A statement an hour, from some hours after the beginning of Monday on. */
function said(hours: readonly number[]): PresenceEvent[] {
  return hours.map((hour) => ({
    userId: "alice",
    deviceId: "phone",
    sessionId: 1,
    seq: hour,
    state: hour % 2 === 0 ? "online" : "offline",
    source: "inferred",
    atMs: MONDAY + hour * 3600_000,
    traceId: "t",
  }));
}

test("HistoryDays sorts statements into days, also those that were there before", async () => {
  await using service = await postgres();
  const database = await PresenceDatabase.open(service.sql);
  const events = said([1, 23, 24, 30, 47, 48, 100]).map((event, offset) => ({ offset, event }));
  const batch = { partition: 0, firstOffset: 0, nextOffset: 3, events: events.slice(0, 3) };
  await database.write(batch);
  const rowsIn = async (table: string) =>
    (await service.sql.query(`select count(*) as n from ${table}`))[0].n;
  assertEquals(await rowsIn("presence_history_rest"), 3);

  const { days } = database;
  const keeping = () => days.keep(MONDAY, MONDAY + DAY_MS);
  await Promise.all([keeping(), keeping(), days.keep(MONDAY + 2 * DAY_MS, MONDAY + 2 * DAY_MS)]);
  assertEquals(await days.days(), [0, 1, 2].map((n) => MONDAY + n * DAY_MS));
  assertEquals(await rowsIn("presence_history_rest"), 0);
  await database.write({ partition: 0, firstOffset: 3, nextOffset: 7, events: events.slice(3) });
  const names = ["20261123", "20261124", "20261125", "rest"].map((day) =>
    `presence_history_${day}`
  );
  assertEquals(await Promise.all(names.map(rowsIn)), [2, 3, 1, 1]);
  const past = await database.history("alice", 0, MONDAY + 200 * 3600_000);
  assertEquals(past.map(({ sinceMs }) => (sinceMs - MONDAY) / 3600_000), [24, 47, 48]);

  assertEquals(await database.write({ ...batch, partition: 1 }), 3, "a replay, of another reader");
  assertEquals(database.stats.statements, 7, "adds nothing");
});

test("HistoryDays.drop() ends the days that are over, and no other", async () => {
  await using service = await postgres();
  const database = await PresenceDatabase.open(service.sql);
  const { days } = database;
  await days.keep(MONDAY, MONDAY + DAY_MS);
  const events = said([-5, 1, 24, 30]).map((event, offset) => ({ offset, event }));
  await database.write({ partition: 0, firstOffset: 0, nextOffset: 4, events });
  const left = async () =>
    (await service.sql`select at from presence_history order by at`)
      .map(({ at }) => (at - MONDAY) / 3600_000);
  assertEquals(await days.drop(MONDAY + DAY_MS - 1), 0);
  assertEquals(await left(), [1, 24, 30], "the rest lost what is over");
  assertEquals(await days.drop(MONDAY + DAY_MS), 1);
  assertEquals([await left(), await days.days()], [[24, 30], [MONDAY + DAY_MS]]);
  assertEquals((await database.load(["alice"])).get("alice")?.state, "online", "what holds stays");
  await assertRejects(() => days.keep(MONDAY, MONDAY - 1), RangeError, "must be in order");
});
