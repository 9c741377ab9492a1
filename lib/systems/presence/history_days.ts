/**
 * History in PostgreSQL, a partition a day: retention drops a table where it would delete rows.
 *
 * A statement belongs to the day of its own time (UTC), so a replay finds it where it was. What is of
 * no day that is kept, such as the statements of a device whose clock is wrong, lies in the rest,
 * which always takes them: writing never has to make a table. `keep`, run once a day for tomorrow,
 * makes partitions and moves into them what the rest has of that day; `drop` ends days.
 *
 * Simplified: a day is dropped with a short lock of all history, which `DETACH PARTITION
 * CONCURRENTLY` avoids; a user who said nothing since is then known by the copy alone, and shows no
 * transition.
 *
 * @module
 */
import type { Sql } from "../../services/postgres_client.ts";

export const DAY_MS = 24 * 3600_000;

/** Creates the table, its rest and its index, where there are none. */
export const HISTORY_SCHEMA = `
  create table if not exists presence_history (
    user_id text, device_id text, precedence smallint, session_id bigint, seq bigint,
    state text not null, at bigint not null, expires bigint, trace_id text not null,
    primary key (user_id, device_id, precedence, session_id, seq, at)) partition by range (at);
  create table if not exists presence_history_rest partition of presence_history default;
  create index if not exists presence_history_time on presence_history (user_id, at)`;

/** The days of history that have a table, of a database with the schema above. */
export class HistoryDays {
  #sql: () => Sql;

  constructor(sql: () => Sql) {
    this.#sql = sql;
  }

  /** The first moments of the days that have a table, oldest first. */
  async days(): Promise<number[]> {
    const rows = await this.#sql()`
      select inhrelid::regclass::text as name from pg_inherits
      where inhparent = 'presence_history'::regclass order by name`;
    return rows.flatMap(({ name }) => {
      const [, year, month, day] = /_(\d{4})(\d\d)(\d\d)$/.exec(name as string) ?? [];
      return year === undefined ? [] : [Date.UTC(+year, +month - 1, +day)];
    });
  }

  /** Makes tables for every day that these times touch, at most 400 of them. */
  async keep(fromMs: number, untilMs: number): Promise<void> {
    if (!(fromMs <= untilMs && untilMs - fromMs < 400 * DAY_MS)) {
      throw new RangeError(
        `Cannot keep history: times must be in order and at most 400 days apart: received ${fromMs} and ${untilMs}`,
      );
    }
    for (let day = Math.floor(fromMs / DAY_MS) * DAY_MS; day <= untilMs; day += DAY_MS) {
      await this.#create(day);
    }
  }

  /** Ends the days that are over by a time, and what the rest has of them; how many tables went. */
  async drop(beforeMs: number): Promise<number> {
    const over = (await this.days()).filter((day) => day + DAY_MS <= beforeMs);
    for (const day of over) await this.#sql().query(`drop table if exists ${nameOf(day)}`);
    await this.#sql()`delete from presence_history_rest where at < ${Math.trunc(beforeMs)}`;
    return over.length;
  }

  async #create(day: number): Promise<void> {
    const [name, end] = [nameOf(day), day + DAY_MS];
    await this.#sql().begin(async (sql) => {
      // Nobody writes into the rest meanwhile, and of two who keep a day the second finds it there.
      await sql.query("lock table presence_history_rest in access exclusive mode");
      const [{ there }] = await sql`select to_regclass(${name}) is not null as there`;
      if (there) return;
      await sql.query(`create table ${name} (like presence_history including all)`);
      await sql.query(`
        with moved as (delete from presence_history_rest where at >= ${day} and at < ${end} returning *)
        insert into ${name} select * from moved`);
      await sql.query(
        `alter table presence_history attach partition ${name} for values from (${day}) to (${end})`,
      );
    });
  }
}

function nameOf(day: number): string {
  return `presence_history_${new Date(day).toISOString().slice(0, 10).replaceAll("-", "")}`;
}
