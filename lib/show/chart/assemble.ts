/**
 * Puts parts onto common axes and colours: a finished chart.
 *
 * Whatever a renderer could decide differently (ends of axes, order of categories, colours, columns of
 * the legend) is fixed here, so that the picture in the notebook, in JupyterLab and in the report is
 * the same.
 *
 * @module
 */
import { type Axis, commonAxis } from "./axes.ts";
import { type Chart, type ChartOptions, frame } from "./chart.ts";
import { escaped } from "./channel.ts";
import { describe } from "./description.ts";
import { type Facet, type FacetOptions, multiples, resolveFacet } from "./facet.ts";
import { layout } from "./layout.ts";
import { inks } from "./legend.ts";
import type { Encoding, Part, Pen } from "./part.ts";
import { checkSize } from "./rows.ts";
import { checkRules, ruleLayers } from "./rules.ts";
import { seriesScale } from "./series.ts";

/** A finished chart where there is a title, else a part for `layer`. */
export function finish<R>(
  part: Part,
  options: Partial<ChartOptions> & FacetOptions<R>,
): Chart | Part {
  if (options.title === undefined) return part;
  return assemble([part], options as ChartOptions, facetOf(part, options));
}

function facetOf<R>(part: Part, { facet }: FacetOptions<R>): Facet | undefined {
  return resolveFacet(part.mark, part.rows, facet as string | undefined);
}

/** Draws parts on common axes; split into small multiples where a facet is given. */
export function assemble(parts: readonly Part[], options: ChartOptions, facet?: Facet): Chart {
  const mark = parts.length === 1 ? parts[0].mark : "layer";
  const { rules = [] } = options;
  checkSize(mark, parts.reduce((count, part) => count + part.rows.length, 0));
  checkRules(mark, rules, { x: parts[0].x.channel, y: parts[0].y.channel });
  const series = seriesScale(mark, parts);
  const base = frame(mark, options, describe(parts, series, rules));
  const { whole, plot, legendColumns } = layout(parts, options, base, series, facet);
  const x = commonAxis("x", parts, rules, plot.width);
  const y = commonAxis("y", parts, rules, plot.height);
  const drawn = parts.map((part) => {
    const hand = {
      ...pen(part, { x, y }),
      ...inks(part, series, legendColumns, facet !== undefined),
    };
    const data = part.data ?? { values: part.rows };
    return { data, layer: part.draw(hand), label: part.label?.(hand) ?? [] };
  });
  const ruled = ruleLayers(
    rules,
    { ...plot, x: x.position, y: y.position },
    parts,
    { x: x.encoding, y: y.encoding },
  ).map((layer) => ({ data: { values: [{}] }, ...layer }));
  if (facet) {
    const [{ data, layer, label }] = drawn;
    return { ...base, ...multiples(facet, data, [...layer, ...ruled, ...label], plot) };
  }
  const params = parts.flatMap((part) => part.params ?? []);
  return {
    ...base,
    ...whole,
    autosize: { type: "fit", contains: "padding" },
    ...(params.length > 0 && { params }),
    ...together(drawn, ruled),
  };
}

type Drawn = { data: unknown; layer: unknown[]; label: unknown[] };

/** Marks, then rules, then labels; each part brings its data. */
function together(drawn: readonly Drawn[], ruled: readonly unknown[]): Record<string, unknown> {
  const [{ data, layer, label }] = drawn;
  if (drawn.length === 1) return { data, layer: [...layer, ...ruled, ...label] };
  return {
    layer: [
      ...drawn.map(({ data, layer }) => ({ data, layer })),
      ...ruled,
      ...drawn.filter(({ label }) => label.length > 0)
        .map(({ data, label }) => ({ data, layer: label })),
    ],
  };
}

function pen(part: Part, axes: { x: Axis; y: Axis }): Pick<Pen, "x" | "y" | "on"> {
  const on = (axis: "x" | "y", field: string): Encoding => ({
    field: escaped(field),
    ...axes[axis].encoding,
  });
  return { x: on("x", part.x.channel.field), y: on("y", part.y.channel.field), on };
}
