/**
 * A pool of connections: lends a few to many, first come first served, and says who does not give back.
 *
 * A free resource is lent at once, the one last used first. Without one the pool creates it, up to `max`; then callers
 * wait, at most `maxQueue` of them, at most `timeoutMs` each. What is given back goes to whoever waits longest, within
 * the lowest priority. Deadlines of all waiters live in one timing wheel, and one timer of the pool turns it.
 *
 * - An abort or a timeout takes the waiter out before it can be granted anything.
 * - A resource that cannot be created fails one waiter, never the pool; with `backoff` the pool waits before it tries
 *   again, and the waiters keep their place until their deadline.
 * - `configure` changes the limits while the pool works. Fewer resources than are lent: what comes back is destroyed.
 *   A shorter queue: whoever waits already stays. A shorter wait: for those who come after.
 * - A lease given back twice is given back once.
 * - A lease older than `leakMs` is reported. Stacks cost a microsecond each, so they are taken once the first lease has
 *   leaked (`stacks: "always"` takes them from the start); the tag is there always.
 *
 * At every moment: lent + idle + being created ≤ max, or ≤ what was lent when `max` was lowered.
 *
 * Simplified: `validate` is synchronous, for what the client knows already, such as a socket that closed.
 *
 * | operation | time |
 * | --- | --- |
 * | `acquire`, `release`, abort | O(1) |
 * | timer, once a tick | O(ticks + waiters due), and max a second for leaks |
 *
 * @example
 * ```ts
 * import { Pool } from "lib/systems/pool/pool.ts";
 * import { assertEquals } from "@std/assert";
 *
 * let opened = 0;
 * const pool = new Pool({ create: () => Promise.resolve(++opened), max: 2 });
 * const [one, two] = [await pool.acquire(), await pool.acquire()];
 * const waiting = pool.use((connection) => connection * 100);
 * assertEquals(pool.stats().waiting, 1);
 * two.release();
 * assertEquals(await waiting, 200);
 * one.release();
 * assertEquals([opened, pool.stats().idle], [2, 2]);
 * await pool.drain();
 * ```
 *
 * @module
 */
import { Histogram } from "../../structures/histogram.ts";
import { Creator } from "./creator.ts";
import { TICK_MS } from "./deadlines.ts";
import type { Lease } from "./lease.ts";
import { Loans, stackOf } from "./loans.ts";
import { type PoolClock, systemClock } from "./pool_clock.ts";
import { PoolError, type PoolErrorReason } from "./pool_error.ts";
import { checkLimits } from "./pool_options.ts";
import type { AcquireOptions, PoolLimits, PoolOptions, PoolStats } from "./pool_options.ts";
import { Waiters, type Waiting } from "./waiters.ts";

export type { AcquireOptions, Leak, PoolLimits, PoolOptions, PoolStats } from "./pool_options.ts";

export class Pool<C> {
  #options: PoolOptions<C>;
  #clock: PoolClock;
  #max: number;
  #idle: C[] = [];
  #loans: Loans<C>;
  #creator: Creator<C>;
  #waiters: Waiters<C>;
  /** The time at the last tick. */
  #tickMs: number;
  #stopTimer: (() => void) | undefined;
  #waits = new Histogram({ relativeError: 0.01 });
  #unwaited = 0;
  #refused = { timeout: 0, full: 0, aborted: 0, broken: 0, closed: 0 };
  #drained: PromiseWithResolvers<void> | undefined;

  constructor(options: PoolOptions<C>) {
    const { max, maxQueue = 1000, timeoutMs = 1000, clock = systemClock } = options;
    checkLimits({ max, maxQueue, timeoutMs });
    this.#options = options;
    this.#clock = clock;
    this.#max = max;
    this.#creator = new Creator(options, clock);
    this.#tickMs = clock.nowMs();
    const abort = (waiter: Waiting<C>) =>
      this.#fail(waiter, "aborted", "its signal must not be aborted");
    this.#waiters = new Waiters({ max, maxQueue, timeoutMs }, this.#tickMs, abort);
    this.#loans = new Loans<C>(this, options);
  }

