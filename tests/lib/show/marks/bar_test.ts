import { assert, assertEquals, assertThrows } from "@std/assert";
import { area } from "../../../../lib/show/marks/area.ts";
import { bar } from "../../../../lib/show/marks/bar.ts";
import { laidOut } from "../laid_out.ts";

const rows = [{ name: "a", v: 30 }, { name: "b", v: 90 }, { name: "c", v: 100 }];
const y = { field: "v", unit: "ms" } as const;

/** The domain of the first encoding of this axis. */
function domainOf(chart: Record<string, unknown>, axis: "x" | "y"): number[] {
  const [layer] = chart.layer as { encoding: Record<string, { scale: { domain: number[] } }> }[];
  return layer.encoding[axis].scale.domain;
}

Deno.test("bar() starts at zero, whatever the values", () => {
  const high = rows.map(({ name, v }) => ({ name, v: v + 900 }));
  assertEquals(domainOf(bar(high, { x: "name", y, title: "t" }), "y")[0], 0);
  const below = rows.map(({ name, v }) => ({ name, v: -v - 900 }));
  assertEquals(domainOf(bar(below, { x: "name", y, title: "t" }), "y")[1], 0);
});

Deno.test("bar() and area() refuse axes without zero", () => {
  for (const build of [bar, area] as typeof bar[]) {
    assertThrows(
      () => build(rows, { x: "name", y: { ...y, scale: "log" }, title: "t" }),
      RangeError,
      "y must be linear, because its lengths start at zero: received scale log",
    );
    assertThrows(
      () => build(rows, { x: "name", y: { ...y, domain: [50, 100] }, title: "t" }),
      RangeError,
      "y must start at zero: received domain 50 to 100",
    );
  }
});

Deno.test("bar() lies level where y holds the names, with room for all of them", async () => {
  const names = Array.from({ length: 12 }, (_, i) => ({ name: `a policy with a name ${i}`, v: i }));
  const chart = bar(names, { y: "name", x: y, title: "t" });
  assert((chart.height as number) > 360);
  const { texts } = await laidOut(chart);
  for (const { name } of names) assert(texts.some(({ text }) => text === name), name);
});

Deno.test("bar() writes values beside few bars and none beside many", async () => {
  const many = Array.from({ length: 30 }, (_, i) => ({ name: i, v: 1000 + i }));
  const texts = async (some: typeof many) =>
    (await laidOut(bar(some, { x: { field: "name", unit: "shard" }, y, title: "t" }))).texts
      .filter(({ text }) => text === "1,003").length;
  assertEquals(await texts(many.slice(0, 5)), 1);
  assertEquals(await texts(many), 0);
});

Deno.test("bar() refuses two rows for one bar", () => {
  assertThrows(
    () => bar([...rows, { name: "a", v: 1 }], { x: "name", y, title: "t" }),
    TypeError,
    'rows must be one a bar: received 2 for "a"; sum them up, or tell them apart with color',
  );
});

Deno.test("bar() stacks in the order of the legend and fits the sums", () => {
  const parts = rows.flatMap(({ name, v }) => [
    { name, part: "queue", v },
    { name, part: "disk", v: 2 * v },
  ]);
  const chart = bar(parts, { x: "name", y, color: "part", stack: true, title: "t" });
  assertEquals(domainOf(chart, "y"), [0, 300]);
  assert(JSON.stringify(chart).includes('indexof([\\"queue\\",\\"disk\\"]'));
});

Deno.test("bar() and point() want both ends of an interval", () => {
  assertThrows(
    () => bar(rows, { x: "name", y, low: "v", title: "t" }),
    TypeError,
    "high must be given with its other end: received undefined",
  );
});
