import { assert, assertEquals, assertThrows } from "@std/assert";
import { line } from "../../../../lib/show/marks/line.ts";
import { steps } from "../../../../lib/show/marks/steps.ts";
import { laidOut } from "../laid_out.ts";

const rows = Object.freeze([1, 2, 3].map((x) => Object.freeze({ x, y: x * x, kind: "a" })));
const options = { x: { field: "x", unit: "s" }, y: { field: "y", unit: "ms" } } as const;

Deno.test("line() copies the fields that it draws, and no others", () => {
  const chart = line(rows, { ...options, title: "t" });
  assertEquals(chart.data, { values: [{ x: 1, y: 1 }, { x: 2, y: 4 }, { x: 3, y: 9 }] });
});

Deno.test("line() needs a title that says something, and rows", () => {
  assertThrows(
    () => line(rows, { ...options, title: " " }),
    TypeError,
    'Cannot draw line: title must be the finding, as a sentence: received " "',
  );
  assertThrows(
    () => line([], { ...options, title: "t" }),
    TypeError,
    "Cannot draw line: rows must be at least one: received none",
  );
  assertThrows(
    () => line({} as [], { ...options, title: "t" }),
    TypeError,
    "rows must be a list of objects: received {}",
  );
  assertThrows(
    () => line([5 as unknown as { x: number; y: number }], { ...options, title: "t" }),
    TypeError,
    "row 1 must be an object: received 5",
  );
});

Deno.test("line() takes only fields that the rows have, in the types too", () => {
  assertThrows(
    // @ts-expect-error -- "z" is no field of the rows
    () => line(rows, { ...options, x: "z", title: "t" }),
    TypeError,
    'x must be a field of the rows (x, y, kind): received "z"',
  );
});

Deno.test("line() refuses more than 500 rows and names the way out", () => {
  const many = Array.from({ length: 501 }, (_, i) => ({ x: i, y: i }));
  assertThrows(
    () => line(many, { ...options, title: "t" }),
    RangeError,
    "Cannot draw line: rows must be at most 500: received 501; thin(rows, { x, y, max: 500 })",
  );
  assertEquals(
    (line(many.slice(1), { ...options, title: "t" }).data as { values: [] }).values.length,
    500,
  );
});

Deno.test("line() takes slug and description, or derives them", () => {
  const derived = line(rows, { ...options, title: "Squares grow fast" });
  assertEquals(derived.usermeta.workshop, {
    slug: "squares-grow-fast",
    title: "Squares grow fast",
  });
  assertEquals(
    derived.description,
    "Line chart of y (ms) by x (s). x from 1 to 3. y from 1 to 9.",
  );
  const given = line(rows, { ...options, title: "t", slug: "squares", description: "d" });
  assertEquals([given.usermeta.workshop.slug, given.description], ["squares", "d"]);
  assertThrows(
    () => line(rows, { ...options, title: "t", slug: "My Slug" }),
    TypeError,
    'slug must be in kebab-case: received "My Slug"; take "my-slug"',
  );
});

Deno.test("line() wraps a long title into lines and keeps it whole beside", async () => {
  const title =
    "a finding that needs more words than one line of a chart of this width could ever hold";
  const chart = line(rows, { ...options, title });
  assertEquals((chart.title.text as string[]).length, 2);
  assertEquals(chart.usermeta.workshop.title, title);
  const { texts } = await laidOut(chart);
  assert(texts.some(({ text }) => text === title));
});

Deno.test("line() draws dates in UTC", async () => {
  const chart = line(
    [0, 6, 12].map((hour) => ({ at: new Date(Date.UTC(2026, 5, 1, hour)), y: hour })),
    { x: "at", y: options.y, title: "t" },
  );
  const { texts } = await laidOut(chart);
  assert(texts.some(({ text }) => text === "06:00"));
});

Deno.test("line() escapes fields that look like paths", async () => {
  const chart = line([{ "a.b": 1, "c[0]": 2 }, { "a.b": 2, "c[0]": 8 }], {
    x: { field: "a.b", unit: "s" },
    y: { field: "c[0]", unit: "ms" },
    title: "t",
  });
  const { lineEnds } = await laidOut(chart);
  assert(lineEnds[0].x < lineEnds[1].x && lineEnds[0].y > lineEnds[1].y);
});

Deno.test("line() has small multiples with one heading each", async () => {
  const two = [...rows, ...rows.map((row) => ({ ...row, kind: "b" }))];
  const { texts, lineEnds } = await laidOut(
    line(two, { ...options, facet: "kind", title: "t" }),
  );
  assertEquals(texts.filter(({ text }) => text === "a" || text === "b").length, 2);
  assertEquals(lineEnds.length, 4);
  assertThrows(
    () =>
      line(Array.from({ length: 13 }, (_, x) => ({ x, y: x })), {
        ...options,
        facet: "x",
        title: "t",
      }),
    RangeError,
    "facet must have at most 12 values: received 13",
  );
});

Deno.test("line() takes one name or a colour field, not both", () => {
  assertThrows(
    () => line(rows, { ...options, color: "kind", name: "n", title: "t" }),
    TypeError,
    "name and meaning must be absent where color gives the series: received n",
  );
});

Deno.test("steps() holds each value until the next", async () => {
  const chart = steps(rows, { ...options, title: "t" });
  assertEquals(JSON.stringify(chart).includes('"interpolate":"step-after"'), true);
  assertEquals((await laidOut(chart)).lineEnds.length, 2);
});
