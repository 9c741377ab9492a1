/**
 * The durable copy of presence in PostgreSQL: what holds now, and all that was ever said.
 *
 * `presence` has one row for each source of each device: the newest statement by (session, sequence
 * number). `presence_history` keeps every statement once. `presence_position` says how far the copy
 * has read each partition of the log. A batch changes all three in one transaction, so a replay, a
 * duplicate or another order changes nothing; and when a failover loses the end of the copy, the
 * position goes back with it, and the reader is told to read again from there.
 *
 * History has a partition a day (`history_days.ts`), which retention drops.
 *
 * Simplified: the log must still hold what the copy has lost; erasing a user leaves the log to its
 * own retention.
 *
 * @example
 * ```ts
 * import { PresenceDatabase } from "lib/systems/presence/database.ts";
 * import { postgres } from "lib/services/postgres.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await using service = await postgres();
 * const database = await PresenceDatabase.open(service.sql);
 * const event = {
 *   userId: "alice", deviceId: "phone", sessionId: 1, seq: 1, state: "online",
 *   source: "inferred", atMs: 1000, traceId: "t1",
 * } as const;
 * const batch = { partition: 0, firstOffset: 0, nextOffset: 1, events: [{ offset: 0, event }] };
 * assertEquals(await database.write(batch), 1);
 * assertEquals(await database.write(batch), 1); // again: nothing changes
 * assertEquals((await database.load(["alice"])).get("alice")?.state, "online");
 * ```
 *
 * @module
 */
import type { Sql } from "../../services/postgres_client.ts";
import { type PresenceEvent, type Source, SOURCES } from "./event.ts";
import { type Transition, transitions } from "./history.ts";
import { HISTORY_SCHEMA, HistoryDays } from "./history_days.ts";
import type { Batch } from "./ingestion.ts";
import { newUser, reduce, type User } from "./reducer.ts";

const SCHEMA = `
  create table if not exists presence (
    user_id text, device_id text, precedence smallint, state text not null,
    last_seen bigint not null, session_id bigint not null, seq bigint not null, expires bigint,
    kafka_partition int not null, kafka_offset bigint not null,
    primary key (user_id, device_id, precedence));
  create table if not exists presence_position (partition int primary key, next bigint not null);
  ${HISTORY_SCHEMA}`;

/** Sources from the weakest to the one that outranks all. */
const BY_PRECEDENCE: readonly Source[] = SOURCES.toReversed();
const PAGE = 1000;

interface Row {
  user_id: string;
  device_id: string;
  precedence: number;
  state: PresenceEvent["state"];
  at: number;
  session_id: number;
  seq: number;
  expires: number | null;
  trace_id: string;
}

/** The copy, on whatever server is the primary when it is asked. */
export class PresenceDatabase {
  /** Transactions, rows of history that were new, and batches that began behind a gap. */
  readonly stats = { batches: 0, statements: 0, gaps: 0 };
  /** The tables of history. */
  readonly days: HistoryDays;
  #sql: () => Sql;

  private constructor(sql: () => Sql) {
    this.#sql = sql;
    this.days = new HistoryDays(sql);
  }

  /** Creates the tables where there are none. A function names the server that is primary now. */
  static async open(sql: Sql | (() => Sql)): Promise<PresenceDatabase> {
    const primary = "pool" in sql ? () => sql : sql;
    await primary().query(SCHEMA);
    return new PresenceDatabase(primary);
  }

