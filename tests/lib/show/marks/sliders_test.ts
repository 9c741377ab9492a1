import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { compileFormula, withDatum } from "../../../../lib/show/marks/formula.ts";
import { sliders, type SlidersOptions } from "../../../../lib/show/marks/sliders.ts";
import { toSvg } from "../../../../lib/show/render.ts";
import { compile, libraries } from "../../../../lib/show/vega.ts";
import { laidOut } from "../laid_out.ts";

const options: SlidersOptions = {
  x: { name: "heartbeat", domain: [0.25, 60], unit: "s", scale: "log", value: 1.5 },
  y: { title: "detection delay", unit: "s" },
  params: { misses: { value: 3, range: [1, 10], step: 1, unit: "beats" } },
  curves: { worst: "misses * heartbeat + 0.45", mean: "(misses - 0.5) * heartbeat + 0.325" },
  title: "t",
};

// deno-lint-ignore no-explicit-any -- Vega's view has no types in its browser bundle
type View = any;

/** The points on the drawn curves, in pixels from the bottom of the plot, by curve. */
function drawn(view: View): { x: number; curve: string; value: number }[] {
  const rows: { x: number; curve: string; value: number }[] = [];
  const walk = (mark: View): void => {
    for (const item of mark.items ?? []) {
      if (mark.marktype === "line") {
        const { heartbeat, curve, value } = item.datum;
        rows.push({ x: heartbeat, curve, value });
      }
      if (mark.marktype === "group") item.items?.forEach(walk);
    }
  };
  walk(view.scenegraph().root);
  return rows;
}

Deno.test("sliders() computes its curves in Vega, again after each move", async () => {
  const { vega } = libraries();
  const view: View = new vega.View(vega.parse(compile(sliders(options)).spec), {
    renderer: "none",
  });
  for (const misses of [3, 7]) {
    await view.signal("misses", misses).runAsync();
    const rows = drawn(view);
    assertEquals(rows.length, 2 * 121);
    for (const { x, curve, value } of rows) {
      const expected = curve === "worst" ? misses * x + 0.45 : (misses - 0.5) * x + 0.325;
      assertAlmostEquals(value, expected, 1e-9 * expected);
    }
    assertAlmostEquals(Math.min(...rows.map((row) => row.x)), 0.25, 1e-9);
    assertAlmostEquals(Math.max(...rows.map((row) => row.x)), 60, 1e-6);
  }
  view.finalize();
});

Deno.test("sliders() binds an input to every parameter, at the assumption", () => {
  const { params } = sliders(options) as unknown as {
    params: { name: string; value: number; bind: unknown }[];
  };
  assertEquals(params.map(({ name, value }) => [name, value]), [["misses", 3], ["heartbeat", 1.5]]);
  assertEquals(params[0].bind, {
    input: "range",
    min: 1,
    max: 10,
    step: 1,
    name: "misses (beats) ",
  });
});

Deno.test("sliders() names no unit of a pure number", () => {
  const params = { misses: { value: 3, range: [1, 10], unit: "count" } } as const;
  const chart = sliders({ ...options, params }) as unknown as {
    params: { bind: { name: string } }[];
    title: { subtitle: string[] };
  };
  assertEquals(chart.params.map(({ bind }) => bind.name), ["misses ", "heartbeat (s) "]);
  assertEquals(chart.title.subtitle, ["Sliders start at misses 3, heartbeat 1.5 s"]);
});

Deno.test("sliders() writes the upper value above its point, whichever curve it is", async () => {
  const x = { ...options.x, scale: "linear" as const, value: 30 };
  const y = { ...options.y, domain: [0, 200] as const };
  const tops = async (curves: Record<string, string>) => {
    const { texts } = await laidOut(sliders({ ...options, x, y, curves }));
    return ["90", "60"].map((label) => texts.find(({ text }) => text === label)!.box);
  };
  const [upper, lower] = [`misses * heartbeat`, `(misses - 1) * heartbeat`];
  for (const curves of [{ upper, lower }, { lower, upper }]) {
    const [above, below] = await tops(curves);
    assert(above.bottom < below.top);
  }
});

Deno.test("sliders() writes no value over the labels of the axis", async () => {
  const curves = { upper: "100 + 0 * heartbeat", lower: "misses / 3 + 0 * heartbeat" };
  const { texts } = await laidOut(sliders({ ...options, curves }));
  const boxOf = (label: string) => texts.find(({ text }) => text === label)!.box;
  const axis = boxOf("20").top;
  const ones = texts.filter(({ text }) => text === "1").map(({ box }) => box.bottom);
  assert(boxOf("100").bottom < axis);
  assert(Math.min(...ones) < axis, "one of the two is the value, the other a tick");
});

Deno.test("sliders() draws a single curve, with a name or without", async () => {
  const expression = "misses * heartbeat";
  const [named, unnamed] = await Promise.all(
    [{ worst: expression }, expression].map((curves) => toSvg(sliders({ ...options, curves }))),
  );
  assertEquals(named, unnamed);
  const line = named.match(/aria-roledescription="line mark"[^>]*\bd="([^"]*)"/)?.[1] ?? "";
  assert(line.length > 500 && !line.includes("NaN"), line.slice(0, 100));
});

Deno.test("sliders() checks expressions, ranges and values", () => {
  const cases: [Partial<SlidersOptions>, string][] = [
    [{ curves: "misses ** 2" }, "expression must be in Vega's language, over misses, heartbeat"],
    [{ curves: "misses + mises" }, "(mises is unknown)"],
    [{ curves: "log(misses - 10)" }, "the curve must be finite: received NaN at heartbeat = 0.25"],
    [
      { params: { misses: { value: 11, range: [1, 10], unit: "beats" } } },
      "misses must start within its range 1 to 10: received 11",
    ],
    [
      { params: { misses: { value: 1, range: [1, 10], step: 0, unit: "beats" } } },
      "misses.step must be above zero: received 0",
    ],
    [
      { params: { "my misses": { value: 1, range: [1, 10], unit: "beats" } } },
      "my misses must be a name for expressions",
    ],
  ];
  for (const [change, message] of cases) {
    const error = assertThrows(() => sliders({ ...options, ...change })) as Error;
    assert(error.message.includes(message), error.message);
  }
});

Deno.test("compileFormula() computes what Vega would", () => {
  const formula = compileFormula("max(a, 2) * pow(b, 2) - (a > 1 ? sqrt(b) : 0)", ["a", "b"]);
  assertEquals(formula(3, 4), 46);
  assertEquals(formula(1, 4), 32);
});

Deno.test("withDatum() replaces the name as a whole only", () => {
  assertEquals(withDatum("x * max_x + x", "x"), "datum.x * max_x + datum.x");
});
