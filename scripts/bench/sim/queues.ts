/**
 * Heaps in the hold model: a queue of constant size, from which the earliest event is taken and
 * another put back later, as in a simulation.
 *
 * @module
 */
import { EventQueue } from "lib/sim/event_queue.ts";
import { stream } from "lib/sim/random.ts";

/** A heap of numbers; `pop` returns the smallest. */
export interface Heap {
  push(time: number): void;
  pop(): number;
}

/** Every heap, by its package; each holds a time and an event number, as a simulation needs. */
export const heaps: Record<string, () => Promise<Heap>> = {
  ours() {
    const queue = new EventQueue();
    return Promise.resolve({
      push: (time) => void queue.push(time),
      pop() {
        const time = queue.time;
        queue.pop();
        return time;
      },
    });
  },
  async "flatqueue 3.1.0"() {
    const { default: FlatQueue } = await import("npm:flatqueue@3.1.0");
    const queue = new FlatQueue<number>();
    return flat(queue);
  },
  async "flatqueue 3.1.0 of fixed capacity"() {
    const { default: FlatQueue } = await import("npm:flatqueue@3.1.0");
    return flat(new FlatQueue<number>(2 ** 21));
  },
  async "tinyqueue 3.0.0"() {
    const { default: TinyQueue } = await import("npm:tinyqueue@3.0.0");
    return items(new TinyQueue<Item>([], (a: Item, b: Item) => a.time - b.time));
  },
  async "heap-js 2.7.1"() {
    const { Heap } = await import("npm:heap-js@2.7.1");
    return items(new Heap<Item>((a: Item, b: Item) => a.time - b.time));
  },
  async "@datastructures-js/priority-queue 6.4.0"() {
    const { PriorityQueue } = await import("npm:@datastructures-js/priority-queue@6.4.0");
    return items(new PriorityQueue<Item>((a: Item, b: Item) => a.time - b.time));
  },
  async "fastpriorityqueue 0.8.0"() {
    const { default: FastPriorityQueue } = await import("npm:fastpriorityqueue@0.8.0");
    const queue = new FastPriorityQueue<Item>((a: Item, b: Item) => a.time < b.time);
    return {
      push: (time) => queue.add({ time, event: count++ }),
      pop: () => queue.poll()!.time,
    };
  },
  async "mnemonist 0.40.8"() {
    const { Heap } = await import("npm:mnemonist@0.40.8");
    return items(new Heap<Item>((a: Item, b: Item) => a.time - b.time));
  },
};

interface Item {
  time: number;
  event: number;
}

let count = 0;

function items(queue: { push(item: Item): unknown; pop(): unknown }): Heap {
  return {
    push: (time) => void queue.push({ time, event: count++ }),
    pop: () => (queue.pop() as Item).time,
  };
}

function flat(
  queue: {
    push(item: number, time: number): void;
    pop(): unknown;
    peekValue(): number | undefined;
  },
): Heap {
  return {
    push: (time) => queue.push(count++ & 0xffffff, time),
    pop() {
      const time = queue.peekValue()!;
      queue.pop();
      return time;
    },
  };
}

/** Holds `size` events, `steps` times: steps a second, and the sum of all times as the answer. */
export function hold(queue: Heap, size: number, steps: number): { rate: number; sum: number } {
  const random = stream(size, "gaps");
  const gaps = Float64Array.from({ length: 4096 }, () => -Math.log(1 - random()));
  let next = 0;
  let sum = 0;
  for (let i = 0; i < size; i++) queue.push(gaps[next++ & 4095] + i * 1e-9);
  const started = performance.now();
  for (let i = 0; i < steps; i++) {
    const time = queue.pop();
    sum += time;
    queue.push(time + gaps[next++ & 4095]);
  }
  return { rate: steps / (performance.now() - started) * 1000, sum };
}
