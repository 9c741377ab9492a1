import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { extentOf, logTicks, niceStep, positionScale } from "../../../../lib/show/chart/scale.ts";
import type { ResolvedChannel } from "../../../../lib/show/chart/channel.ts";

function channel(more: Partial<ResolvedChannel>): ResolvedChannel {
  return {
    field: "v",
    title: "v (s)",
    type: "quantitative",
    scale: "linear",
    titled: true,
    ...more,
  };
}

const domain = (values: unknown[], more: Record<string, unknown> = {}) => {
  const { scale = "linear", ...rest } = more;
  return positionScale(
    { channel: channel({ scale: scale as "linear" }), values, round: true, ...rest },
    250,
    true,
  ).scale.domain;
};

Deno.test("positionScale() starts at zero where that costs less than half of the axis", () => {
  assertEquals(domain([40, 96]), [0, 100]);
  assertEquals(domain([90, 96]), [90, 96]);
  assertEquals(domain([90, 96], { zero: true }), [0, 100]);
  assertEquals(domain([-96, -40]), [-100, 0]);
  assertEquals(domain([40, 96], { tight: true }), [40, 100]);
});

Deno.test("positionScale() gives a single value room, and fractions no binary noise", () => {
  const [low, high] = domain([5]) as [number, number];
  assert(low < 5 && 5 < high);
  const [from, to] = domain([0]) as [number, number];
  assert(from <= 0 && 0 < to);
  assertEquals(domain([0.1, 0.3]), [0, 0.3]);
});

Deno.test("positionScale() ends a log axis at 1, 2 or 5 times a power of ten", () => {
  assertEquals(domain([0.0024, 310], { scale: "log" }), [0.002, 500]);
  assertEquals(domain([1, 1000], { scale: "log" }), [1, 1000]);
  assertEquals(domain([7], { scale: "log" }), [0.5, 100]);
});

Deno.test("positionScale() has no tick above 100 %, and room for a label there", () => {
  const shares = (values: number[]) =>
    positionScale({ channel: channel({ title: "hits (%)" }), values, round: true }, 250, true);
  assertEquals(shares([10, 99.1 * 1.1]).scale.domain, [0, 110]);
  assertEquals(shares([10, 100 * 1.1]).scale.domain, [0, 110]);
  assertEquals(shares([10, 100]).scale.domain, [0, 100]);
  assertEquals(shares([10, 115]).scale.domain, [0, 120]);
});

Deno.test("logTicks() leaves space between the labels of a level axis", () => {
  assertEquals(logTicks(0.01, 1e4, 20).length, 19);
  assertEquals(logTicks(0.01, 1e4, 20, 1000).length, 19);
  assertEquals(logTicks(0.1, 1e3, 20, 260), [0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000]);
  assertEquals(logTicks(0.01, 1e4, 20, 240), [0.01, 0.1, 1, 10, 100, 1000, 10_000]);
});

Deno.test("positionScale().at() runs from 0 to 1 along every kind of axis", () => {
  const linear = positionScale({ channel: channel({}), values: [0, 10] }, 250, false);
  assertEquals([0, 5, 10].map(linear.at), [0, 0.5, 1]);
  const log = positionScale({ channel: channel({ scale: "log" }), values: [1, 100] }, 250, false);
  assertAlmostEquals(log.at(10), 0.5);
  const names = channel({ type: "nominal" });
  const across = positionScale({ channel: names, values: ["a", "b"] }, 250, false);
  assertEquals(["a", "b"].map(across.at), [0.25, 0.75]);
  const down = positionScale({ channel: names, values: ["a", "b"] }, 250, true);
  assertEquals(["a", "b"].map(down.at), [0.75, 0.25]);
});

Deno.test("positionScale() orders numbers that are names, upwards on an upright axis", () => {
  const ordinal = channel({ type: "ordinal" });
  const names = (vertical: boolean) =>
    positionScale({ channel: ordinal, values: [10, 2, 10, 1] }, 250, vertical).scale.domain;
  assertEquals(names(false), [1, 2, 10]);
  assertEquals(names(true), [10, 2, 1]);
});

Deno.test("niceStep() is 1, 2 or 5 times a power of ten", () => {
  assertEquals([[10, 5], [7, 5], [0.9, 3], [1200, 5]].map(([span, n]) => niceStep(span, n)), [
    2,
    1,
    0.2,
    200,
  ]);
});

Deno.test("extentOf() takes more numbers than a call takes arguments", () => {
  assertEquals(extentOf(Array.from({ length: 300_000 }, (_, i) => i)), [0, 299_999]);
});
