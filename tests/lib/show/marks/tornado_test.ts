import { assert, assertEquals, assertThrows } from "@std/assert";
import { tornado } from "../../../../lib/show/marks/tornado.ts";
import { laidOut } from "../laid_out.ts";

const rows = Object.freeze([
  Object.freeze({ name: "push", low: 4.7, high: 5.1 }),
  Object.freeze({ name: "heartbeat", low: 1, high: 30 }),
  Object.freeze({ name: "misses", low: 15, high: 2 }),
]);
const options = {
  name: "name",
  low: "low",
  high: "high",
  base: 4.95,
  value: { title: "worst detection", unit: "s" },
  title: "t",
} as const;

Deno.test("tornado() puts the widest bar on top and says what is assumed", async () => {
  const { texts } = await laidOut(tornado(rows, options));
  const names = texts.filter(({ text }) => rows.some((row) => row.name === text))
    .sort((a, b) => a.box.top - b.box.top).map(({ text }) => text);
  assertEquals(names, ["heartbeat", "misses", "push"]);
  assertEquals(texts.some(({ text }) => text === "as assumed: 4.95 s"), true);
});

Deno.test("tornado() leaves room for the labels of bars that end at the edge", async () => {
  const rows = [
    { name: "drivers", low: 40, high: 58, from: "833.3 k drivers", to: "1.2 M drivers" },
    { name: "time", low: 41, high: 57, from: "600 queries/s", to: "2,400 queries/s" },
  ];
  const value = { title: "connections", unit: "count" };
  const labels = { lowLabel: "from", highLabel: "to" } as const;
  const { texts } = await laidOut(tornado(rows, { ...options, ...labels, base: 46, value }));
  const boxOf = (name: string) => texts.find(({ text }) => text === name)!.box;
  for (const { name, from } of rows) {
    assert(boxOf(name).right < boxOf(from).left, `${name} ends before ${from}`);
  }
  assert(texts.some(({ text }) => text === "as assumed: 46"));
});

Deno.test("tornado() names other ends, and writes a rate as rates are written", async () => {
  const ends = ["twice as fast", "half as fast"] as const;
  const value = { title: "reads", unit: "1/s" };
  const { texts } = await laidOut(tornado(rows, { ...options, ends, value, base: 29_000 }));
  for (const label of [...ends, "as assumed: 29 k/s"]) {
    assert(texts.some(({ text }) => text === label), label);
  }
});

Deno.test("tornado() checks its base and its unit", () => {
  assertThrows(
    () => tornado(rows, { ...options, base: NaN }),
    RangeError,
    "base must be the answer as assumed, a finite number: received NaN",
  );
  assertThrows(
    () => tornado(rows, { ...options, base: 0, value: { ...options.value, scale: "log" } }),
    RangeError,
    "a finite number above zero: received 0",
  );
  assertThrows(
    () => tornado(rows, { ...options, value: { title: "worst detection" } }),
    TypeError,
    "value must have a unit",
  );
});
