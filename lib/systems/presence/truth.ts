/**
 * Where presence is read from when the cache is cold, and rebuilt from when it was lost.
 *
 * `MemoryTruth` is what a gateway knows anyway: the statements of the devices connected to it and
 * the overrides handed in there. That is enough to rebuild the cache as long as every gateway
 * lives, because each announces its own devices again. What it cannot do is remember a user whose
 * gateway died together with the cache; a database can (`durable_truth.ts`).
 *
 * @example
 * ```ts
 * import { MemoryTruth } from "lib/systems/presence/truth.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const truth = new MemoryTruth();
 * const says = {
 *   userId: "alice", deviceId: "phone", sessionId: 1, seq: 1, state: "online",
 *   source: "inferred", atMs: 1000, traceId: "t1",
 * } as const;
 * truth.record(says, 1000);
 * assertEquals(truth.load(["alice", "bob"]).get("alice")?.state, "online");
 * ```
 *
 * @module
 */
import type { PresenceEvent } from "./event.ts";
import { type Diff, newUser, reduce, refresh, type User } from "./reducer.ts";

/** Remembers statements, for as long as the implementation can. */
export interface SourceOfTruth {
  /** Whether it knows more than this process has heard, so that a miss of the cache is worth a look. */
  readonly durable?: boolean;
  /** Records a statement; the diff when it changed what is known here of the user. */
  record(event: PresenceEvent, nowMs: number): Diff | undefined | Promise<Diff | undefined>;
  /** Those of the users that are known. */
  load(userIds: readonly string[]): Map<string, User> | Promise<Map<string, User>>;
  /** Lets overrides and leases end; the changes that this makes. */
  sweep(nowMs: number): Diff[] | Promise<Diff[]>;
  /** Everyone known; of a database, those whom this process has heard. */
  users(): Iterable<User> | AsyncIterable<User>;
}

/** What one process has heard. Forgets a user who is offline: absence says the same. */
export class MemoryTruth implements SourceOfTruth {
  #users = new Map<string, User>();

  get size(): number {
    return this.#users.size;
  }

  record(event: PresenceEvent, nowMs: number): Diff | undefined {
    const { user, diff } = reduce(
      this.#users.get(event.userId) ?? newUser(event.userId),
      event,
      nowMs,
    );
    this.#keep(user);
    return diff;
  }

  load(userIds: readonly string[]): Map<string, User> {
    const found = new Map<string, User>();
    for (const userId of userIds) {
      const user = this.#users.get(userId);
      if (user) found.set(userId, user);
    }
    return found;
  }

  users(): Iterable<User> {
    return this.#users.values();
  }

  sweep(nowMs: number): Diff[] {
    return [...this.#users.values()].flatMap((before) => {
      const { user, diff } = refresh(before, nowMs);
      this.#keep(user);
      return diff ?? [];
    });
  }

  #keep(user: User): void {
    if (user.state === "offline") this.#users.delete(user.userId);
    else this.#users.set(user.userId, user);
  }
}
