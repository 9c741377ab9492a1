/**
 * Charts as pictures: SVG by Vega, PNG by resvg, the same bytes on every machine.
 *
 * The text is measured and drawn in the fonts of `data/fonts/`, never in what a machine happens to
 * have, and Vega's counters are reset before each chart.
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { bar } from "./marks/bar.ts";
 * import { toSvg } from "./render.ts";
 *
 * const chart = bar([{ policy: "push", pushes: 10e6 }, { policy: "pull", pushes: 4e6 }], {
 *   x: "policy",
 *   y: { field: "pushes", unit: "1/s" },
 *   title: "Pull sends less than half",
 * });
 * assert((await toSvg(chart, { idPrefix: "a-" })).startsWith("<svg"));
 * ```
 *
 * @module
 */
import { initWasm, Resvg } from "@resvg/resvg-wasm";
import type { Chart } from "./chart/chart.ts";
import { fontFiles } from "./font.ts";
import { compile, libraries } from "./vega.ts";

/** A picture of a chart. */
export interface Png {
  bytes: Uint8Array;
  /** Size on the page in pixels; the picture has `scale` times as many. */
  width: number;
  height: number;
}

/**
 * Draws a chart as SVG.
 *
 * `idPrefix` goes before every id in it, so that several can share a page.
 */
export async function toSvg(
  chart: Chart,
  { idPrefix = "" }: { idPrefix?: string } = {},
): Promise<string> {
  const { vega } = libraries();
  vega.resetSVGDefIds();
  const view = new vega.View(vega.parse(compile(chart).spec), { renderer: "none" });
  try {
    const svg = await view.toSVG();
    return svg
      // Points that only the pointer sees have no place in a picture.
      .replace(/<path [^>]*\bopacity="0"[^>]*><\/path>|<path [^>]*\bopacity="0"[^>]*\/>/g, "")
      .replace(/\b(id="|url\(#|href="#)/g, `$1${idPrefix}`);
  } finally {
    view.finalize();
  }
}

/** Draws a chart as PNG, `scale` times as fine as it is on the page. */
export async function toPng(
  chart: Chart,
  { scale = 1.5 }: { scale?: number } = {},
): Promise<Png> {
  const svg = await toSvg(chart);
  await resvg();
  const picture = new Resvg(svg, {
    fitTo: { mode: "zoom", value: scale },
    background: "white",
    font: { fontBuffers: fontFiles(), defaultFontFamily: "Inter", sansSerifFamily: "Inter" },
  });
  const { width, height } = picture;
  const bytes = picture.render().asPng();
  picture.free();
  return { bytes, width, height };
}

let ready: Promise<void> | undefined;

/** Loads the renderer once. */
function resvg(): Promise<void> {
  ready ??= initWasm(
    Deno.readFile(
      new URL("../../node_modules/@resvg/resvg-wasm/index_bg.wasm", import.meta.url),
    ),
  );
  return ready;
}
