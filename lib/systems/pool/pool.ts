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
 * - `resize` below what is lent destroys what comes back; a lease given back twice is given back once.
 * - A lease older than `leakMs` is reported. Stacks cost a microsecond each, so they are taken once the first lease has
 *   leaked (`stacks: "always"` takes them from the start); the tag is there always.
 *
 * At every moment: lent + idle + being created ≤ max, or ≤ what was lent when `resize` lowered it.
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
import { Deadlines, TICK_MS, ticks } from "./deadlines.ts";
import { Lease } from "./lease.ts";
import { type PoolClock, systemClock } from "./pool_clock.ts";
import { PoolError, type PoolErrorReason } from "./pool_error.ts";
import type { AcquireOptions, PoolOptions, PoolStats } from "./pool_options.ts";
import { type Waiter, WaitQueue } from "./wait_queue.ts";

export type { AcquireOptions, Leak, PoolOptions, PoolStats } from "./pool_options.ts";

interface Waiting<C> extends Waiter {
  resolve(lease: Lease<C>): void;
  reject(error: PoolError): void;
  sinceMs: number;
  /** Of its deadline. */
  id: number;
  tag: string;
  stack: string | undefined;
  signal: AbortSignal | undefined;
  onAbort: (() => void) | undefined;
}

export class Pool<C> {
  #options: PoolOptions<C>;
  #clock: PoolClock;
  #max: number;
  #maxQueue: number;
  #timeoutTicks: number;
  #idle: C[] = [];
  /** What is lent, in the order in which it was lent: a ring through a lease that is none. */
  #lent: Lease<C>;
  #inUse = 0;
  #creator: Creator<C>;
  #queue = new WaitQueue<Waiting<C>>();
  #deadlines: Deadlines<Waiting<C>>;
  /** The time at the last tick, and the next time to look for leaks. */
  #tickMs: number;
  #leakCheckMs = 0;
  #stopTimer: (() => void) | undefined;
  #waits = new Histogram({ relativeError: 0.01 });
  #unwaited = 0;
  #leaked = 0;
  #takesStacks: boolean;
  #refused = { timeout: 0, full: 0, aborted: 0, broken: 0, closed: 0 };
  #drained: PromiseWithResolvers<void> | undefined;

  constructor(options: PoolOptions<C>) {
    const { max, maxQueue = 1000, timeoutMs = 1000, clock = systemClock } = options;
    checkMax(max);
    if (!(Number.isInteger(maxQueue) && maxQueue >= 0 && maxQueue <= 1e6)) {
      throw new RangeError(
        `Cannot create pool: maxQueue must be an integer from 0 to 1000000: received ${maxQueue}`,
      );
    }
    this.#options = options;
    this.#clock = clock;
    this.#max = max;
    this.#maxQueue = maxQueue;
    this.#timeoutTicks = ticks(timeoutMs);
    this.#takesStacks = options.stacks === "always";
    this.#creator = new Creator(options, clock);
    this.#tickMs = clock.nowMs();
    this.#deadlines = new Deadlines(maxQueue, this.#tickMs);
    this.#lent = new Lease<C>(this, undefined as C, 0, "", undefined);
  }

