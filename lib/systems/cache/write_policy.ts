/**
 * Where a write goes first, as three policies with one interface.
 *
 * **Through**: database, then cache, then the answer; nothing can be lost, each write costs a database write.
 * **Around**: database, then the cached copy is dropped; the next read loads. **Back**: cache, then the answer; a
 * flush writes the newest value of each dirty key in one batch, so that overwrites cost the database nothing. What is
 * dirty is also appended to a journal, a Redis stream, in the same transaction; whoever starts after a crash replays
 * it. Without the journal a crash loses what was dirty.
 *
 * Simplified: one writer (a second would need a fence), and the journal is as durable as its Redis: for more, give
 * it replicas and WAIT, or fsync at each write.
 *
 * @example
 * ```ts
 * import { writeBack } from "lib/systems/cache/write_policy.ts";
 * import { redis } from "lib/services/redis.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await using service = await redis();
 * const rows: string[] = [];
 * const database = { put: (batch: Map<string, string>) => void rows.push(...batch.values()) };
 * const policy = writeBack({ redis: service.client, database, journal: "journal" });
 * for (const price of ["10", "11", "12"]) await policy.write("price:1", price);
 * assertEquals(rows, []);
 * await policy.flush();
 * assertEquals(rows, ["12"]);
 * ```
 *
 * @module
 */
import type { Redis } from "ioredis";

/** The store behind the cache; a batch is written all or not at all. */
export interface Database {
  put(batch: Map<string, string>): void | Promise<void>;
}

export interface WritePolicy {
  /** Resolves once the write is acknowledged by this policy's promise. */
  write(key: string, value: string): Promise<void>;
  /** Brings everything acknowledged to the database. */
  flush(): Promise<void>;
}

/** What all policies need. */
export interface WriteOptions {
  redis: Redis;
  database: Database;
}

/** Database first, then the cache. */
export function writeThrough({ redis, database }: WriteOptions): WritePolicy {
  return {
    async write(key, value) {
      await database.put(new Map([[key, value]]));
      await redis.set(key, value);
    },
    flush: () => Promise.resolve(),
  };
}

/** Database first, then the cached copy goes. */
export function writeAround({ redis, database }: WriteOptions): WritePolicy {
  return {
    async write(key, value) {
      await database.put(new Map([[key, value]]));
      await redis.del(key);
    },
    flush: () => Promise.resolve(),
  };
}

/** Cache first, the database later; with `journal` (a stream's key) a crash loses nothing that was acknowledged. */
export function writeBack(
  { redis, database, journal }: WriteOptions & { journal?: string },
): WritePolicy {
  let dirty = new Map<string, string>();
  let lastId = "";
  return {
    async write(key, value) {
      if (journal === undefined) {
        await redis.set(key, value);
      } else {
        const replies = await redis.multi().set(key, value).xadd(journal, "*", key, value).exec();
        const [error, id] = replies![1];
        if (error) throw error;
        lastId = id as string; // replies come in the order of the entries
      }
      dirty.set(key, value);
    },
    async flush() {
      if (dirty.size === 0) return;
      const [batch, upTo] = [dirty, lastId];
      dirty = new Map();
      try {
        await database.put(batch);
      } catch (error) {
        dirty = new Map([...batch, ...dirty]); // newer writes stay on top
        throw error;
      }
      if (journal !== undefined) await trim(redis, journal, upTo);
    },
  };
}

/** Replays a journal after a crash; returns how many writes it held. */
export async function recover(
  { redis, database, journal }: WriteOptions & { journal: string },
): Promise<number> {
  const entries = await redis.xrange(journal, "-", "+");
  if (entries.length === 0) return 0;
  await database.put(new Map(entries.map(([, [key, value]]) => [key, value])));
  await trim(redis, journal, entries.at(-1)![0]);
  return entries.length;
}

/** Drops all entries up to `id`, itself too. */
async function trim(redis: Redis, journal: string, id: string): Promise<void> {
  const [ms, n] = id.split("-").map(Number);
  await redis.xtrim(journal, "MINID", `${ms}-${n + 1}`);
}
