/**
 * The time that a pool lives in: the machine's, or one that a test moves by hand.
 *
 * @example
 * ```ts
 * import { ManualClock } from "lib/systems/pool/pool_clock.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const clock = new ManualClock();
 * const seen: number[] = [];
 * clock.after(30, () => seen.push(clock.nowMs()));
 * clock.advance(100);
 * assertEquals([seen, clock.nowMs()], [[30], 100]);
 * ```
 *
 * @module
 */

import { setImmediate } from "node:timers";

export interface PoolClock {
  /** Milliseconds since some moment; never steps back. */
  nowMs(): number;
  /** Calls once, after this time; returns what cancels it. */
  after(ms: number, action: () => void): () => void;
}

/** Readings that one turn of the event loop may share. */
const MOST_SHARED = 32;

let readMs = 0;
let shared = MOST_SHARED;
let isTurnWatched = false;
const endTurn = () => {
  shared = MOST_SHARED;
  isTurnWatched = false;
};

/**
 * The clock of this machine. Reading it costs as much as lending: what happens in one turn of the event loop happens at
 * one time, as in the event loop's own timers, or at most 32 readings share one.
 */
export const systemClock: PoolClock = {
  nowMs() {
    if (shared === MOST_SHARED) {
      readMs = performance.now();
      shared = 0;
      if (!isTurnWatched) setImmediate(endTurn);
      isTurnWatched = true;
    }
    shared++;
    return readMs;
  },
  after(ms, action) {
    const timer = setTimeout(action, ms);
    return () => clearTimeout(timer);
  },
};

/** Time that stands still until it is moved. */
export class ManualClock implements PoolClock {
  #nowMs = 0;
  #timers = new Map<number, { atMs: number; action: () => void }>();
  #last = 0;

  nowMs(): number {
    return this.#nowMs;
  }

  after(ms: number, action: () => void): () => void {
    const id = this.#last++;
    this.#timers.set(id, { atMs: this.#nowMs + ms, action });
    return () => this.#timers.delete(id);
  }

  /** Moves time on, timer by timer. */
  advance(ms: number): void {
    const endMs = this.#nowMs + ms;
    for (;;) {
      let next: [id: number, atMs: number] | undefined;
      for (const [id, { atMs }] of this.#timers) {
        if (atMs <= endMs && (next === undefined || atMs < next[1])) next = [id, atMs];
      }
      if (next === undefined) break;
      const { action } = this.#timers.get(next[0])!;
      this.#timers.delete(next[0]);
      this.#nowMs = next[1];
      action();
    }
    this.#nowMs = endMs;
  }
}
