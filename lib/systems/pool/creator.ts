/**
 * Creates resources for a pool, and backs off when that fails.
 *
 * @module
 */
import { delays } from "../../structures/backoff.ts";
import type { PoolClock } from "./pool_clock.ts";
import type { PoolOptions } from "./pool_options.ts";

export class Creator<C> {
  /** Under way. */
  creating = 0;
  /** Why the last one failed, while it backs off. */
  lastFailure: unknown;
  #create: () => Promise<C>;
  #backoff: PoolOptions<C>["backoff"];
  #clock: PoolClock;
  #waits: Generator<number, never> | undefined;
  #stop: (() => void) | undefined;

  constructor({ create, backoff }: PoolOptions<C>, clock: PoolClock) {
    this.#create = create;
    this.#backoff = backoff;
    this.#clock = clock;
  }

  get isBackingOff(): boolean {
    return this.#stop !== undefined;
  }

  /** Creates one; tells one of the two how it went, never at once. */
  start(created: (resource: C) => void, failed: (error: unknown) => void): void {
    this.creating++;
    const done = (resource: C) => {
      this.creating--;
      this.#waits = undefined;
      created(resource);
    };
    const notDone = (error: unknown) => {
      this.creating--;
      failed(error);
    };
    try {
      this.#create().then(done, notDone);
    } catch (error) {
      queueMicrotask(() => notDone(error));
    }
  }

  /** Waits before `again`, longer with each failure; false when the pool does not back off. */
  backOff(error: unknown, again: () => void): boolean {
    if (this.#backoff === undefined) return false;
    this.lastFailure = error;
    if (this.#stop !== undefined) return true;
    this.#waits ??= delays("full", this.#backoff, this.#backoff.random);
    this.#stop = this.#clock.after(this.#waits.next().value, () => {
      this.#stop = undefined;
      again();
    });
    return true;
  }

  /** Gives up waiting. */
  stop(): void {
    this.#stop?.();
    this.#stop = undefined;
  }
}
