/**
 * The shared view of presence in Redis: every gateway writes through it and reads from it.
 *
 * A write is one Lua script on one hash, so two gateways that speak for two devices of a user never
 * overwrite each other. Users are spread over shards by the hash that Kafka's partitioner uses too;
 * the shard is the keys' hash tag, so a user's hash and the shard's set of expiries lie in the same
 * slot of a Redis Cluster. Overrides and leases that end are found in that set by `sweep`.
 *
 * An epoch key tells a flushed cache from one that never knew a user: when it is gone, so is
 * everything else.
 *
 * Simplified: a flush between two writes of the same millisecond goes unseen until the next look
 * at the epoch.
 *
 * Source: Redis documentation of EVAL, "Redis Cluster specification" on hash tags.
 *
 * @module
 */
import type { Redis } from "ioredis";
import { partitionOf } from "../../structures/murmur2.ts";
import { CODE_OF, type PresenceEvent, type Source, type State, STATE_OF } from "./event.ts";
import type { Diff } from "./reducer.ts";
import { APPLY_SCRIPT } from "./store_script.ts";

/** A user as watchers see it. */
export interface Presence {
  userId: string;
  state: State;
  sinceMs: number;
  version: number;
  /** The last time at which a statement about the user was written. */
  freshMs: number;
}

/** Over how many shards users are spread, and how long a silent one is remembered. */
export interface PresenceStoreOptions {
  shards?: number;
  retentionMs?: number;
}

const EPOCH_KEY = "presence-epoch";
const FIELD: Record<Source, string> = { manual: "m", app: "a", inferred: "i" };

type Script = (...args: (string | number)[]) => Promise<[number, string?, string?, string?]>;

/** Presence in Redis, over an ioredis client that the caller connects and closes. */
export class PresenceStore {
  readonly shards: number;
  #redis: Redis;
  #retentionMs: string;
  #script: Script;

  constructor(redis: Redis, options: PresenceStoreOptions = {}) {
    const { shards = 64, retentionMs = 24 * 3600_000 } = options;
    this.#redis = redis;
    this.shards = shards;
    this.#retentionMs = String(retentionMs);
    redis.defineCommand("applyPresence", { numberOfKeys: 2, lua: APPLY_SCRIPT });
    const scripted = redis as Redis & { applyPresence: Script };
    this.#script = scripted.applyPresence.bind(redis);
  }

  /** The key of a user's hash, without the client's own prefix. */
  userKey(userId: string): string {
    return `presence:{${partitionOf(userId, this.shards)}}:${userId}`;
  }

  /** The key of a shard's sorted set: user ids by the time at which something of theirs ends. */
  expiryKey(shard: number): string {
    return `expiry:{${shard}}`;
  }

  /** Writes a statement; `diff` when the user's state changed, `ignored` when it was not newer. */
  async apply(event: PresenceEvent, nowMs: number): Promise<{ ignored: boolean; diff?: Diff }> {
    const field = `${FIELD[event.source]}:${event.deviceId}`;
    const { state, sessionId, seq, atMs, expiresMs = "" } = event;
    const statement = [field, CODE_OF[state], sessionId, seq, atMs, expiresMs];
    return await this.#run(event.userId, statement, nowMs, event);
  }

  /** Settles users whose override or lease has ended by `nowMs`, at most `limit` a shard. */
  async sweep(nowMs: number, limit = 1000): Promise<Diff[]> {
    const due = await Promise.all(
      Array.from(
        { length: this.shards },
        (_, shard) =>
          this.#redis.zrangebyscore(this.expiryKey(shard), "-inf", nowMs, "LIMIT", 0, limit),
      ),
    );
    const cause = { source: "inferred", atMs: nowMs } as const;
    const settled = await Promise.all(
      due.flat().map((userId) => this.#run(userId, ["", "", "", "", "", ""], nowMs, cause)),
    );
    return settled.flatMap(({ diff }) => diff ?? []);
  }

  /** What is stored of the users; one that is missing was never heard of, or lost. */
  async read(userIds: readonly string[]): Promise<Map<string, Presence>> {
    const stored = await Promise.all(
      userIds.map((userId) => this.#redis.hget(this.userKey(userId), "s")),
    );
    const found = new Map<string, Presence>();
    stored.forEach((text, i) => {
      if (text === null) return;
      const [code, sinceMs, version, freshMs] = text.split("|");
      found.set(userIds[i], {
        userId: userIds[i],
        state: STATE_OF[code],
        sinceMs: Number(sinceMs),
        version: Number(version),
        freshMs: Number(freshMs),
      });
    });
    return found;
  }

  /** The mark of the cache's life; `null` when the cache is empty or was emptied. */
  epoch(): Promise<string | null> {
    return this.#redis.get(EPOCH_KEY);
  }

  /** Begins a life of the cache, unless another gateway was faster; returns the one that holds. */
  async begin(epoch: string): Promise<string> {
    await this.#redis.setnx(EPOCH_KEY, epoch);
    return await this.epoch() ?? epoch;
  }

  async #run(
    userId: string,
    statement: (string | number)[],
    nowMs: number,
    { source, atMs }: Pick<Diff, "source" | "atMs">,
  ): Promise<{ ignored: boolean; diff?: Diff }> {
    const keys = [this.userKey(userId), this.expiryKey(partitionOf(userId, this.shards))];
    const args = [...statement, Math.trunc(nowMs), this.#retentionMs, userId];
    const [accepted, code, sinceMs, version] = await this.#script(...keys, ...args);
    if (code === undefined) return { ignored: !accepted };
    const diff = {
      userId,
      state: STATE_OF[code],
      sinceMs: Number(sinceMs),
      version: Number(version),
      source,
      atMs,
    };
    return { ignored: false, diff };
  }
}
