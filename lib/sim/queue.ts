/**
 * Queueing disciplines: in which order those who wait are served.
 *
 * `fifo` and `lifo` are linked lists through the waiting ones themselves. `priority` serves the
 * lowest number first, `fair` shares the server among flows in proportion to their weights, however
 * much each sends (start-time fair queueing); both are heaps, first come first served at ties. One
 * who gives up leaves any of them without a scan.
 *
 * | discipline | push, pop, remove |
 * | --- | --- |
 * | fifo, lifo | O(1) |
 * | priority, fair | O(log n) |
 *
 * @example
 * ```ts
 * import { fair, Waiting } from "lib/sim/queue.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const queue = fair();
 * const [a1, a2, a3, b1] = ["a", "a", "a", "b"].map((flow) => new Waiting({ flow }));
 * for (const one of [a1, a2, a3, b1]) queue.push(one);
 * assertEquals(queue.pop(), a1);
 * assertEquals(queue.pop(), b1); // not behind everything that flow a sent before
 * ```
 *
 * Source: Goyal, Vin and Cheng, "Start-time Fair Queueing", SIGCOMM 1996.
 */
import { EventQueue, type Timer } from "./event_queue.ts";

/** Someone who can wait in a queue. */
export class Waiting {
  /** Lower is served first. */
  readonly priority: number;
  /** Whose share of a fair queue it counts against: a tenant, a connection. */
  readonly flow: string;
  /** What it counts in a fair queue. */
  readonly cost: number;
  /** Of the queue that it waits in. */
  before: Waiting | undefined;
  after: Waiting | undefined;
  timer: Timer = 0;

  constructor(options: { priority?: number; flow?: string; cost?: number } = {}) {
    this.priority = options.priority ?? 0;
    this.flow = options.flow ?? "";
    this.cost = options.cost ?? 1;
  }
}

export interface Queue<T extends Waiting = Waiting> {
  readonly name: string;
  readonly size: number;
  push(one: T): void;
  /** Takes the one to be served next; undefined when nobody waits. */
  pop(): T | undefined;
  /** Takes out one that waits in this queue. */
  remove(one: T): void;
}

/** First in, first out. */
export function fifo<T extends Waiting = Waiting>(): Queue<T> {
  return new LinkedQueue<T>("fifo");
}

/** Last in, first out: under overload the youngest are served, who still have patience. */
export function lifo<T extends Waiting = Waiting>(): Queue<T> {
  return new LinkedQueue<T>("lifo");
}

/** Lowest `priority` first. */
export function priority<T extends Waiting = Waiting>(): Queue<T> {
  return new HeapQueue<T>("priority", (one) => one.priority);
}

/** A share for each flow in proportion to its weight, 1 where none is given. */
export function fair<T extends Waiting = Waiting>(weights: Record<string, number> = {}): Queue<T> {
  const finish = new Map<string, number>();
  let now = 0; // virtual time: the start tag of the last one served
  function start(one: T): number {
    const begin = Math.max(now, finish.get(one.flow) ?? 0);
    finish.set(one.flow, begin + one.cost / (weights[one.flow] ?? 1));
    return begin;
  }
  return new HeapQueue<T>("fair", start, (tag) => now = tag);
}

class LinkedQueue<T extends Waiting> implements Queue<T> {
  readonly name: "fifo" | "lifo";
  size = 0;
  #first: T | undefined;
  #last: T | undefined;

  constructor(name: "fifo" | "lifo") {
    this.name = name;
  }

  push(one: T): void {
    one.before = this.#last;
    one.after = undefined;
    if (this.#last) this.#last.after = one;
    else this.#first = one;
    this.#last = one;
    this.size++;
  }

  pop(): T | undefined {
    const one = this.name === "fifo" ? this.#first : this.#last;
    if (one) this.remove(one);
    return one;
  }

  remove(one: T): void {
    if (one.before) one.before.after = one.after;
    else this.#first = one.after as T | undefined;
    if (one.after) one.after.before = one.before;
    else this.#last = one.before as T | undefined;
    one.before = one.after = undefined;
    this.size--;
  }
}

class HeapQueue<T extends Waiting> implements Queue<T> {
  readonly name: string;
  #heap = new EventQueue();
  #waiting: (T | undefined)[] = [];
  #key: (one: T) => number;
  #served: (key: number) => void;

  constructor(name: string, key: (one: T) => number, served: (key: number) => void = () => {}) {
    this.name = name;
    this.#key = key;
    this.#served = served;
  }

  get size(): number {
    return this.#heap.size;
  }

  push(one: T): void {
    const key = this.#key(one);
    if (!Number.isFinite(key)) {
      throw new RangeError(`Cannot queue: ${this.name} must be a finite number: received ${key}`);
    }
    const slot = this.#heap.push(key);
    this.#waiting[slot] = one;
    one.timer = this.#heap.timer(slot);
  }

  pop(): T | undefined {
    if (this.#heap.size === 0) return undefined;
    this.#served(this.#heap.time);
    const slot = this.#heap.pop();
    const one = this.#waiting[slot];
    this.#waiting[slot] = undefined;
    return one;
  }

  remove(one: T): void {
    this.#heap.cancel(one.timer);
  }
}
