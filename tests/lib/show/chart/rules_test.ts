import { assert, assertEquals, assertFalse, assertThrows } from "@std/assert";
import { line } from "../../../../lib/show/marks/line.ts";
import type { Rule } from "../../../../lib/show/chart/rules.ts";
import { laidOut } from "../laid_out.ts";

const rows = Array.from({ length: 20 }, (_, i) => ({ x: i, y: i * i }));

const withRules = (rules: Rule[], y: Record<string, unknown> = {}) =>
  line(rows.slice(1), {
    x: { field: "x", unit: "s" },
    y: { field: "y", unit: "ms", ...y },
    title: "rules",
    rules,
  });

Deno.test("rules keep their labels within the picture wherever they are", async () => {
  for (const share of [0, 0.02, 0.3, 0.5, 0.8, 0.98, 1]) {
    const label = "a label of a fair length: 200 ms";
    const chart = withRules([
      { x: 1 + 18 * share, label },
      { y: 361 * share, label: `${label}, level` },
    ]);
    const { texts, width, height } = await laidOut(chart);
    const labels = texts.filter(({ text }) => text.startsWith(label));
    assertEquals(labels.length, 2);
    for (const { box } of labels) {
      assert(box.left >= 0 && box.right <= width && box.top >= 0 && box.bottom <= height);
    }
    const [a, b] = labels.map(({ box }) => box);
    const apart = a.right < b.left || b.right < a.left || a.bottom < b.top || b.bottom < a.top;
    assert(apart, `at ${share}`);
  }
});

Deno.test("rules keep their labels off the end of the line", async () => {
  const { texts, lineEnds } = await laidOut(withRules([{ y: 355, label: "objective: 355 ms" }]));
  const { box } = texts.find(({ text }) => text === "objective: 355 ms")!;
  for (const { x, y } of lineEnds) {
    assertFalse(x > box.left - 3 && x < box.right + 3 && y > box.top - 3 && y < box.bottom + 3);
  }
});

Deno.test("rules wrap a label that is wider than its side of the plot", async () => {
  const label =
    "this label is so long that no side of the rule has room for it on a single line at all";
  const { texts, width } = await laidOut(withRules([{ x: 9, label }]));
  const { box } = texts.find(({ text }) => text === label)!;
  assert(box.left > 0 && box.right < width && box.bottom - box.top > 20);
});

Deno.test("rules widen the axis so that they are in view", async () => {
  const { texts } = await laidOut(withRules([{ y: 1000, label: "limit" }]));
  assert(texts.some(({ text }) => text === "1,000"));
});

Deno.test("rules are checked", () => {
  const cases: [Rule, string, Record<string, unknown>?][] = [
    [{ y: 5, label: "" }, "rules[0].label must say what the rule is"],
    [{ label: "a" } as Rule, "rules[0] must have x or y"],
    [{ x: 1, y: 2, label: "a" } as unknown as Rule, "rules[0] must have x or y"],
    [{ y: NaN, label: "a" }, "rules[0].y must be a finite number: received NaN"],
    [{ y: 0, label: "a" }, "must be above zero on a log scale", { scale: "log" }],
    [{ y: 9, label: "a" }, "must be within the domain 0 to 5", { domain: [0, 5] }],
  ];
  for (const [rule, message, y] of cases) {
    assertThrows(() => withRules([rule], y), Error, message);
  }
  assertThrows(
    () =>
      line([{ a: "p", b: 1 }], {
        x: "a",
        y: { field: "b", unit: "s" },
        title: "t",
        rules: [{ x: 1, label: "a" }],
      }),
    TypeError,
    "rules[0].x must be on an axis of numbers: received nominal",
  );
});
