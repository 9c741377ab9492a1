import { assertEquals, assertThrows } from "@std/assert";
import { VectorClock } from "lib/structures/vector_clock.ts";

/** Every clock over two replicas with counters below 3, and some over three. */
const clocks = [0, 1, 2].flatMap((a) =>
  [0, 1, 2].flatMap((b) => [new VectorClock({ a, b }), new VectorClock({ a, b, c: 1 })])
);
const opposite = { before: "after", after: "before", equal: "equal", concurrent: "concurrent" };

Deno.test("VectorClock.compare() is the order of all counters", () => {
  for (const x of clocks) {
    for (const y of clocks) {
      const atMost = (p: VectorClock, q: VectorClock) =>
        ["a", "b", "c"].every((r) => p.get(r) <= q.get(r));
      const expected = atMost(x, y)
        ? (atMost(y, x) ? "equal" : "before")
        : (atMost(y, x) ? "after" : "concurrent");
      assertEquals(x.compare(y), expected);
      assertEquals(y.compare(x), opposite[expected]);
    }
  }
});

Deno.test("VectorClock.merge() is the least clock that includes both, whatever the order", () => {
  for (const x of clocks) {
    assertEquals(x.merge(x).compare(x), "equal");
    for (const y of clocks) {
      const both = x.merge(y);
      assertEquals(both.compare(y.merge(x)), "equal");
      assertEquals(
        ["a", "b", "c"].map((r) => both.get(r)),
        ["a", "b", "c"].map((r) => Math.max(x.get(r), y.get(r))),
      );
      for (const z of clocks) {
        assertEquals(both.merge(z).compare(x.merge(y.merge(z))), "equal");
      }
    }
  }
});

Deno.test("VectorClock.increment() comes after, and leaves the old clock alone", () => {
  const clock = new VectorClock({ phone: 3 });
  const next = clock.increment("phone").increment("laptop");
  assertEquals(next.compare(clock), "after");
  assertEquals(clock.toJSON(), { phone: 3 });
  assertEquals(next.toJSON(), { laptop: 1, phone: 4 });
});

Deno.test("VectorClock survives JSON", () => {
  const clock = new VectorClock({ b: 2, a: 1, unused: 0 });
  assertEquals(JSON.stringify(clock), '{"a":1,"b":2}');
  assertEquals(new VectorClock(JSON.parse(JSON.stringify(clock))).compare(clock), "equal");
});

Deno.test("VectorClock refuses counters that are no counts", () => {
  for (const count of [-1, 1.5, NaN]) {
    assertThrows(
      () => new VectorClock({ phone: count }),
      RangeError,
      `counter of phone must be an integer of at least 0: received ${count}`,
    );
  }
});
