/**
 * A timing wheel: deadlines for many dense ids, at 8 bytes an id and one store a postponement.
 *
 * Time is counted in ticks. The wheel is a ring of slots, one a tick, each the head of a linked
 * list that lives in typed arrays. `advance` walks the lists of the slots that came due, nothing
 * else. A heartbeat only moves a deadline further away, so `schedule` then stores the new deadline
 * and leaves the id where it is linked; when that old slot comes up, the id is moved on to the slot
 * of its true deadline. An id fires at exactly its tick, once.
 *
 * Simplified: single level, so a deadline lies less than `slots` ticks ahead, and ids are
 * 0 … capacity - 1; both hold for leases and heartbeats. Bringing a deadline forward walks one
 * slot's list, which is right where that is rare. Ids of one tick fire in no promised order. Lists
 * jump through memory: where nearly all ids are scheduled and due within some hundred ticks, a scan
 * of one typed array of deadlines takes less time a tick (4 times less for 10 million), because it
 * reads memory in order. A wheel earns its place with long deadlines, or few of them.
 *
 * | operation | time | memory |
 * | --- | --- | --- |
 * | `schedule`, not earlier than before | O(1), allocates nothing | 8 B an id, 4 B a slot |
 * | `schedule`, earlier than before | O(ids linked in the old slot) | |
 * | `cancel` | O(1) | |
 * | `advance` | O(ticks + ids linked in the slots passed) | |
 *
 * @example
 * ```ts
 * import { TimingWheel } from "lib/structures/timing_wheel.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const wheel = new TimingWheel(3, { slots: 32 });
 * wheel.schedule(0, 18);
 * wheel.schedule(1, 18);
 * wheel.schedule(1, 24); // a heartbeat
 * const due: number[] = [];
 * wheel.advance(20, (id) => due.push(id));
 * assertEquals(due, [0]);
 * ```
 *
 * Source: Varghese and Lauck, "Hashed and Hierarchical Timing Wheels", SOSP 1987, scheme 4.
 *
 * @module
 */

const NOWHERE = 0xffff;

/** How many ticks ahead a wheel can see. */
export interface TimingWheelOptions {
  /** Ticks that the longest delay needs, at most 32768; rounded up to a power of two. */
  slots: number;
  /** The tick to begin at. Default: 0. */
  now?: number;
}

/** Deadlines of the ids 0 … capacity - 1, in ticks. */
export class TimingWheel {
  readonly capacity: number;
  readonly slots: number;
  /** The tick up to which the wheel has been advanced. */
  now: number;
  #mask: number;
  #head: Int32Array;
  /** The id that follows in the same slot, or -1. */
  #next: Int32Array;
  /**
   * Two entries an id, beside each other because a beat needs both: the slot of its deadline
   * (NOWHERE: never), and the slot in whose list it is linked (NOWHERE: none).
   */
  #slotOf: Uint16Array;

  constructor(capacity: number, options: TimingWheelOptions) {
    const { slots, now = 0 } = options;
    if (!Number.isInteger(capacity) || capacity < 1 || capacity > 2 ** 31 - 1) {
      throw new RangeError(
        `Cannot create timing wheel: capacity must be an integer from 1 to 2147483647: received ${capacity}`,
      );
    }
    if (!Number.isInteger(slots) || slots < 2 || slots > 32768) {
      throw new RangeError(
        `Cannot create timing wheel: slots must be an integer from 2 to 32768: received ${slots}`,
      );
    }
    this.capacity = capacity;
    this.now = now;
    this.slots = 2 ** Math.ceil(Math.log2(slots));
    this.#mask = this.slots - 1;
    this.#head = new Int32Array(this.slots).fill(-1);
    this.#next = new Int32Array(capacity);
    this.#slotOf = new Uint16Array(2 * capacity).fill(NOWHERE);
  }

  /** Bytes of all arrays. */
  get byteLength(): number {
    return this.#head.byteLength + this.#next.byteLength + this.#slotOf.byteLength;
  }

  /** Sets the deadline of an id: a tick after `now`, less than `slots` ticks away. */
  schedule(id: number, tick: number): void {
    const delay = tick - this.now;
    if (!(delay > 0 && delay < this.slots)) {
      throw new RangeError(
        `Cannot schedule id ${id}: tick must be from ${this.now + 1} to ${
          this.now + this.slots - 1
        }: received ${tick}`,
      );
    }
    if (!(id >= 0 && id < this.capacity)) {
      throw new RangeError(
        `Cannot schedule: id must be an integer from 0 to ${this.capacity - 1}: received ${id}`,
      );
    }
    const slot = tick & this.#mask;
    const linked = this.#slotOf[2 * id + 1];
    this.#slotOf[2 * id] = slot;
    if (linked === NOWHERE) {
      this.#link(id, slot);
    } else if (((linked - this.now) & this.#mask) > delay) {
      this.#unlink(id, linked);
      this.#link(id, slot);
    }
  }

  /** Forgets the deadline of an id; reports whether it had one. */
  cancel(id: number): boolean {
    const had = this.has(id);
    if (had) this.#slotOf[2 * id] = NOWHERE;
    return had;
  }

  /** Whether the id has a deadline. */
  has(id: number): boolean {
    return id >= 0 && id < this.capacity && this.#slotOf[2 * id] !== NOWHERE;
  }

  /** Ticks from now to the deadline of an id that has one. */
  ticksLeft(id: number): number {
    return (this.#slotOf[2 * id] - this.now) & this.#mask;
  }

  /**
   * Moves time to a tick and calls `onDue` for every id whose deadline is reached, tick by tick.
   * `onDue` may schedule and cancel. Returns how many list entries were visited, due or moved on.
   */
  advance(tick: number, onDue: (id: number, tick: number) => void): number {
    let visited = 0;
    while (this.now < tick) {
      this.now++;
      const slot = this.now & this.#mask;
      for (let id = this.#head[slot]; id !== -1; id = this.#head[slot]) {
        visited++;
        this.#head[slot] = this.#next[id];
        this.#slotOf[2 * id + 1] = NOWHERE;
        const deadline = this.#slotOf[2 * id];
        if (deadline === slot) {
          this.#slotOf[2 * id] = NOWHERE;
          onDue(id, this.now);
        } else if (deadline !== NOWHERE) {
          this.#link(id, deadline);
        }
      }
    }
    return visited;
  }

  #link(id: number, slot: number): void {
    this.#next[id] = this.#head[slot];
    this.#head[slot] = id;
    this.#slotOf[2 * id + 1] = slot;
  }

  #unlink(id: number, slot: number): void {
    if (this.#head[slot] === id) {
      this.#head[slot] = this.#next[id];
      return;
    }
    let before = this.#head[slot];
    while (this.#next[before] !== id) before = this.#next[before];
    this.#next[before] = this.#next[id];
  }
}
