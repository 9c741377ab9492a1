/**
 * The queue of pending events: earliest time first, and first in, first out at equal times.
 *
 * A binary heap in typed arrays, and beside it a plain line for events at the time of the last one
 * taken, as a process that is woken at once: they come after all that is due already, so they need
 * no heap. An event is a slot number; the caller keeps what belongs to it in arrays of its own.
 * Taking the top leaves a hole that the next event fills, since most events schedule another one.
 * Cancelling marks the slot, which is given back when its turn comes, or in one sweep as soon as
 * more are cancelled than alive.
 *
 * | operation | cost |
 * | --- | --- |
 * | `push`, `pop` | O(log n), O(1) at the time of the last one taken; no allocation |
 * | `cancel` | O(1) amortised |
 * | `time`, `size` | O(1), but the first look after a `pop` O(log n) |
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
const LAST_GENERATION = 2 ** 27 - 1; // so that a timer is a whole number below 2^53

/** Names one scheduled event, also after its slot has been used again. */
export type Timer = number;

export class EventQueue {
  #orders = new Float64Array(1024); // sequence number, by slot
  #generations = new Int32Array(1024); // odd: pending; by slot
  #free = Int32Array.from({ length: 1024 }, (_, i) => 1023 - i); // slots, the next one last
  #freeLength = 1024;
  // The heap, from position 1 on; a time past its end is infinite.
  #times = new Float64Array(1024 + 2).fill(Infinity);
  #slots = new Int32Array(1024 + 2);
  #length = 0;
  #hole = false; // the top has been taken
  // The line of events at `now`, a ring.
  #line = new Int32Array(1024);
  #head = 0;
  #tail = 0;
  #now = NaN; // time of the last event taken, as long as none stands in line for an earlier one
  #cancelled = 0;
  #order = 0;

  /** Events pending. */
  get size(): number {
    return this.#length - (this.#hole ? 1 : 0) + this.#tail - this.#head - this.#cancelled;
  }

  /** Time of the earliest event; `Infinity` when there is none. */
  get time(): number {
    if (this.#hole) this.#fill();
    const time = this.#times[1];
    return this.#head === this.#tail || time < this.#now ? time : this.#now;
  }

  /** Adds an event and returns its slot, which stays its own until the event is popped or cancelled. */
  push(time: number): number {
    if (this.#freeLength === 0) this.#grow();
    const slot = this.#free[--this.#freeLength];
    this.#orders[slot] = this.#order++;
    this.#generations[slot] = (this.#generations[slot] + 1) & LAST_GENERATION;
    if (time === this.#now) this.#line[this.#tail++ & (this.#line.length - 1)] = slot;
    else if (this.#hole) {
      this.#hole = false;
      this.#sink(1, time, slot);
    } else this.#rise(++this.#length, time, slot);
    return slot;
  }

  /** Removes the earliest event and returns its slot. The queue must not be empty. */
  pop(): number {
    if (this.#hole) this.#fill();
    const standing = this.#head !== this.#tail;
    let slot = this.#slots[1];
    if (standing && this.#lineIsFirst()) {
      slot = this.#line[this.#head++ & (this.#line.length - 1)];
    } else {
      if (!standing) this.#now = this.#times[1];
      this.#hole = true;
    }
    this.#generations[slot]++;
    this.#free[this.#freeLength++] = slot;
    if (this.#cancelled > 0) this.#dropCancelled();
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
    if (this.#cancelled > 64 && this.#cancelled > this.size) this.#sweep();
    this.#dropCancelled();
    return true;
  }

  #isCancelled(slot: number): boolean {
    return (this.#generations[slot] & 1) === 0;
  }

  #lineIsFirst(): boolean {
    if (this.#times[1] !== this.#now) return this.#times[1] > this.#now;
    return this.#orders[this.#line[this.#head & (this.#line.length - 1)]] <
      this.#orders[this.#slots[1]];
  }

  /** Gives back what is cancelled at the top of the heap and at the head of the line. */
  #dropCancelled(): void {
    if (this.#hole) this.#fill();
    while (this.#length > 0 && this.#isCancelled(this.#slots[1])) {
      this.#giveBack(this.#slots[1]);
      this.#fill();
    }
    while (this.#head !== this.#tail) {
      const slot = this.#line[this.#head & (this.#line.length - 1)];
      if (!this.#isCancelled(slot)) return;
      this.#giveBack(slot);
      this.#head++;
    }
  }

  #giveBack(slot: number): void {
    this.#free[this.#freeLength++] = slot;
    this.#cancelled--;
  }

  /** Closes the hole at the top of the heap with its last event. */
  #fill(): void {
    this.#hole = false;
    const last = this.#length--;
    const time = this.#times[last];
    const slot = this.#slots[last];
    this.#times[last] = Infinity;
    if (last > 1) this.#sink(1, time, slot);
  }

  #rise(position: number, time: number, slot: number): void {
    const times = this.#times;
    const slots = this.#slots;
    while (position > 1) {
      const parent = position >> 1;
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
    for (let child = 2 * position; child <= length; child = 2 * position) {
      let best = child + +(times[child + 1] < times[child]); // no branch, so none to mispredict
      if (times[child] === times[child + 1]) best = this.#first(child);
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

  /** Of two siblings with equal times, the one whose event was pushed first. */
  #first(child: number): number {
    return this.#orders[this.#slots[child]] < this.#orders[this.#slots[child + 1]]
      ? child
      : child + 1;
  }

  /** Gives back all that is cancelled. */
  #sweep(): void {
    if (this.#hole) this.#fill();
    const before = this.#length;
    this.#length = 0;
    for (let position = 1; position <= before; position++) {
      const slot = this.#slots[position];
      if (this.#isCancelled(slot)) this.#giveBack(slot);
      else {
        this.#times[++this.#length] = this.#times[position];
        this.#slots[this.#length] = slot;
      }
    }
    this.#times.fill(Infinity, this.#length + 1, before + 1);
    for (let p = this.#length >> 1; p >= 1; p--) this.#sink(p, this.#times[p], this.#slots[p]);
    const standing = this.#tail;
    this.#tail = this.#head;
    for (let place = this.#head; place !== standing; place++) {
      const slot = this.#line[place & (this.#line.length - 1)];
      if (this.#isCancelled(slot)) this.#giveBack(slot);
      else this.#line[this.#tail++ & (this.#line.length - 1)] = slot;
    }
  }

  #grow(): void {
    const before = this.#orders.length;
    const capacity = 2 * before;
    if (capacity > MAX_SLOTS) {
      throw new RangeError(
        `Cannot schedule event: pending events must be at most ${MAX_SLOTS}: received ${capacity}`,
      );
    }
    this.#orders = copyInto(new Float64Array(capacity), this.#orders);
    this.#generations = copyInto(new Int32Array(capacity), this.#generations);
    this.#times = copyInto(new Float64Array(capacity + 2).fill(Infinity), this.#times);
    this.#slots = copyInto(new Int32Array(capacity + 2), this.#slots);
    const line = new Int32Array(capacity);
    const standing = this.#tail - this.#head;
    for (let i = 0; i < standing; i++) line[i] = this.#line[(this.#head + i) & (before - 1)];
    [this.#line, this.#head, this.#tail] = [line, 0, standing];
    this.#free = Int32Array.from({ length: capacity }, (_, i) => capacity - 1 - i);
    this.#freeLength = before;
  }
}

function copyInto<A extends Float64Array | Int32Array>(larger: A, smaller: A): A {
  larger.set(smaller);
  return larger;
}
