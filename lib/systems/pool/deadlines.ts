/**
 * Until when each of many waits: one timing wheel for all, in ticks of 10 ms.
 *
 * Nobody is late by less than a whole tick, nobody is found more than two ticks after.
 *
 * @example
 * ```ts
 * import { Deadlines } from "lib/systems/pool/deadlines.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const deadlines = new Deadlines<string>(10, 0);
 * deadlines.add("ann", 0, 100);
 * const bob = deadlines.add("bob", 0, 100);
 * deadlines.remove(bob);
 * const late: string[] = [];
 * deadlines.advance(130, (name) => late.push(name));
 * assertEquals(late, ["ann"]);
 * ```
 *
 * @module
 */
import { TimingWheel } from "../../structures/timing_wheel.ts";

export const TICK_MS = 10;
const LONGEST_TICKS = 32_000;
const SLOTS = 32_768;

export class Deadlines<T> {
  #wheel: TimingWheel;
  #startMs: number;
  /** By their id in the wheel. */
  #items: (T | undefined)[];
  #freeIds: number[] = [];

  constructor(capacity: number, nowMs: number) {
    this.#wheel = new TimingWheel(Math.max(1, capacity), { slots: SLOTS });
    this.#items = new Array(capacity).fill(undefined);
    for (let id = capacity - 1; id >= 0; id--) this.#freeIds.push(id);
    this.#startMs = nowMs;
  }

  /** Sets a deadline in some ticks from now; returns what takes it back. There must be room. */
  add(item: T, nowMs: number, ms: number): number {
    return this.addTicks(item, nowMs, ticks(ms));
  }

  addTicks(item: T, nowMs: number, wait: number): number {
    const id = this.#freeIds.pop()!;
    this.#items[id] = item;
    const late = Math.floor((nowMs - this.#startMs) / TICK_MS) - this.#wheel.now;
    this.#wheel.schedule(id, this.#wheel.now + Math.min(LONGEST_TICKS, wait + late + 1));
    return id;
  }

  /** Makes room for so many at once; never less than there was. */
  makeRoom(capacity: number): void {
    const had = this.#items.length;
    if (capacity <= had) return;
    const { now } = this.#wheel;
    const wheel = new TimingWheel(capacity, { slots: SLOTS, now });
    for (let id = 0; id < had; id++) {
      if (this.#wheel.has(id)) wheel.schedule(id, now + this.#wheel.ticksLeft(id));
    }
    this.#wheel = wheel;
    for (let id = had; id < capacity; id++) {
      this.#items.push(undefined);
      this.#freeIds.push(id);
    }
  }

  remove(id: number): void {
    this.#wheel.cancel(id);
    this.#items[id] = undefined;
    this.#freeIds.push(id);
  }

  /** Moves time on; `onDue` removes what it is told of. */
  advance(nowMs: number, onDue: (item: T) => void): void {
    this.#wheel.advance(Math.floor((nowMs - this.#startMs) / TICK_MS), (id) => {
      const item = this.#items[id];
      if (item !== undefined) onDue(item);
    });
  }
}

/** A wait in ticks. @throws {RangeError} for one that the wheel cannot see */
export function ticks(ms: number): number {
  if (ms > 0 && ms <= LONGEST_TICKS * TICK_MS) return Math.max(1, Math.ceil(ms / TICK_MS));
  throw new RangeError(
    `Cannot acquire: timeoutMs must be above 0 and at most ${
      LONGEST_TICKS * TICK_MS
    }: received ${ms}`,
  );
}
