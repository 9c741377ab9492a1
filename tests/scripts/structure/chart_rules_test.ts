import { assertEquals, assertStringIncludes } from "@std/assert";
import type { Spec } from "../../../scripts/report/chart.ts";
import { chartProblems } from "../../../scripts/structure/chart_rules.ts";

function problems(spec: Spec, title = "p99 doubles"): string[] {
  const described = { description: "A line.", ...spec };
  return chartProblems({ spec: described, slug: "x", title, subtitle: "", description: "" });
}

const load = { field: "load", type: "quantitative", title: "Load (%)" };
const name = { field: "name", type: "nominal" };
const bare = { field: "p99", type: "quantitative", title: "p99" };

Deno.test("chartProblems() wants units on amounts and times, not on names", () => {
  assertEquals(problems({ encoding: { x: load, y: name } }), []);
  assertEquals(problems({ encoding: { x: { ...name, type: "ordinal" }, y: load } }), []);
  assertEquals(problems({ encoding: { x: load, y: bare } }), [
    'chart "p99 doubles": axis y must have a title with its unit in parentheses: received p99',
  ]);
  const temporal = { field: "at", type: "temporal" };
  assertStringIncludes(problems({ encoding: { x: temporal } })[0], "axis x must have");
});

Deno.test("chartProblems() takes the title from the axis, and none for a hidden axis", () => {
  assertEquals(problems({ encoding: { x: { ...bare, axis: { title: "p99 (ms)" } } } }), []);
  assertEquals(problems({ encoding: { x: { ...bare, axis: null } } }), []);
});

Deno.test("chartProblems() lets one layer name the axis for all", () => {
  const rule = { mark: "rule", encoding: { x: { datum: 5 } } };
  assertEquals(problems({ layer: [rule, { encoding: { x: load } }] }), []);
  assertEquals(problems({ encoding: { x: load }, layer: [{ encoding: { y: name } }] }), []);
  assertEquals(problems({ layer: [rule, { encoding: { y: bare } }] }).length, 1);
});

Deno.test("chartProblems() looks into every panel of a facet or concatenation", () => {
  assertEquals(problems({ facet: { field: "f" }, spec: { encoding: { y: bare } } }).length, 1);
  const panels = [{ encoding: { x: load } }, { layer: [{ encoding: { y: bare } }] }];
  assertEquals(problems({ hconcat: panels }).length, 1);
});

Deno.test("chartProblems() wants a title and a description", () => {
  assertStringIncludes(problems({ encoding: {} }, "")[0], "its title must be its finding");
  assertStringIncludes(problems({ description: " " })[0], "it must have a description");
});
