/**
 * A source of truth with a database behind it: what this gateway has heard, and for the rest the copy.
 *
 * Devices that are connected here are known better here than in a copy that the log feeds, so memory
 * answers first and the database fills in. While the database does not answer, its users count as
 * unknown; that is counted, and never an error of the reader.
 *
 * @module
 */
import type { PresenceEvent } from "./event.ts";
import type { PresenceDatabase } from "./database.ts";
import type { User } from "./reducer.ts";
import { MemoryTruth, type SourceOfTruth } from "./truth.ts";

/** Memory over {@link PresenceDatabase}, which the log writes and this only reads. */
export class DurableTruth implements SourceOfTruth {
  readonly durable = true;
  /** Users asked of the database, and questions that it did not answer. */
  readonly stats = { loaded: 0, failures: 0 };
  #memory = new MemoryTruth();
  #database: Pick<PresenceDatabase, "load">;

  constructor(database: Pick<PresenceDatabase, "load">) {
    this.#database = database;
  }

  record(event: PresenceEvent, nowMs: number) {
    return this.#memory.record(event, nowMs);
  }

  async load(userIds: readonly string[]): Promise<Map<string, User>> {
    const known = this.#memory.load(userIds);
    const others = userIds.filter((userId) => !known.has(userId));
    if (others.length === 0) return known;
    try {
      const found = await this.#database.load(others);
      this.stats.loaded += others.length;
      return new Map([...found, ...known]);
    } catch {
      this.stats.failures++;
      return known;
    }
  }

  sweep(nowMs: number) {
    return this.#memory.sweep(nowMs);
  }

  users() {
    return this.#memory.users();
  }
}
