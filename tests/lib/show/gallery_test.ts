import { Ajv } from "ajv";
import { assert, assertEquals, assertFalse, assertGreater, assertMatch } from "@std/assert";
import type { Chart } from "../../../lib/show/chart/chart.ts";
import { toPng, toSvg } from "../../../lib/show/render.ts";
import { compile } from "../../../lib/show/vega.ts";
import { gallery } from "./gallery.ts";
import { type Box, laidOut } from "./laid_out.ts";

const root = new URL("../../../", import.meta.url);
const schema = JSON.parse(
  Deno.readTextFileSync(new URL("node_modules/vega-lite/build/vega-lite-schema.json", root)),
);
const validate = new Ajv({ strict: false, validateFormats: false }).compile(schema);

const charts = Object.entries(gallery());

/** All values of this key, anywhere in a specification. */
function valuesOf(spec: unknown, key: string): unknown[] {
  if (typeof spec !== "object" || spec === null) return [];
  return Object.entries(spec).flatMap(([name, value]) => [
    ...(name === key ? [value] : []),
    ...valuesOf(value, key),
  ]);
}

function overlap(a: Box, b: Box): boolean {
  // Line boxes have some air above and below their letters.
  const air = 2.5;
  return a.left + 1 < b.right && b.left + 1 < a.right &&
    a.top + air < b.bottom - air && b.top + air < a.bottom - air;
}

for (const [name, chart] of charts) {
  Deno.test(`gallery ${name} is valid Vega-Lite and compiles without a warning`, () => {
    assert(validate(chart), JSON.stringify(validate.errors?.slice(0, 3)));
    const fresh = gallery()[name]; // Vega marks the rows that it has drawn
    assertEquals(JSON.parse(JSON.stringify(fresh)), fresh); // plain: nothing gets lost on the wire
    assertEquals(compile(chart).warnings, []);
  });

  Deno.test(`gallery ${name} has title, description, name, units and few rows`, () => {
    assertGreater([chart.title.text].flat().join(" ").length, 10);
    assertGreater(chart.description.length, 30);
    assertMatch(chart.usermeta.workshop.slug, /^[a-z0-9]+(-[a-z0-9]+)*$/);
    for (const position of ["x", "y"]) {
      for (const encoding of valuesOf(chart, position) as Record<string, unknown>[]) {
        if (encoding?.type !== "quantitative" || encoding.title === undefined) continue;
        assertMatch(String(encoding.title), /\(.+\)$/);
        const { type } = encoding.scale as { type?: string };
        assertEquals(type === "log", /, log\)$/.test(String(encoding.title)));
      }
    }
    const rows = valuesOf(chart, "values").flat()
      .filter((row) => typeof row === "object" && Object.keys(row as object).length > 0);
    assert(rows.length <= 500, `${rows.length} rows`);
  });

  Deno.test(`gallery ${name} shows all its texts whole and apart`, async () => {
    const { width, height, texts, lineEnds } = await laidOut(chart);
    assertGreater(texts.length, 3);
    for (const { text, box } of texts) {
      const whole = box.left >= 0 && box.top >= 0 && box.right <= width && box.bottom <= height;
      assert(whole, `${text} at ${JSON.stringify(box)} leaves ${width} x ${height}`);
      assertFalse(text.includes("…"), text);
    }
    texts.forEach((a, i) => {
      for (const b of texts.slice(i + 1)) {
        assertFalse(overlap(a.box, b.box), `"${a.text}" and "${b.text}" overlap`);
      }
    });
    for (const label of ruleLabels(chart)) {
      const found = texts.find(({ text }) => text === label);
      assert(found, `${label} is not drawn`);
      for (const { x, y } of lineEnds) {
        const { left, right, top, bottom } = found.box;
        assertFalse(x > left && x < right && y > top && y < bottom, `${label} hides a line's end`);
      }
    }
  });

  Deno.test(`gallery ${name} renders as SVG and PNG, the same bytes each time`, async () => {
    const svg = await toSvg(chart);
    assertFalse(
      /NaN|undefined|Infinity/.test(svg),
      svg.match(/.{40}(NaN|undefined|Infinity)/)?.[0],
    );
    assertEquals(await toSvg(chart), svg);
    const png = await toPng(chart);
    assertEquals((await toPng(chart)).bytes, png.bytes);
    assertEquals([...png.bytes.slice(1, 4)], [0x50, 0x4e, 0x47]); // PNG
    assert(png.bytes.length < 150_000, `${png.bytes.length} bytes`);
    assert(png.width <= 660 && png.height <= 640, `${png.width} x ${png.height}`);
    assertEquals(`${png.width}`, /width="(\d+)/.exec(svg)?.[1]);
  });
}

/** The labels of a chart's rules, which are texts given by value. */
function ruleLabels(chart: Chart): string[] {
  const labels = valuesOf(chart, "text")
    .map((text) => (text as { value?: string | string[] }).value)
    .filter((value) => value !== undefined)
    .map((value) => [value].flat().join(" "));
  return [...new Set(labels)];
}
