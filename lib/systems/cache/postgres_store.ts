/**
 * The database behind the cache's experiments: a table of items in PostgreSQL.
 *
 * @example
 * ```ts
 * import { PostgresStore } from "lib/systems/cache/postgres_store.ts";
 * import { postgres } from "lib/services/postgres.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await using service = await postgres();
 * const store = await PostgresStore.open(service.sql);
 * await store.put(new Map([["a", "1"], ["b", "2"]]));
 * assertEquals(await store.read(["b", "c"]), new Map([["b", "2"]]));
 * ```
 *
 * @module
 */
import type { Sql } from "../../services/postgres_client.ts";
import type { Database } from "./write_policy.ts";

/** Items by key; each `put` is one statement, and so one durable transaction. */
export class PostgresStore implements Database {
  /** Rows written, and transactions, by this object. */
  readonly stats = { rows: 0, transactions: 0 };
  #sql: Sql;

  private constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** Creates the table where there is none. */
  static async open(sql: Sql): Promise<PostgresStore> {
    await sql`create table if not exists item (key text primary key, value text not null)`;
    return new PostgresStore(sql);
  }

  async put(batch: Map<string, string>): Promise<void> {
    const [keys, values] = [[...batch.keys()], [...batch.values()]];
    await this.#sql`
      insert into item select * from unnest(${keys}::text[], ${values}::text[])
      on conflict (key) do update set value = excluded.value`;
    this.stats.rows += batch.size;
    this.stats.transactions++;
  }

  /** The values of those keys that are there. */
  async read(keys: readonly string[]): Promise<Map<string, string>> {
    const rows = await this.#sql`select key, value from item where key = any(${[...keys]}::text[])`;
    return new Map(rows.map(({ key, value }) => [key, value]));
  }
}
