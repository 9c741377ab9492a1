import { assert, assertEquals, assertThrows } from "@std/assert";
import { integer, stream } from "lib/sim/random.ts";
import { BoundedQueue, type OnFull } from "lib/structures/bounded_queue.ts";

Deno.test("BoundedQueue.push() of each policy treats what does not fit in its way", () => {
  const after = (onFull: OnFull) => {
    const queue = new BoundedQueue<string>({ maxBytes: 10, onFull });
    const held = [queue.push("a", 4), queue.push("b", 4), queue.push("c", 4)];
    const entries = [];
    while (queue.length > 0) entries.push(queue.shift());
    return { held, entries, dropped: queue.dropped };
  };
  assertEquals(after("reject"), { held: [true, true, false], entries: ["a", "b"], dropped: 1 });
  assertEquals(after("oldest"), { held: [true, true, true], entries: ["b", "c"], dropped: 1 });
  assertEquals(after("gap"), { held: [true, true, false], entries: [], dropped: 3 });
});

Deno.test("BoundedQueue.push() never holds an entry above the limit", () => {
  for (const onFull of ["reject", "oldest", "gap"] as const) {
    const queue = new BoundedQueue<number>({ maxBytes: 10, onFull });
    queue.push(1, 3);
    assert(!queue.push(2, 11));
    assertEquals(queue.length, onFull === "gap" ? 0 : 1);
  }
});

Deno.test("BoundedQueue agrees with an array, keeps its limit, and counts what it drops", () => {
  for (let seed = 0; seed < 60; seed++) {
    const random = stream(seed, "bounded queue");
    const onFull = (["reject", "oldest", "gap"] as const)[seed % 3];
    const maxBytes = 1 + integer(random, 60);
    const queue = new BoundedQueue<number>({ maxBytes, onFull });
    const model: { entry: number; bytes: number }[] = [];
    let [dropped, taken, pushed] = [0, 0, 0];
    const held = () => model.reduce((sum, { bytes }) => sum + bytes, 0);
    for (let n = 0; n < 400; n++) {
      if (random() < 0.4) {
        assertEquals(queue.peek(), model[0]?.entry);
        if (model.length > 0) taken++;
        assertEquals(queue.shift(), model.shift()?.entry);
      } else {
        const bytes = integer(random, 20);
        pushed++;
        let fits = held() + bytes <= maxBytes;
        if (!fits && onFull === "gap") dropped += model.splice(0).length;
        if (!fits && onFull === "oldest" && bytes <= maxBytes) {
          while (held() + bytes > maxBytes) dropped += model.splice(0, 1).length;
          fits = true;
        }
        if (fits) model.push({ entry: n, bytes });
        else dropped++;
        assertEquals(queue.push(n, bytes), fits);
      }
      assertEquals([queue.length, queue.bytes], [model.length, held()]);
      assert(queue.bytes <= maxBytes);
    }
    assertEquals(queue.dropped, dropped);
    assertEquals(pushed, taken + queue.length + queue.dropped);
  }
});

Deno.test("BoundedQueue refuses impossible sizes", () => {
  assertThrows(
    () => new BoundedQueue({ maxBytes: 0 }),
    RangeError,
    "Cannot create bounded queue: maxBytes must be positive: received 0",
  );
  assertThrows(
    () => new BoundedQueue({ maxBytes: 1 }).push("a", -1),
    RangeError,
    "Cannot push: bytes must be at least 0: received -1",
  );
});
