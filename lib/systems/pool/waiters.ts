/**
 * Those who wait at a pool: their order, their deadlines, and the signals that call them off.
 *
 * Whoever leaves, served or not, is taken out of all three at once, so that nobody is ever granted to the absent.
 *
 * @module
 */
import { Deadlines, ticks } from "./deadlines.ts";
import type { Lease } from "./lease.ts";
import type { PoolError } from "./pool_error.ts";
import type { AcquireOptions, PoolLimits } from "./pool_options.ts";
import { type Waiter, WaitQueue } from "./wait_queue.ts";

/** One who waits. */
export interface Waiting<C> extends Waiter {
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

export class Waiters<C> {
  maxQueue: number;
  timeoutMs: number;
  #timeoutTicks: number;
  #queue = new WaitQueue<Waiting<C>>();
  #deadlines: Deadlines<Waiting<C>>;
  #aborted: (waiter: Waiting<C>) => void;

  constructor(limits: PoolLimits, nowMs: number, aborted: (waiter: Waiting<C>) => void) {
    this.maxQueue = limits.maxQueue;
    this.timeoutMs = limits.timeoutMs;
    this.#timeoutTicks = ticks(limits.timeoutMs);
    this.#deadlines = new Deadlines(limits.maxQueue, nowMs);
    this.#aborted = aborted;
  }

  get size(): number {
    return this.#queue.size;
  }

  /** Changes limits; whoever waits keeps its place and its deadline. */
  configure({ maxQueue, timeoutMs }: PoolLimits): void {
    this.#timeoutTicks = ticks(timeoutMs);
    this.timeoutMs = timeoutMs;
    this.maxQueue = maxQueue;
    this.#deadlines.makeRoom(maxQueue);
  }

  /** Lets one more wait; there must be room. */
  add(options: AcquireOptions, sinceMs: number, stack: string | undefined): Promise<Lease<C>> {
    const { signal, priority = 0, tag = "", timeoutMs } = options;
    const wait = timeoutMs === undefined ? this.#timeoutTicks : ticks(timeoutMs);
    const { promise, resolve, reject } = Promise.withResolvers<Lease<C>>();
    const waiter: Waiting<C> = {
      priority,
      before: undefined,
      after: undefined,
      resolve,
      reject,
      sinceMs,
      id: 0,
      tag,
      stack,
      signal,
      onAbort: undefined,
    };
    waiter.id = this.#deadlines.addTicks(waiter, sinceMs, wait);
    if (signal !== undefined) {
      waiter.onAbort = () => this.#aborted(waiter);
      signal.addEventListener("abort", waiter.onAbort, { once: true });
    }
    this.#queue.push(waiter);
    return promise;
  }

  /** The one to be served next. */
  first(): Waiting<C> | undefined {
    return this.#queue.first();
  }

  /** Takes the one to be served next. */
  take(): Waiting<C> | undefined {
    const waiter = this.#queue.first();
    if (waiter !== undefined) this.remove(waiter);
    return waiter;
  }

  remove(waiter: Waiting<C>): void {
    this.#queue.remove(waiter);
    this.#deadlines.remove(waiter.id);
    if (waiter.onAbort !== undefined) waiter.signal!.removeEventListener("abort", waiter.onAbort);
  }

  /** Moves time on; `onDue` removes those whose time is up. */
  advance(nowMs: number, onDue: (waiter: Waiting<C>) => void): void {
    this.#deadlines.advance(nowMs, onDue);
  }
}
