/**
 * A read-through cache on Redis that loads a key once, whoever asks and from how many processes.
 *
 * A miss takes a **lease**: a token, held for a window, that allows its holder to load and to store. Everybody else
 * meanwhile gets the old value if it is young enough, or waits a little and asks again. An invalidation takes the
 * token away, so that a slow loader cannot store what it read before the write; a floor on versions guards the same
 * door when the next loader reads from a replica that is behind. A holder that dies blocks nobody for longer than its
 * window. With `beta` above 0 a hit close to its expiry may load ahead (XFetch): the closer, and the longer loads
 * take, the likelier.
 *
 * Simplified: waiting is polling, at `pollMs`; values are strings; one Redis (`TieredCache` spreads over several).
 *
 * @example
 * ```ts
 * import { LeasedCache } from "lib/systems/cache/leased_cache.ts";
 * import { redis } from "lib/services/redis.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await using service = await redis();
 * const cache = new LeasedCache(service.client, { ttlMs: 60_000, random: () => 0.5 });
 * let loads = 0;
 * const load = () => Promise.resolve({ data: "Alice", version: ++loads });
 * const answers = await Promise.all([cache.get("user:1", load), cache.get("user:1", load)]);
 * assertEquals(answers.map(({ data }) => data), ["Alice", "Alice"]);
 * assertEquals(loads, 1);
 * ```
 *
 * Source: Nishtala et al., "Scaling Memcache at Facebook", NSDI 2013, 3.2.1; Vattani, Chierichetti and Lowenstein,
 * "Optimal probabilistic cache stampede prevention", VLDB 2015.
 *
 * @module
 */
import type { Redis } from "ioredis";
import type { Random } from "../../sim/random.ts";
import { FILL, INVALIDATE, READ, RELEASE } from "./lease_script.ts";

/** What a source holds under a key: data with a version that grows with each write. */
export interface Versioned {
  data: string;
  version: number;
}

/** Reads the source; it should end when the signal says so. */
export type Load = (key: string, signal: AbortSignal) => Promise<Versioned>;

export interface Answer extends Versioned {
  /** `hit`: fresh, from the cache; `stale`: expired, served while somebody loads; `load`: from the source. */
  from: "hit" | "stale" | "load";
  /** Ms since it expired; 0 for a fresh one. */
  staleMs: number;
}

export interface LeasedCacheOptions {
  ttlMs: number;
  random: Random;
  /** Spread of the TTL, as a share to both sides. */
  jitter?: number;
  /** A lease ends after so long, and so does its load. */
  leaseMs?: number;
  /** An expired value is served for so long while it is loaded. */
  maxStaleMs?: number;
  /** How eagerly to load ahead; 0 never, 1 as the paper has it. */
  beta?: number;
  /** Between two looks for what somebody else loads. */
  pollMs?: number;
  /** Larger data are not stored. */
  maxBytes?: number;
}

export interface CacheStats {
  hits: number;
  stale: number;
  loads: number;
  ahead: number;
  waits: number;
  failures: number;
  /** Loads whose result came after an invalidation, or after the lease. */
  refused: number;
}

const sleep = (ms: number) => new Promise((done) => setTimeout(done, ms));

/** Caches what a source holds; see the module. */
export class LeasedCache {
  readonly stats: CacheStats = {
    hits: 0,
    stale: 0,
    loads: 0,
    ahead: 0,
    waits: 0,
    failures: 0,
    refused: 0,
  };
  #redis: Redis;
  #options: Required<LeasedCacheOptions>;
  #ahead = new Set<Promise<unknown>>();

  /** @throws {RangeError} when the TTL or the lease is not above 0, or the jitter not a share */
  constructor(redis: Redis, options: LeasedCacheOptions) {
    const defaults = {
      jitter: 0,
      leaseMs: 2000,
      maxStaleMs: 0,
      beta: 0,
      pollMs: 20,
      maxBytes: 1e6,
    };
    this.#redis = redis;
    this.#options = { ...defaults, ...options };
    const { ttlMs, leaseMs, jitter } = this.#options;
    for (const [name, ms] of Object.entries({ ttlMs, leaseMs })) {
      if (!(ms > 0)) {
        throw new RangeError(`Cannot create cache: ${name} must be above 0: received ${ms}`);
      }
    }
    if (!(jitter >= 0 && jitter < 1)) {
      throw new RangeError(
        `Cannot create cache: jitter must be from 0 to below 1: received ${jitter}`,
      );
    }
  }

