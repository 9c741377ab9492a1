/**
 * The queue of pending events: earliest time first, and first in, first out at equal times.
 *
 * A 4-ary heap in typed arrays. An event is a slot number; the caller keeps what belongs to it in
 * arrays of its own. Slots in the heap are `slots[0..length)`, free ones the rest of the same
 * array, so that pushing and popping allocate nothing. Cancelling marks the slot, which leaves the
 * heap when it gets to the top, or in one sweep as soon as more are cancelled than alive.
 *
 * | operation | cost |
 * | --- | --- |
 * | `push`, `pop` | O(log n), no allocation |
 * | `cancel` | O(1) amortised |
 * | `time`, `size` | O(1) |
 *
 * Simplified: at most 2^26 events at once; a queue never shrinks, since simulations end.
 *
 * @example
 * ```ts
 * import { EventQueue } from "lib/sim/event_queue.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const queue = new EventQueue();
 * const [late, early] = [queue.push(2), queue.push(1)];
 * assertEquals([queue.time, queue.pop(), queue.pop()], [1, early, late]);
 * assertEquals(queue.time, Infinity);
 * ```
 */

const MAX_SLOTS = 2 ** 26;

/** Names one scheduled event, also after its slot has been used again. */
export type Timer = number;

export class EventQueue {
  #times = new Float64Array(1024 + 4).fill(Infinity); // a sentinel past the end, by heap position
  #slots = Int32Array.from({ length: 1024 + 4 }, (_, i) => i); // by heap position
  #orders = new Float64Array(1024); // sequence number, by slot
  #generations = new Int32Array(1024); // odd: pending; by slot
  #length = 0;
  #cancelled = 0;
  #order = 0;

  /** Events pending. */
  get size(): number {
    return this.#length - this.#cancelled;
  }

  /** Time of the earliest event; `Infinity` when there is none. */
  get time(): number {
    return this.#times[0];
  }

  /** Adds an event and returns its slot, which stays its own until the event is popped or cancelled. */
  push(time: number): number {
    if (this.#length === this.#orders.length) this.#grow();
    const slot = this.#slots[this.#length];
    this.#orders[slot] = this.#order++;
    this.#generations[slot]++;
    this.#rise(this.#length++, time, slot);
    return slot;
  }

  /** Removes the earliest event and returns its slot. The queue must not be empty. */
  pop(): number {
    const slot = this.#removeTop();
    this.#generations[slot]++;
    this.#dropCancelled();
    return slot;
  }

  /** The handle by which the event in `slot` can be cancelled. */
  timer(slot: number): Timer {
    return this.#generations[slot] * MAX_SLOTS + slot;
  }

  /** Cancels a pending event; false when it has happened or was cancelled before. */
  cancel(timer: Timer): boolean {
    const slot = timer % MAX_SLOTS;
    if (this.#generations[slot] !== (timer - slot) / MAX_SLOTS) return false;
    this.#generations[slot]++;
    this.#cancelled++;
    if (this.#cancelled > 64 && this.#cancelled > this.size) this.#compact();
    this.#dropCancelled();
    return true;
  }

  #dropCancelled(): void {
    if (this.#cancelled === 0) return;
    while (this.#length > 0 && (this.#generations[this.#slots[0]] & 1) === 0) {
      this.#removeTop();
      this.#cancelled--;
    }
  }

  #removeTop(): number {
    const top = this.#slots[0];
    const last = --this.#length;
    const time = this.#times[last];
    const slot = this.#slots[last];
    this.#times[last] = Infinity;
    this.#slots[last] = top;
    if (last > 0) this.#sink(0, time, slot);
    return top;
  }

  #rise(position: number, time: number, slot: number): void {
    const times = this.#times;
    const slots = this.#slots;
    while (position > 0) {
      const parent = (position - 1) >> 2;
      if (times[parent] <= time) break; // equal: the new one came later
      times[position] = times[parent];
      slots[position] = slots[parent];
      position = parent;
    }
    times[position] = time;
    slots[position] = slot;
  }

  #sink(position: number, time: number, slot: number): void {
    const times = this.#times;
    const slots = this.#slots;
    const length = this.#length;
    for (let child = 4 * position + 1; child < length; child = 4 * position + 1) {
      // The smaller of each pair without a branch, then the smaller of the two: fewer mispredictions.
      let best = child + +(times[child + 1] < times[child]);
      if (times[child] === times[child + 1]) best = this.#first(child, child + 1);
      let other = child + 2 + +(times[child + 3] < times[child + 2]);
      if (times[child + 2] === times[child + 3]) other = this.#first(child + 2, child + 3);
      if (times[other] < times[best]) best = other;
      else if (times[other] === times[best]) best = this.#first(best, other);
      const earliest = times[best];
      if (earliest > time) break;
      if (earliest === time && this.#orders[slots[best]] > this.#orders[slot]) break;
      times[position] = earliest;
      slots[position] = slots[best];
      position = best;
    }
    times[position] = time;
    slots[position] = slot;
  }

  /** Of two positions with equal times, the one whose event was pushed first. */
  #first(a: number, b: number): number {
    if (b >= this.#length) return a;
    return this.#orders[this.#slots[a]] < this.#orders[this.#slots[b]] ? a : b;
  }

  #compact(): void {
    const before = this.#length;
    const gone: number[] = [];
    this.#length = 0;
    for (let position = 0; position < before; position++) {
      const slot = this.#slots[position];
      if ((this.#generations[slot] & 1) === 0) gone.push(slot);
      else {
        this.#times[this.#length] = this.#times[position];
        this.#slots[this.#length++] = slot;
      }
    }
    this.#slots.set(gone, this.#length);
    this.#times.fill(Infinity, this.#length, before);
    for (let p = (this.#length - 2) >> 2; p >= 0; p--) {
      this.#sink(p, this.#times[p], this.#slots[p]);
    }
    this.#cancelled = 0;
  }

  #grow(): void {
    const capacity = this.#orders.length * 2;
    if (capacity > MAX_SLOTS) {
      throw new RangeError(
        `Cannot schedule event: pending events must be at most ${MAX_SLOTS}: received ${capacity}`,
      );
    }
    const times = new Float64Array(capacity + 4).fill(Infinity);
    const slots = Int32Array.from({ length: capacity + 4 }, (_, i) => i);
    const orders = new Float64Array(capacity);
    const generations = new Int32Array(capacity);
    times.set(this.#times);
    slots.set(this.#slots.subarray(0, this.#length));
    orders.set(this.#orders);
    generations.set(this.#generations);
    this.#times = times;
    this.#slots = slots;
    this.#orders = orders;
    this.#generations = generations;
  }
}