  /** Resources there are, or will be in a moment. */
  get #size(): number {
    return this.#loans.count + this.#idle.length + this.#creator.creating;
  }

  /**
   * Borrows a resource.
   *
   * @throws {PoolError} When it takes too long, too many wait, the signal aborts, a resource cannot be created, or the pool drains.
   */
  acquire(options?: AcquireOptions): Promise<Lease<C>> {
    if (this.#drained !== undefined) return this.#refuse("closed", "it must not be draining");
    if (options?.signal?.aborted) return this.#refuse("aborted", "its signal must not be aborted");
    const { validate } = this.#options;
    while (this.#idle.length > 0) {
      const resource = this.#idle.pop()!;
      if (validate !== undefined && !validate(resource)) {
        this.#destroy(resource);
        continue;
      }
      this.#unwaited++;
      const stack = this.#loans.takesStacks ? stackOf(this.acquire) : undefined;
      return Promise.resolve(this.#lend(resource, options?.tag ?? "", stack));
    }
    const { size, maxQueue } = this.#waiters;
    if (size >= maxQueue) return this.#refuse("full", `at most ${maxQueue} may wait`);
    return this.#wait(options ?? {});
  }

  /** Borrows a resource for as long as `body` runs. */
  async use<T>(body: (resource: C) => T | Promise<T>, options?: AcquireOptions): Promise<T> {
    const lease = await this.acquire(options);
    try {
      return await body(lease.resource);
    } finally {
      lease.release();
    }
  }

  /** Changes how many resources there may be; what is lent stays lent. */
  resize(max: number): void {
    this.configure({ max });
  }

  /** Changes limits for those who come from now on; what is not named stays as it is. */
  configure(limits: Partial<PoolLimits>): void {
    const before = this.#waiters;
    const { max = this.#max, maxQueue = before.maxQueue, timeoutMs = before.timeoutMs } = limits;
    checkLimits({ max, maxQueue, timeoutMs });
    this.#waiters.configure({ max, maxQueue, timeoutMs });
    this.#max = max;
    while (this.#idle.length > 0 && this.#size > max) this.#destroy(this.#idle.shift()!);
    this.#create();
  }

  /** Lends nothing more to new callers, serves those who wait, and resolves when all is destroyed. */
  drain(): Promise<void> {
    this.#drained ??= Promise.withResolvers<void>();
    this.#settleDrain();
    return this.#drained.promise;
  }

  stats(): PoolStats {
    const nowMs = this.#clock.nowMs();
    const waitHistogram = new Histogram({ relativeError: 0.01 });
    waitHistogram.merge(this.#waits);
    if (this.#unwaited > 0) waitHistogram.record(0, this.#unwaited);
    return {
      max: this.#max,
      maxQueue: this.#waiters.maxQueue,
      timeoutMs: this.#waiters.timeoutMs,
      inUse: this.#loans.count,
      idle: this.#idle.length,
      creating: this.#creator.creating,
      waiting: this.#waiters.size,
      waitHistogram,
      oldestLeaseMs: this.#loans.oldestMs(nowMs),
      leaked: this.#loans.leaked,
      refused: { ...this.#refused },
    };
  }

  /** Called by a lease, once. */
  giveBack(lease: Lease<C>, isBroken: boolean): void {
    if (!this.#loans.end(lease)) return;
    const { resource } = lease;
    if (isBroken || this.#size >= this.#max) {
      this.#destroy(resource);
      this.#create();
      this.#settleDrain();
      return;
    }
    const next = this.#waiters.take();
    if (next !== undefined) this.#grant(next, resource);
    else {
      this.#idle.push(resource);
      if (this.#drained !== undefined) this.#settleDrain();
    }
  }

  #lend(resource: C, tag: string, stack: string | undefined): Lease<C> {
    const lease = this.#loans.lend(resource, this.#tickMs, tag, stack);
    if (this.#stopTimer === undefined) this.#startTimer();
    return lease;
  }

  #wait(options: AcquireOptions): Promise<Lease<C>> {
    if (this.#stopTimer === undefined) this.#startTimer();
    const stack = this.#loans.takesStacks ? stackOf(this.acquire) : undefined;
    const granted = this.#waiters.add(options, this.#clock.nowMs(), stack);
    this.#create();
    return granted;
  }

  #grant(waiter: Waiting<C>, resource: C): void {
    this.#waits.record(Math.max(0, this.#clock.nowMs() - waiter.sinceMs));
    waiter.resolve(this.#lend(resource, waiter.tag, waiter.stack));
  }

  #fail(waiter: Waiting<C>, reason: PoolErrorReason, rule: string, cause?: unknown): void {
    this.#waiters.remove(waiter);
    waiter.reject(this.#error(reason, rule, cause));
    this.#settleDrain();
  }

  #refuse(reason: PoolErrorReason, rule: string): Promise<never> {
    return Promise.reject(this.#error(reason, rule));
  }

  #error(reason: PoolErrorReason, rule: string, cause?: unknown): PoolError {
    this.#refused[reason]++;
    const state = `${this.#loans.count} of ${this.#max} in use, ${this.#waiters.size} waiting`;
    const options = cause === undefined ? undefined : { cause };
    return new PoolError(reason, `Cannot acquire: ${rule}: received ${state}`, options);
  }

  /** Creates as many as there are waiters for, within `max`. */
  #create(): void {
    if (this.#creator.isBackingOff) return;
    const wanted = Math.min(this.#waiters.size - this.#creator.creating, this.#max - this.#size);
    for (let n = 0; n < wanted; n++) {
      this.#creator.start((resource) => this.#created(resource), (error) => this.#failed(error));
    }
  }

  #created(resource: C): void {
    if (this.#size >= this.#max) return this.#destroy(resource);
    const next = this.#waiters.take();
    if (next !== undefined) this.#grant(next, resource);
    else this.#idle.push(resource);
    this.#settleDrain();
  }

  #failed(error: unknown): void {
    const waiter = this.#waiters.first();
    if (waiter !== undefined && !this.#creator.backOff(error, () => this.#create())) {
      this.#fail(waiter, "broken", "a resource must be created", error);
      this.#create();
    }
    this.#settleDrain();
  }

  #destroy(resource: C): void {
    this.#options.destroy?.(resource);
  }

  #settleDrain(): void {
    if (this.#drained === undefined || this.#waiters.size > 0) return;
    for (const resource of this.#idle.splice(0)) this.#destroy(resource);
    if (this.#size > 0) return;
    this.#stopTimer?.();
    this.#stopTimer = undefined;
    this.#creator.stop();
    this.#drained.resolve();
  }

  #startTimer(): void {
    this.#tickMs = this.#clock.nowMs();
    this.#endWaits();
    this.#stopTimer = this.#clock.after(TICK_MS, () => this.#tick());
  }

  #tick(): void {
    this.#stopTimer = undefined;
    this.#tickMs = this.#clock.nowMs();
    this.#endWaits();
    this.#loans.findLeaks(this.#tickMs);
    if (this.#loans.count > 0 || this.#waiters.size > 0) {
      this.#stopTimer = this.#clock.after(TICK_MS, () => this.#tick());
    }
  }

  #endWaits(): void {
    const { isBackingOff, lastFailure } = this.#creator;
    const cause = isBackingOff ? lastFailure : undefined;
    this.#waiters.advance(
      this.#tickMs,
      (waiter) => this.#fail(waiter, "timeout", "one must come free in time", cause),
    );
  }
}