  /**
   * The value of `key`, from the cache or by `load`.
   *
   * @throws what `load` throws; a TimeoutError when it outlives the lease; nothing is cached then
   */
  async get(key: string, load: Load): Promise<Answer> {
    const { leaseMs, beta, random, maxStaleMs, pollMs } = this.#options;
    const headStart = beta === 0 ? 0 : -beta * Math.log(1 - random());
    const token = crypto.randomUUID();
    for (let waited = false;; waited = true) {
      const [what, data, version, leftMs] = await this.#redis.eval(
        READ,
        1,
        key,
        token,
        leaseMs,
        headStart,
      ) as [string, string, string, number];
      const known = { data, version: Number(version) };
      const staleMs = Math.max(0, -leftMs);
      if (what === "hit" || what === "refresh") {
        this.stats.hits++;
        if (what === "refresh") this.#loadAhead(key, token, load);
        return { ...known, from: "hit", staleMs: 0 };
      }
      const usable = known.version > 0 && staleMs <= maxStaleMs;
      if (what === "lease" && !usable) return await this.#load(key, token, load);
      if (usable) {
        this.stats.stale++;
        if (what === "lease") this.#loadAhead(key, token, load);
        return { ...known, from: "stale", staleMs };
      }
      if (!waited) this.stats.waits++;
      await sleep(pollMs);
    }
  }

  /** Forgets `key`, whose source has reached `version`: nothing older will be stored again. */
  async invalidate(key: string, version: number): Promise<void> {
    const { ttlMs, maxStaleMs, leaseMs } = this.#options;
    await this.#redis.eval(INVALIDATE, 1, key, version, ttlMs + maxStaleMs + leaseMs);
  }

  /** Resolves when no load ahead is under way. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#ahead);
  }

  #loadAhead(key: string, token: string, load: Load): void {
    this.stats.ahead++;
    const ahead = this.#load(key, token, load).catch(() => {}) // the reader has its answer
      .finally(() => this.#ahead.delete(ahead));
    this.#ahead.add(ahead);
  }

  async #load(key: string, token: string, load: Load): Promise<Answer> {
    const { ttlMs, jitter, random, leaseMs, maxStaleMs, maxBytes } = this.#options;
    this.stats.loads++;
    const startMs = performance.now();
    let loaded: Versioned;
    try {
      loaded = await within(leaseMs, (signal) => load(key, signal));
    } catch (error) {
      this.stats.failures++;
      await this.#release(key, token);
      throw error;
    }
    if (loaded.data.length > maxBytes) {
      this.stats.refused++;
      await this.#release(key, token);
    } else {
      const lives = Math.round(ttlMs * (1 + jitter * (2 * random() - 1)));
      const cost = Math.round(performance.now() - startMs);
      const { data, version } = loaded;
      const args = [token, data, version, lives, lives + maxStaleMs, cost];
      const stored = await this.#redis.eval(FILL, 1, key, ...args).catch(() => 0);
      if (stored === 0) this.stats.refused++;
    }
    return { ...loaded, from: "load", staleMs: 0 };
  }

  /** A lease that cannot be given back ends by itself. */
  async #release(key: string, token: string): Promise<void> {
    await this.#redis.eval(RELEASE, 1, key, token).catch(() => {});
  }
}

/** Ends in time even when the work does not listen to its signal. */
async function within<T>(ms: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const error = new DOMException(
      `Cannot load: the source must answer within ${ms} ms`,
      "TimeoutError",
    );
    controller.abort(error);
    late.reject(error);
  }, ms);
  try {
    return await Promise.race([work(controller.signal), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