  /** Takes a batch of the log; the offset to go on from, lower than the batch when one is missing. */
  async write({ partition, firstOffset, nextOffset, events }: Batch): Promise<number> {
    return await this.#sql().begin(async (sql) => {
      await sql`insert into presence_position values (${partition}, 0) on conflict do nothing`;
      const [{ next }] = await sql`
        select next from presence_position where partition = ${partition} for update`;
      if (firstOffset > next) {
        this.stats.gaps++;
        return next as number;
      }
      const fresh = events.filter(({ offset }) => offset >= next);
      const column = (of: (event: PresenceEvent) => unknown) => fresh.map(({ event }) => of(event));
      const said = await sql`
        with said as (
          select * from unnest(${column((e) => e.userId)}::text[], ${
        column((e) => e.deviceId)
      }::text[],
            ${column((e) => BY_PRECEDENCE.indexOf(e.source))}::smallint[],
            ${column((e) => e.sessionId)}::bigint[], ${column((e) => e.seq)}::bigint[],
            ${column((e) => e.state)}::text[], ${column((e) => e.atMs)}::bigint[],
            ${column((e) => e.expiresMs ?? null)}::bigint[], ${column((e) => e.traceId)}::text[],
            ${fresh.map(({ offset }) => offset)}::bigint[])
            as s(user_id, device_id, precedence, session_id, seq, state, at, expires, trace_id, o)
        ), newest as (
          insert into presence
            select distinct on (user_id, device_id, precedence) user_id, device_id, precedence,
              state, at, session_id, seq, expires, ${partition}::int, o
            from said order by user_id, device_id, precedence, session_id desc, seq desc, o
          on conflict (user_id, device_id, precedence) do update set state = excluded.state,
            last_seen = excluded.last_seen, session_id = excluded.session_id, seq = excluded.seq,
            expires = excluded.expires, kafka_partition = excluded.kafka_partition,
            kafka_offset = excluded.kafka_offset
          where (excluded.session_id, excluded.seq) > (presence.session_id, presence.seq)
        )
        insert into presence_history
          select user_id, device_id, precedence, session_id, seq, state, at, expires, trace_id
          from said order by o on conflict do nothing returning 1`;
      const reached = Math.max(next, nextOffset);
      await sql`update presence_position set next = ${reached} where partition = ${partition}`;
      this.stats.batches++;
      this.stats.statements += said.length;
      return reached;
    });
  }

  /** Those of the users that are known, as of the last thing said about each. */
  async load(userIds: readonly string[]): Promise<Map<string, User>> {
    const rows = await this.#sql()<Row>`
      select *, last_seen as at, '' as trace_id from presence
      where user_id = any(${[...userIds]}::text[]) order by last_seen`;
    return usersOf(rows);
  }

  /** Everyone, a page at a time. */
  async *users(): AsyncGenerator<User> {
    for (let after = "", more = true; more;) {
      const rows = await this.#sql()<Row>`
        select *, last_seen as at, '' as trace_id from presence where user_id in (
          select distinct user_id from presence where user_id > ${after}
          order by user_id limit ${PAGE})
        order by user_id, last_seen`;
      yield* usersOf(rows).values();
      more = rows.length > 0;
      after = rows.at(-1)?.user_id ?? after;
    }
  }

  /** How far the partitions of the log are in the copy. */
  async positions(): Promise<Map<number, number>> {
    const rows = await this.#sql()`select partition, next from presence_position`;
    return new Map(rows.map(({ partition, next }) => [partition, next]));
  }

  /** The changes of a user's state in a time, rebuilt from all that was said until its end. */
  async history(userId: string, fromMs: number, untilMs: number): Promise<Transition[]> {
    const rows = await this.#sql()<Row>`
      select * from presence_history where user_id = ${userId} and at <= ${untilMs} order by at`;
    return transitions(rows.map(eventOf), untilMs).filter(({ sinceMs }) => sinceMs >= fromMs);
  }

  /** Removes a user, also from history. */
  async erase(userId: string): Promise<void> {
    await this.#sql().begin(async (sql) => {
      await sql`delete from presence where user_id = ${userId}`;
      await sql`delete from presence_history where user_id = ${userId}`;
    });
  }
}

function eventOf(row: Row): PresenceEvent {
  const { state, seq, at: atMs, trace_id: traceId, expires } = row;
  const source = BY_PRECEDENCE[row.precedence];
  const who = { userId: row.user_id, deviceId: row.device_id, sessionId: row.session_id };
  const event = { ...who, seq, state, source, atMs, traceId };
  return expires === null ? event : { ...event, expiresMs: expires };
}

function usersOf(rows: readonly Row[]): Map<string, User> {
  const users = new Map<string, User>();
  for (const event of rows.map(eventOf)) {
    const before = users.get(event.userId) ?? newUser(event.userId);
    users.set(event.userId, reduce(before, event).user);
  }
  return users;
}
