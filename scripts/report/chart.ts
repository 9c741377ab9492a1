/**
 * Charts of a notebook: found in its outputs, drawn as pictures, shown as figures.
 *
 * A page shows the picture at once, and its script puts the live chart in the picture's place;
 * without scripts, or when a chart does not draw, the picture stays. The title is set as text above
 * it, so that it wraps on a phone, can be searched, and reads like the rest of the page.
 *
 * @module
 */
import type { Chart as VegaLiteChart } from "../../lib/show/chart/chart.ts";
import { slugOf } from "../../lib/show/chart/title.ts";
import { toPng, toSvg } from "../../lib/show/render.ts";
import type { Notebook, Output } from "../notebook/notebook.ts";
import { fragment, type Html, raw } from "./html.ts";

/** A Vega-Lite specification. */
export type Spec = Record<string, unknown>;

/** The media type of charts in our notebooks. */
export const CHART = "application/vnd.vegalite.v5+json";

export interface Chart {
  spec: Spec;
  /** What it shows, in kebab case. */
  slug: string;
  /** The finding; empty for a chart without a title. */
  title: string;
  subtitle: string;
  description: string;
}

function toText(text: unknown): string {
  if (Array.isArray(text)) return text.join(" ");
  return typeof text === "string" ? text : "";
}

/** The chart that an output holds, if it does. */
export function chartOf(output: Output): Chart | undefined {
  const spec = "data" in output ? output.data[CHART] : undefined;
  if (typeof spec !== "object" || spec === null) return undefined;
  const { title, description, usermeta } = spec as {
    title?: string | string[] | { text?: unknown; subtitle?: unknown };
    description?: string;
    usermeta?: { workshop?: { slug?: string } };
  };
  const isObject = typeof title === "object" && !Array.isArray(title);
  const text = toText(isObject ? title.text : title);
  return {
    spec: spec as Spec,
    slug: slugOf(usermeta?.workshop?.slug ?? text),
    title: text,
    subtitle: isObject ? toText(title.subtitle) : "",
    description: description ?? text,
  };
}

/** All charts of a notebook in order, each with a slug of its own. */
export function chartsOf(notebook: Notebook): Chart[] {
  const taken = new Set<string>();
  const outputs = notebook.cells.flatMap((cell) => cell.cell_type === "code" ? cell.outputs : []);
  return outputs.flatMap((output) => {
    const chart = chartOf(output);
    if (chart === undefined) return [];
    let slug = chart.slug;
    for (let n = 2; taken.has(slug); n++) slug = `${chart.slug}-${n}`;
    taken.add(slug);
    return [{ ...chart, slug }];
  });
}

/** A chart's file name without its ending: `01-pushes-against-window`. */
export function chartFileName(session: { number?: string; stem: string }, chart: Chart): string {
  return `${session.number ?? session.stem}-${chart.slug}`;
}

/** Reports whether drawing a specification would need data from elsewhere. */
export function needsNetwork(spec: unknown): boolean {
  if (typeof spec !== "object" || spec === null) return false;
  const { data } = spec as { data?: { url?: unknown } };
  return typeof data?.url === "string" ||
    Object.entries(spec).some(([key, value]) => key !== "values" && needsNetwork(value));
}

/** The chart as it stands in a figure, whose caption is its title; a computed title stays inside. */
export function withoutTitle(chart: Chart): Spec {
  if (chart.title === "") return chart.spec;
  const { title: _title, ...spec } = chart.spec;
  return spec;
}

async function draw<Picture>(
  { title, slug }: Chart,
  spec: Spec,
  render: (spec: VegaLiteChart) => Promise<Picture>,
): Promise<Picture> {
  if (needsNetwork(spec)) {
    throw new Error(
      `Cannot draw chart "${title || slug}": its data must be in the notebook: received an address`,
    );
  }
  try {
    // Vega marks the rows that it is given.
    return await render(structuredClone(spec) as unknown as VegaLiteChart);
  } catch (error) {
    throw new Error(`Cannot draw chart "${title || slug}": ${(error as Error).message}`);
  }
}

/**
 * The chart as SVG; `idPrefix` keeps its ids apart from those of others in a page.
 *
 * @throws {Error} when Vega cannot draw it, or when its data is elsewhere
 */
export async function toPicture(chart: Chart, spec: Spec, idPrefix = ""): Promise<string> {
  return await draw(chart, spec, (drawable) => toSvg(drawable, { idPrefix }));
}

/** The chart as the bytes of a PNG; errors as for `toPicture`. */
export async function toPixels(chart: Chart): Promise<Uint8Array> {
  return (await draw(chart, chart.spec, (drawable) => toPng(drawable))).bytes;
}

/** The chart's title as text. */
export function caption({ title, subtitle }: Chart): Html | undefined {
  if (title === "") return undefined;
  return fragment`<figcaption>${title}${
    subtitle && fragment`<small>${subtitle}</small>`
  }</figcaption>`;
}

/** JSON that may stand inside a `<script>` element. */
function inlineJson(value: unknown): Html {
  return raw(JSON.stringify(value).replaceAll("<", "\\u003c"));
}

/** The figure of a chart; `id` is its own in the page. */
export async function chartFigure(chart: Chart, id: string): Promise<Html> {
  const spec = withoutTitle(chart);
  const svg = await toPicture(chart, spec, `${id}-`);
  return fragment`
<figure class="chart" id="${id}">
${caption(chart)}
<div class="picture" role="img" aria-label="${chart.description}">${raw(svg)}</div>
<script type="application/json" data-chart>${inlineJson(spec)}</script>
</figure>
`;
}
