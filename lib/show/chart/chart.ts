/**
 * What a chart is, and the parts of it that every chart has: title, description, name.
 *
 * A chart is a plain object in Vega-Lite 5.6, which is what JupyterLab draws.
 *
 * @see https://vega.github.io/vega-lite/docs/
 * @module
 */
import type { Rule } from "./rules.ts";
import { CONFIG, PADDING, SIZES } from "./theme.ts";
import { slugOf, wrapText } from "./title.ts";

/** The Vega-Lite version that JupyterLab draws. */
export const SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json";

/** What every chart takes beside its marks. Sizes in pixels. */
export interface ChartOptions {
  /** The finding, as a sentence: "p99 doubles past 80 % load". */
  title: string;
  /** How it was measured: seeds, counts, what was held fixed. */
  subtitle?: string;
  /** For readers who do not see the chart; derived from the data when absent. */
  description?: string;
  /** Name for files, in kebab-case; derived from the title when absent. */
  slug?: string;
  /** Whole width, 640 when absent. */
  width?: number;
  /** Whole height, 360 when absent. */
  height?: number;
  /** Dashed rules for predictions and objectives. */
  rules?: readonly Rule[];
}

/** A chart: a plain Vega-Lite 5.6 specification. */
export interface Chart {
  readonly $schema: typeof SCHEMA;
  /** The finding, in as many lines as it takes. */
  readonly title: {
    readonly text: string | readonly string[];
    readonly subtitle?: readonly string[];
  };
  readonly description: string;
  readonly usermeta: { readonly workshop: { readonly slug: string; readonly title: string } };
  readonly [property: string]: unknown;
}

/** Width of a chart where the author gives none, in pixels. */
export const WIDTH = 640;
/** Height of a chart where neither author nor mark gives one, in pixels. */
export const HEIGHT = 360;

/** Reports whether a value is a Vega-Lite 5 specification. */
export function isChart(value: unknown): value is Chart {
  return typeof value === "object" && value !== null && "$schema" in value &&
    value.$schema === SCHEMA;
}

/** The title of a chart on one line. */
export function titleOf(chart: Chart): string {
  return chart.usermeta?.workshop?.title ?? [chart.title.text].flat().join(" ");
}

/**
 * Everything of a chart but its drawing.
 *
 * @throws {TypeError} without a title, or with a slug that is not in kebab-case.
 */
export function frame(mark: string, options: ChartOptions, description: string): Chart {
  const { title, subtitle, slug, width = WIDTH } = options;
  if (typeof title !== "string" || title.trim() === "") {
    throw new TypeError(
      `Cannot draw ${mark}: title must be the finding, as a sentence: received ${
        Deno.inspect(title)
      }`,
    );
  }
  if (slug !== undefined && !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(slug)) {
    throw new TypeError(
      `Cannot draw ${mark}: slug must be in kebab-case: received ${Deno.inspect(slug)}; ` +
        `take "${slugOf(String(slug))}"`,
    );
  }
  const room = width - 2 * PADDING;
  const text = wrapText(title, room, { size: SIZES.title, bold: true });
  return {
    $schema: SCHEMA,
    title: {
      text: text.length === 1 ? text[0] : text,
      ...(subtitle && { subtitle: wrapText(subtitle, room, { size: SIZES.subtitle }) }),
    },
    description: options.description ?? description,
    usermeta: { workshop: { slug: slug ?? slugOf(title), title: title.trim() } },
    padding: PADDING,
    config: CONFIG,
  };
}
