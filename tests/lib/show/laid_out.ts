/** Reads the layout of a drawn chart: every text with its box, every line with its points. */
import type { Chart } from "../../../lib/show/chart/chart.ts";
import { compile, libraries } from "../../../lib/show/vega.ts";

export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

export interface LaidOut {
  width: number;
  height: number;
  texts: { text: string; box: Box }[];
  /** Ends of the lines that draw data. */
  lineEnds: { x: number; y: number }[];
}

// deno-lint-ignore no-explicit-any -- Vega's scenegraph has no types in its browser bundle
type Item = any;

/** Lays a chart out as Vega draws it; positions in pixels of the whole picture. */
export async function laidOut(chart: Chart): Promise<LaidOut> {
  const { vega } = libraries();
  const view: Item = new vega.View(vega.parse(compile(chart).spec), { renderer: "none" });
  const svg: string = await view.toSVG();
  const [, width, height] = /viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(svg)!.map(Number);
  const [, left, top] = /<g [^>]*transform="translate\(([\d.-]+),([\d.-]+)\)/.exec(svg)!.map(
    Number,
  );
  const found: LaidOut = { width, height, texts: [], lineEnds: [] };
  walk(view.scenegraph().root, left, top, found);
  view.finalize();
  return found;
}

function walk(mark: Item, x: number, y: number, found: LaidOut): void {
  if (mark.marktype === "line") {
    const ends = [mark.items[0], mark.items.at(-1)].filter((item) => item !== undefined);
    found.lineEnds.push(...ends.map((item) => ({ x: item.x + x, y: item.y + y })));
  }
  for (const item of mark.items ?? []) {
    if (mark.marktype === "text" && item.opacity !== 0 && String(item.text ?? "") !== "") {
      const { x1, y1, x2, y2 } = item.bounds;
      const box = { left: x1 + x, top: y1 + y, right: x2 + x, bottom: y2 + y };
      // The halo of a label is the same text once more, with a stroke.
      if (item.stroke === undefined) found.texts.push({ text: [item.text].flat().join(" "), box });
    }
    if (mark.marktype === "group") {
      for (const child of item.items ?? []) {
        walk(child, x + (item.x ?? 0), y + (item.y ?? 0), found);
      }
    }
  }
}
