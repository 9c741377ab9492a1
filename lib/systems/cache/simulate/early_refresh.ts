/**
 * Expiries of one hot key, with and without loading ahead of them (XFetch).
 *
 * Requests come as a Poisson process. A request that finds the value expired, or that by chance decides to load
 * ahead, starts a load, which takes `loadMs`; the value it brings is fresh for a TTL from then. Nobody coalesces:
 * each request decides for itself, as in the paper.
 *
 * @example
 * ```ts
 * import { refreshes } from "lib/systems/cache/simulate/early_refresh.ts";
 * import { stream } from "lib/sim/random.ts";
 * import { assert } from "@std/assert";
 *
 * const hot = { ratePerSecond: 1000, loadMs: 200, ttlMs: 10_000, expiries: 20 };
 * const never = refreshes({ ...hot, beta: 0 }, stream(1, "requests"));
 * const ahead = refreshes({ ...hot, beta: 1 }, stream(1, "requests"));
 * assert(ahead.filter(({ waiting }) => waiting > 0).length < never.length);
 * ```
 *
 * Source: Vattani, Chierichetti and Lowenstein, "Optimal probabilistic cache stampede prevention", VLDB 2015.
 *
 * @module
 */
import type { Random } from "../../../sim/random.ts";

export interface HotKey {
  ratePerSecond: number;
  loadMs: number;
  ttlMs: number;
  /** 0 never loads ahead. */
  beta: number;
  /** How many refreshes to watch. */
  expiries: number;
  /** Only one load at a time, as with a lease. Default: false. */
  lease?: boolean;
}

/** One refresh: from the first load to the first value that it brought. */
export interface Refresh {
  loads: number;
  /** Requests that found nothing fresh. */
  waiting: number;
  /** Ms from the first load to the expiry; negative when it came after. */
  aheadMs: number;
}

/** Simulates until so many refreshes are done. */
export function refreshes(hot: HotKey, random: Random): Refresh[] {
  const { ratePerSecond, loadMs, ttlMs, beta, lease = false } = hot;
  const done: Refresh[] = [];
  let nowMs = 0, expiresMs = ttlMs, brings = Infinity;
  let current: Refresh = { loads: 0, waiting: 0, aheadMs: 0 };
  while (done.length < hot.expiries) {
    nowMs -= Math.log(1 - random()) * 1000 / ratePerSecond;
    if (nowMs >= brings) {
      done.push(current);
      // loads of one burst end within one load time of each other; the first value counts
      [expiresMs, brings, current] = [brings + ttlMs, Infinity, {
        loads: 0,
        waiting: 0,
        aheadMs: 0,
      }];
    }
    const expired = nowMs >= expiresMs;
    if (expired) current.waiting++;
    const early = beta > 0 && nowMs - loadMs * beta * Math.log(1 - random()) >= expiresMs;
    if ((expired || early) && !(lease && current.loads > 0)) {
      if (current.loads++ === 0) [brings, current.aheadMs] = [nowMs + loadMs, expiresMs - nowMs];
    }
  }
  return done;
}
