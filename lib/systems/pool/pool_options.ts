/**
 * What a pool is given and what it tells.
 *
 * @module
 */
import type { BackoffOptions } from "../../structures/backoff.ts";
import type { Histogram } from "../../structures/histogram.ts";
import type { PoolClock } from "./pool_clock.ts";
import type { PoolErrorReason } from "./pool_error.ts";

/** What may change while a pool works. */
export interface PoolLimits {
  /** Resources at most. */
  max: number;
  /** How many may wait; one more is refused. */
  maxQueue: number;
  /** How long a caller waits. */
  timeoutMs: number;
}

/** Unless said otherwise, 1000 may wait, 1000 ms each. */
export interface PoolOptions<C> extends Partial<Omit<PoolLimits, "max">> {
  max: number;
  create: () => Promise<C>;
  destroy?: (resource: C) => unknown;
  /** Whether an idle resource may still be lent. */
  validate?: (resource: C) => boolean;
  /** A lease this old is reported as leaked. Default: 30,000. */
  leakMs?: number;
  onLeak?: (leak: Leak) => void;
  /** When to remember where a lease was acquired. Default: after the first leak. */
  stacks?: "always" | "after the first leak" | "never";
  /** Waits between failed creations. Default: none, and each failure fails a waiter. */
  backoff?: BackoffOptions & { random: () => number };
  clock?: PoolClock;
}

export interface AcquireOptions {
  signal?: AbortSignal;
  /** Lower is served first. Default: 0. */
  priority?: number;
  /** Names the caller in a report of a leak. */
  tag?: string;
  /** In place of the pool's. */
  timeoutMs?: number;
}

/** A lease that was not given back in time. */
export interface Leak {
  tag: string;
  ageMs: number;
  /** Where it was acquired, when stacks are taken. */
  stack?: string;
}

export interface PoolStats extends PoolLimits {
  inUse: number;
  idle: number;
  creating: number;
  waiting: number;
  /** Times from acquire to lease, ms; those that waited for nothing count as 0. */
  waitHistogram: Histogram;
  oldestLeaseMs: number;
  leaked: number;
  refused: Record<PoolErrorReason, number>;
}

/** @throws {RangeError} for limits that no pool can keep; those of a wait are the timing wheel's to check */
export function checkLimits({ max, maxQueue }: PoolLimits): void {
  if (!(Number.isInteger(max) && max >= 1)) {
    throw new RangeError(`Cannot size pool: max must be an integer above 0: received ${max}`);
  }
  if (!(Number.isInteger(maxQueue) && maxQueue >= 0 && maxQueue <= 1e6)) {
    throw new RangeError(
      `Cannot size pool: maxQueue must be an integer from 0 to 1000000: received ${maxQueue}`,
    );
  }
}