  /** Resources there are, or will be in a moment. */
  get #size(): number {
    return this.#inUse + this.#idle.length + this.#creator.creating;
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
      const stack = this.#takesStacks ? stackOf(this.acquire) : undefined;
      return Promise.resolve(this.#lend(resource, options?.tag ?? "", stack));
    }
    if (this.#queue.size >= this.#maxQueue) {
      return this.#refuse("full", `at most ${this.#maxQueue} may wait`);
    }
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
    checkMax(max);
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
      inUse: this.#inUse,
      idle: this.#idle.length,
      creating: this.#creator.creating,
      waiting: this.#queue.size,
      waitHistogram,
      oldestLeaseMs: this.#inUse > 0 ? nowMs - this.#lent.after.sinceMs : 0,
      leaked: this.#leaked,
      refused: { ...this.#refused },
    };
  }

  /** Called by a lease, once. */
  giveBack(lease: Lease<C>, isBroken: boolean): void {
    if (!lease.unlink()) return;
    this.#inUse--;
    const { resource } = lease;
    if (isBroken || this.#size >= this.#max) {
      this.#destroy(resource);
      this.#create();
      this.#settleDrain();
      return;
    }
    const next = this.#takeWaiter();
    if (next !== undefined) this.#grant(next, resource);
    else {
      this.#idle.push(resource);
      if (this.#drained !== undefined) this.#settleDrain();
    }
  }

  #lend(resource: C, tag: string, stack: string | undefined): Lease<C> {
    const lease = new Lease(this, resource, this.#tickMs, tag, stack);
    lease.linkBefore(this.#lent);
    this.#inUse++;
    if (this.#stopTimer === undefined) this.#startTimer();
    return lease;
  }

  #wait(options: AcquireOptions): Promise<Lease<C>> {
    const { signal, priority = 0, tag = "", timeoutMs } = options;
    const { promise, resolve, reject } = Promise.withResolvers<Lease<C>>();
    if (this.#stopTimer === undefined) this.#startTimer();
    const waiter: Waiting<C> = {
      priority,
      before: undefined,
      after: undefined,
      resolve,
      reject,
      sinceMs: this.#clock.nowMs(),
      id: 0,
      tag,
      stack: this.#takesStacks ? stackOf(this.acquire) : undefined,
      signal,
      onAbort: undefined,
    };
    const wait = timeoutMs === undefined ? this.#timeoutTicks : ticks(timeoutMs);
    waiter.id = this.#deadlines.addTicks(waiter, waiter.sinceMs, wait);
    if (signal !== undefined) {
      waiter.onAbort = () => this.#fail(waiter, "aborted", "its signal must not be aborted");
      signal.addEventListener("abort", waiter.onAbort, { once: true });
    }
    this.#queue.push(waiter);
    this.#create();
    return promise;
  }

  /** Takes the next waiter out of everything that knows it. */
  #takeWaiter(): Waiting<C> | undefined {
    const waiter = this.#queue.first();
    if (waiter !== undefined) this.#forget(waiter);
    return waiter;
  }

  #forget(waiter: Waiting<C>): void {
    this.#queue.remove(waiter);
    this.#deadlines.remove(waiter.id);
    if (waiter.onAbort !== undefined) waiter.signal!.removeEventListener("abort", waiter.onAbort);
  }

  #grant(waiter: Waiting<C>, resource: C): void {
    this.#waits.record(Math.max(0, this.#clock.nowMs() - waiter.sinceMs));
    waiter.resolve(this.#lend(resource, waiter.tag, waiter.stack));
  }

  #fail(waiter: Waiting<C>, reason: PoolErrorReason, rule: string, cause?: unknown): void {
    this.#forget(waiter);
    waiter.reject(this.#error(reason, rule, cause));
    this.#settleDrain();
  }

  #refuse(reason: PoolErrorReason, rule: string): Promise<never> {
    return Promise.reject(this.#error(reason, rule));
  }

  #error(reason: PoolErrorReason, rule: string, cause?: unknown): PoolError {
    this.#refused[reason]++;
    const state = `${this.#inUse} of ${this.#max} in use, ${this.#queue.size} waiting`;
    const options = cause === undefined ? undefined : { cause };
    return new PoolError(reason, `Cannot acquire: ${rule}: received ${state}`, options);
  }

  /** Creates as many as there are waiters for, within `max`. */
  #create(): void {
    if (this.#creator.isBackingOff) return;
    const wanted = Math.min(this.#queue.size - this.#creator.creating, this.#max - this.#size);
    for (let n = 0; n < wanted; n++) {
      this.#creator.start((resource) => this.#created(resource), (error) => this.#failed(error));
    }
  }

  #created(resource: C): void {
    if (this.#size >= this.#max) return this.#destroy(resource);
    const next = this.#takeWaiter();
    if (next !== undefined) this.#grant(next, resource);
    else this.#idle.push(resource);
    this.#settleDrain();
  }

  #failed(error: unknown): void {
    const waiter = this.#queue.first();
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
    if (this.#drained === undefined || this.#queue.size > 0) return;
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
    if (this.#tickMs >= this.#leakCheckMs) this.#findLeaks();
    if (this.#inUse > 0 || this.#queue.size > 0) {
      this.#stopTimer = this.#clock.after(TICK_MS, () => this.#tick());
    }
  }

  #endWaits(): void {
    const { isBackingOff, lastFailure } = this.#creator;
    const cause = isBackingOff ? lastFailure : undefined;
    this.#deadlines.advance(
      this.#tickMs,
      (waiter) => this.#fail(waiter, "timeout", "one must come free in time", cause),
    );
  }

  #findLeaks(): void {
    const { leakMs = 30_000, onLeak, stacks } = this.#options;
    this.#leakCheckMs = this.#tickMs + Math.min(1000, leakMs / 4);
    for (let lease = this.#lent.after; lease !== this.#lent; lease = lease.after) {
      const ageMs = this.#tickMs - lease.sinceMs;
      if (ageMs < leakMs) break; // the rest is younger
      if (lease.isReported) continue;
      lease.isReported = true;
      this.#leaked++;
      if (stacks !== "never") this.#takesStacks = true;
      onLeak?.({ tag: lease.tag, ageMs, stack: lease.stack });
    }
  }
}

function checkMax(max: number): void {
  if (Number.isInteger(max) && max >= 1) return;
  throw new RangeError(`Cannot size pool: max must be an integer above 0: received ${max}`);
}

function stackOf(acquire: unknown): string {
  const at: { stack?: string } = {};
  // deno-lint-ignore ban-types -- V8 leaves out the frames up to this function
  Error.captureStackTrace(at, acquire as Function);
  return at.stack!.slice(at.stack!.indexOf("\n") + 1);
}
