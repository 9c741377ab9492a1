import { assert, assertEquals, assertThrows } from "@std/assert";
import { thin } from "../../../lib/show/thin.ts";

/** A seeded sequence without pattern. */
function noise(count: number): { x: number; y: number; by: string }[] {
  let state = 1;
  return Array.from({ length: count }, (_, x) => {
    state = (Math.imul(state, 48271) >>> 0) % 2147483647;
    return { x, y: state % 1000, by: x % 3 ? "a" : "b" };
  });
}

Deno.test("thin() keeps the extremes of the whole and both ends", () => {
  for (const max of [4, 7, 50, 499]) {
    const rows = Object.freeze(noise(10_000));
    const fewer = thin(rows, { x: "x", y: "y", max });
    assert(fewer.length <= max, `${fewer.length} of ${max}`);
    const ys = (some: readonly { y: number }[]) => some.map(({ y }) => y);
    assertEquals(Math.max(...ys(fewer)), Math.max(...ys(rows)));
    assertEquals(Math.min(...ys(fewer)), Math.min(...ys(rows)));
    assertEquals([fewer[0].x, fewer.at(-1)!.x], [0, 9999]);
    assertEquals(fewer.map(({ x }) => x), fewer.map(({ x }) => x).sort((a, b) => a - b));
    assertEquals(new Set(fewer).size, fewer.length);
  }
});

Deno.test("thin() leaves few rows as they are, in order of x", () => {
  const rows = [{ x: 3, y: 1 }, { x: 1, y: 2 }];
  assertEquals(thin(rows, { x: "x", y: "y" }), [rows[1], rows[0]]);
});

Deno.test("thin() shares its rows among series", () => {
  const fewer = thin(noise(5000), { x: "x", y: "y", by: "by", max: 100 });
  const count = (name: string) => fewer.filter(({ by }) => by === name).length;
  assert(count("a") <= 50 && count("b") <= 50 && count("b") >= 40);
});

Deno.test("thin() checks its fields and its maximum", () => {
  const rows = noise(10);
  assertThrows(() => thin(rows, { x: "x", y: "z" as "y" }), TypeError, "y must be a field");
  assertThrows(
    () => thin(rows, { x: "x", y: "y", by: "by", max: 7 }),
    RangeError,
    "max must be a whole number, at least 4 a series (2 series): received 7",
  );
});
