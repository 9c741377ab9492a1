/**
 * Shows charts, tables, diagrams and text in a notebook, in the order given.
 *
 * Every thing is one output with a form for each reader: a chart is Vega-Lite for JupyterLab, a
 * picture for pages that run no code, and a sentence for those who see neither.
 *
 * @example
 * ```ts
 * import { bar } from "./marks/bar.ts";
 * import { show } from "./show.ts";
 *
 * await show(
 *   "Pushes cost more than polls:",
 *   bar([{ policy: "push", rate: 10 }, { policy: "poll", rate: 4 }], {
 *     x: "policy",
 *     y: { field: "rate", unit: "1/s" },
 *     title: "Polls are 2.5 times cheaper",
 *   }),
 * );
 * ```
 *
 * @module
 */
import { type Chart, isChart, titleOf } from "./chart/chart.ts";
import { isPart } from "./chart/part.ts";
import { type Bundle, emit } from "./emit.ts";
import { type Diagram, diagramBundle } from "./mermaid.ts";
import { toPng } from "./render.ts";
import { markdownBundle } from "./say.ts";
import { type Table, tableBundle } from "./table.ts";

/** What can be shown: Markdown, a chart, a table, a diagram. */
export type Showable = string | Chart | Table | Diagram;

/** The media type of charts that JupyterLab draws. */
const VEGALITE = "application/vnd.vegalite.v5+json";

/**
 * Shows things one below the other; await it last in a cell.
 *
 * @throws {TypeError} when something cannot be shown; then nothing is.
 */
export async function show(...things: readonly Showable[]): Promise<void> {
  const bundles: Bundle[] = [];
  for (const thing of things) bundles.push(await bundleOf(thing));
  await emit(...bundles);
}

/** The output of one thing, in all its forms. */
export async function bundleOf(thing: Showable): Promise<Bundle> {
  if (typeof thing === "string") return markdownBundle(thing);
  if (isChart(thing)) return await chartBundle(thing);
  if (isPart(thing)) {
    throw new TypeError(
      `Cannot show ${thing.mark}: title must be the finding, as a sentence: received none; ` +
        `without a title it is a part for layer`,
    );
  }
  if (isKind(thing, "table")) return tableBundle(thing as Table);
  if (isKind(thing, "diagram")) return diagramBundle(thing as Diagram);
  throw new TypeError(
    `Cannot show value: it must be a chart, a table, a diagram or Markdown: received ${
      Deno.inspect(thing, { depth: 1, strAbbreviateSize: 80 })
    }${thing as unknown instanceof Promise ? "; await it first" : ""}`,
  );
}

function isKind(thing: unknown, kind: string): boolean {
  return typeof thing === "object" && thing !== null && "kind" in thing && thing.kind === kind;
}

async function chartBundle(chart: Chart): Promise<Bundle> {
  if (!chart.title?.text || !chart.description) {
    throw new TypeError(
      `Cannot show chart: title and description must say what it shows: received ${
        Deno.inspect({ title: chart.title, description: chart.description })
      }`,
    );
  }
  const { bytes, width, height } = await toPng(chart);
  return {
    data: {
      [VEGALITE]: chart,
      "image/png": bytes.toBase64(),
      "text/plain": `Chart: ${titleOf(chart)}. ${chart.description}`,
    },
    metadata: { "image/png": { width, height } },
  };
}
