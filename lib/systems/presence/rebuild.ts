/**
 * Fills a lost cache from the durable copy, everybody in one pass, while gateways go on writing.
 *
 * Reading through repairs who is asked for, one question at a time; this repairs all before they are
 * asked for. Users come from the copy a page at a time, and while one part of them is written the
 * next is read. The store keeps what is newer, so whatever a device says meanwhile stands, a second
 * rebuild changes nothing, and one that broke off is simply begun again.
 *
 * Simplified: one reader and one connection to Redis; a product runs one for each range of users.
 *
 * @module
 */
import type { PresenceDatabase } from "./database.ts";
import type { PresenceEvent } from "./event.ts";
import { statementsOf } from "./reducer.ts";
import type { PresenceStore } from "./store.ts";

/** Statements that are under way to the cache together. */
const BATCH = 1000;

/** Writes everyone in the copy into the cache; how many users and statements there were. */
export async function rebuildCache(
  database: Pick<PresenceDatabase, "users">,
  store: Pick<PresenceStore, "apply">,
  nowMs: () => number,
): Promise<{ users: number; statements: number }> {
  const done = { users: 0, statements: 0 };
  const batch: PresenceEvent[] = [];
  let writing: Promise<unknown> = Promise.resolve();
  const write = async () => {
    await writing;
    const events = batch.splice(0);
    done.statements += events.length;
    writing = Promise.all(events.map((event) => store.apply(event, nowMs())));
    writing.catch(() => {}); // it is awaited with the next part
  };
  for await (const user of database.users()) {
    done.users++;
    batch.push(...statementsOf(user, "rebuild"));
    if (batch.length >= BATCH) await write();
  }
  await write();
  await writing;
  return done;
}
