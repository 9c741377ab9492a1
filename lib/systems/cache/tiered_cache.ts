/**
 * Two tiers and a guarded source: this process' memory, several Redis nodes, and a database that must not drown.
 *
 * A read looks into memory, then asks the key's Redis node (rendezvous hashing: each node scores the key, the highest
 * wins, so that a lost node moves only its own keys). Concurrent reads of a key in this process share one look.
 * Whatever has to go to the source takes a token first; without one the reader gets an old value if it accepts its
 * age, else `Overloaded` at once. A node that fails is passed over for a while and its keys go to the source, under
 * the same tokens.
 *
 * Simplified: nodes are tried again after a fixed pause, and values in memory are strings counted by entry.
 *
 * @example
 * ```ts
 * import { TieredCache } from "lib/systems/cache/tiered_cache.ts";
 * import { TokenBucket } from "lib/structures/token_bucket.ts";
 * import { redis } from "lib/services/redis.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await using service = await redis();
 * const cache = new TieredCache([service.client], {
 *   ttlMs: 60_000, memoryMs: 5000, entries: 100, random: () => 0.5, nowMs: () => performance.now(),
 *   source: new TokenBucket({ ratePerSecond: 100, burst: 10 }),
 * });
 * const load = () => Promise.resolve({ data: "42", version: 1 });
 * assertEquals((await cache.get("answer", load)).tier, "source");
 * assertEquals((await cache.get("answer", load)).tier, "memory");
 * ```
 *
 * @module
 */
import type { Redis } from "ioredis";
import { LruCache } from "../../structures/lru_cache.ts";
import { SingleFlight } from "../../structures/single_flight.ts";
import type { TokenBucket } from "../../structures/token_bucket.ts";
import { type Answer, LeasedCache, type LeasedCacheOptions, type Load } from "./leased_cache.ts";
import { ownerOf } from "./owner.ts";

export interface TieredOptions extends LeasedCacheOptions {
  /** For how long this process' copy is served. */
  memoryMs: number;
  /** Entries in memory. */
  entries: number;
  /** Loads that the source can take. */
  source: TokenBucket;
  nowMs: () => number;
  /** A node that failed is left alone for so long. */
  retryMs?: number;
}

export interface TieredAnswer {
  data: string;
  version: number;
  tier: "memory" | "redis" | "source";
  /** Ms since it stopped being fresh; 0 while it is. */
  staleMs: number;
}

/** The source can take no more; try again later. */
export class Overloaded extends Error {
  override name = "Overloaded";
  constructor(readonly retryAfterMs: number) {
    super(`Cannot load: the source must have a token left: next in ${retryAfterMs.toFixed(0)} ms`);
  }
}

interface Kept {
  data: string;
  version: number;
  freshUntilMs: number;
}

/** See the module. */
export class TieredCache {
  readonly stats = { memory: 0, redis: 0, source: 0, stale: 0, refused: 0, nodeErrors: 0 };
  #options: Required<Pick<TieredOptions, "retryMs">> & TieredOptions;
  #memory: LruCache<string, Kept>;
  #flight = new SingleFlight<TieredAnswer>();
  #nodes: { name: string; cache: LeasedCache; badUntilMs: number }[];

  constructor(redis: readonly Redis[], options: TieredOptions) {
    this.#options = { retryMs: 500, ...options };
    this.#memory = new LruCache(options.entries);
    this.#nodes = redis.map((client, n) => ({
      name: `node${n}`,
      cache: new LeasedCache(client, options),
      badUntilMs: -Infinity,
    }));
  }

  /**
   * The value of `key`.
   *
   * @throws {Overloaded} when only the source has it and may not be asked; or what `load` throws
   */
  async get(key: string, load: Load, { maxStaleMs = 0 } = {}): Promise<TieredAnswer> {
    const nowMs = this.#options.nowMs();
    const kept = this.#memory.get(key);
    if (kept && nowMs < kept.freshUntilMs) {
      this.stats.memory++;
      return answer(kept, "memory", 0);
    }
    try {
      return await this.#flight.run(key, () => this.#look(key, load));
    } catch (error) {
      const staleMs = kept ? nowMs - kept.freshUntilMs : Infinity;
      if (!(error instanceof Overloaded) || staleMs > maxStaleMs) throw error;
      this.stats.stale++;
      return answer(kept!, "memory", staleMs);
    }
  }

  /** Forgets `key`, here and on its node, whose source has reached `version`. */
  async invalidate(key: string, version: number): Promise<void> {
    this.forget(key);
    await this.#nodes[this.ownerOf(key)].cache.invalidate(key, version);
  }

  /** Forgets this process' copy, for example because gossip said so. */
  forget(key: string): void {
    this.#memory.delete(key);
    this.#flight.forget(key);
  }

  /** The index of the key's node. */
  ownerOf(key: string): number {
    return ownerOf(key, this.#nodes.map(({ name }) => name));
  }

  async #look(key: string, load: Load): Promise<TieredAnswer> {
    const node = this.#nodes[this.ownerOf(key)];
    const capped: Load = (key, signal) => this.#load(key, signal, load);
    if (this.#options.nowMs() >= node.badUntilMs) {
      try {
        return this.#keep(key, await node.cache.get(key, capped));
      } catch (error) {
        if (!isNodeError(error)) throw error;
        this.stats.nodeErrors++;
        node.badUntilMs = this.#options.nowMs() + this.#options.retryMs;
      }
    }
    const signal = AbortSignal.timeout(this.#options.leaseMs ?? 2000);
    return this.#keep(key, { ...await capped(key, signal), from: "load", staleMs: 0 });
  }

  async #load(...[key, signal, load]: [...Parameters<Load>, Load]): ReturnType<Load> {
    const { source, nowMs } = this.#options;
    if (!source.take(nowMs())) {
      this.stats.refused++;
      throw new Overloaded(source.waitMs(nowMs()));
    }
    this.stats.source++;
    return await load(key, signal);
  }

  #keep(key: string, { data, version, from, staleMs }: Answer): TieredAnswer {
    const { memoryMs, nowMs } = this.#options;
    if (from === "hit") this.stats.redis++;
    this.#memory.set(key, { data, version, freshUntilMs: nowMs() + memoryMs });
    return { data, version, tier: from === "load" ? "source" : "redis", staleMs };
  }
}

function answer(
  { data, version }: Kept,
  tier: TieredAnswer["tier"],
  staleMs: number,
): TieredAnswer {
  return { data, version, tier, staleMs };
}

/** What the client of a lost node throws, as opposed to what a loader does. */
function isNodeError(error: unknown): boolean {
  return error instanceof Error &&
    /Connection is closed|Command timed out|max retries|ECONN|Stream isn't writeable/i
      .test(error.message);
}
