/**
 * A database for the cache's experiments: versioned rows in a SQLite file, synchronous to the disk.
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite";
import type { Database } from "./write_policy.ts";

/** Rows by key; each `put` is one durable transaction. */
export class SqliteStore implements Database, Disposable {
  /** Rows written, and transactions, by this object. */
  readonly stats = { rows: 0, transactions: 0 };
  #database: DatabaseSync;

  /** Opens or creates the file. */
  constructor(path: string) {
    this.#database = new DatabaseSync(path);
    this.#database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
    this.#database.exec(
      "CREATE TABLE IF NOT EXISTS item (key TEXT PRIMARY KEY, value TEXT NOT NULL)",
    );
  }

  put(batch: Map<string, string>): void {
    const upsert = this.#database.prepare(
      "INSERT INTO item VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
    );
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      for (const [key, value] of batch) upsert.run(key, value);
      this.#database.exec("COMMIT");
    } catch (error) {
      this.#database.exec("ROLLBACK");
      throw error;
    }
    this.stats.rows += batch.size;
    this.stats.transactions++;
  }

  get(key: string): string | undefined {
    const row = this.#database.prepare("SELECT value FROM item WHERE key = ?").get(key);
    return row?.value as string | undefined;
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }
}
