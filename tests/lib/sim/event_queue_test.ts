import { assertEquals } from "@std/assert";
import { EventQueue } from "lib/sim/event_queue.ts";
import { stream } from "lib/sim/random.ts";

/** What the queue must do, slowly: a sorted list. */
class SortedList {
  events: { time: number; order: number; id: number }[] = [];
  #order = 0;

  push(time: number, id: number): void {
    this.events.push({ time, order: this.#order++, id });
    this.events.sort((a, b) => a.time - b.time || a.order - b.order);
  }

  cancel(id: number): boolean {
    const before = this.events.length;
    this.events = this.events.filter((event) => event.id !== id);
    return this.events.length < before;
  }
}

for (
  const [mix, cancels, distinct] of [["few", 0.1, 1e9], ["many", 0.45, 1e9], [
    "ties",
    0.3,
    8,
  ]] as const
) {
  Deno.test(`EventQueue: equals a sorted list under random calls, ${mix} cancelled`, () => {
    for (let seed = 0; seed < 20; seed++) {
      const random = stream(seed, mix);
      const queue = new EventQueue();
      const list = new SortedList();
      const ids: number[] = []; // by slot
      const timers = new Map<number, number>(); // by id, also of events that are gone
      for (let id = 0; id < 600; id++) {
        const time = Math.floor(random() * distinct);
        const slot = queue.push(time);
        ids[slot] = id;
        timers.set(id, queue.timer(slot));
        list.push(time, id);
        if (random() < cancels * 2) {
          const victim = Math.floor(random() * (id + 1));
          assertEquals(queue.cancel(timers.get(victim)!), list.cancel(victim));
        }
        if (random() < 0.3 && list.events.length > 0) {
          assertEquals(queue.time, list.events[0].time);
          assertEquals(ids[queue.pop()], list.events.shift()!.id);
        }
        assertEquals(queue.size, list.events.length);
      }
      while (queue.size > 0) assertEquals(ids[queue.pop()], list.events.shift()!.id);
      assertEquals([queue.time, list.events.length], [Infinity, 0]);
    }
  });
}

Deno.test("EventQueue.push() grows far past its first capacity and keeps the order of ties", () => {
  const queue = new EventQueue();
  const slots = Array.from({ length: 10_000 }, (_, i) => queue.push(i % 3));
  for (const rest of [0, 1, 2]) {
    for (let i = rest; i < 10_000; i += 3) assertEquals(queue.pop(), slots[i]);
  }
  assertEquals(queue.size, 0);
});

Deno.test("EventQueue.cancel() refuses a timer whose slot has been used again", () => {
  const queue = new EventQueue();
  const slot = queue.push(1);
  const stale = queue.timer(slot);
  queue.pop();
  assertEquals(queue.push(2), slot);
  assertEquals(queue.cancel(stale), false);
  assertEquals(queue.size, 1);
  const fresh = queue.timer(slot);
  assertEquals([queue.cancel(fresh), queue.cancel(fresh), queue.size], [true, false, 0]);
});

Deno.test("EventQueue.cancel() keeps the heap small when nearly all are cancelled", () => {
  const queue = new EventQueue();
  queue.push(1e9);
  const used = new Set<number>();
  for (let i = 0; i < 100_000; i++) {
    const slot = queue.push(i);
    used.add(slot);
    queue.cancel(queue.timer(slot));
  }
  assertEquals(queue.size, 1);
  assertEquals(used.size < 200, true, `${used.size} slots used`);
});

Deno.test("EventQueue: events at the time of the last one taken come after all that was due, in order", () => {
  const queue = new EventQueue();
  const before = [queue.push(5), queue.push(5), queue.push(5), queue.push(7)];
  assertEquals(queue.pop(), before[0]);
  const now = Array.from({ length: 3000 }, () => queue.push(5)); // grows as they stand in line
  const earlier = queue.push(4); // as only a queue of priorities does
  assertEquals([queue.time, queue.pop(), queue.time], [4, earlier, 5]);
  const timers = now.map((slot) => queue.timer(slot));
  timers.forEach((timer, i) => i % 10 !== 0 && assertEquals(queue.cancel(timer), true));
  assertEquals(queue.size, 2 + 300 + 1);
  assertEquals([queue.pop(), queue.pop()], before.slice(1, 3));
  for (let i = 0; i < 3000; i += 10) assertEquals(queue.pop(), now[i]);
  assertEquals([queue.time, queue.pop(), queue.time, queue.size], [7, before[3], Infinity, 0]);
  assertEquals(timers.some((timer) => queue.cancel(timer)), false);
});
