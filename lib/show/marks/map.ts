/**
 * A map: land, shaded regions, paths and places in one projection, or several small maps with one scale.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { map } from "./map.ts";
 * import { places, regions } from "./map_layers.ts";
 *
 * const cells = [{ ring: [[30, 30], [32, 30], [32, 31], [30, 31]], drivers: 700 }];
 * const chart = map([
 *   regions(cells, { ring: "ring", color: { field: "drivers", unit: "count" } }),
 *   places([{ lat: 30.04, lon: 31.24, city: "Cairo" }], { lat: "lat", lon: "lon", label: "city" }),
 * ], { view: { south: 29, west: 28, north: 32, east: 34 }, title: "Half of the drivers are in Cairo" });
 * assertEquals(chart.description, "Map of regions shaded by drivers (count), with places.");
 * ```
 *
 * @module
 */
import { type Chart, type ChartOptions, frame, WIDTH } from "../chart/chart.ts";
import { project, type Projected, type View } from "../chart/projection.ts";
import { checkSize, type Row } from "../chart/rows.ts";
import { MEANINGS, PADDING } from "../chart/theme.ts";
import type { MapLayer } from "./map_layers.ts";

/** Options of {@linkcode map}. */
export interface MapOptions extends Omit<ChartOptions, "rules" | "height"> {
  /** What of the Earth it shows; for several small maps, a view each. */
  view: View | Readonly<Record<string, View>>;
  /** The field whose values are the names of the small maps; rows without it are in all. */
  facet?: string;
  columns?: number;
  /** Height of a map at most, in pixels. */
  most?: number;
}

const SEA = "#f2f5f8";
const LEGEND = { orient: "top", direction: "horizontal", titleOrient: "left", offset: 8 };
/** Between small maps, in pixels. */
const GAP = 14;

/**
 * Draws layers, the last on top.
 *
 * @throws {TypeError} without layers or title
 * @throws {RangeError} when a map has more than 500 rows
 */
export function map(layers: readonly MapLayer[], options: MapOptions): Chart {
  const { facet, title, subtitle, slug, description, width = WIDTH } = options;
  if (layers.length === 0) {
    throw new TypeError("Cannot draw map: layers must be at least one: received none");
  }
  const nouns = [...new Set(layers.map(({ noun }) => noun).filter((noun) => noun !== "land"))];
  const words = `Map of ${nouns.join(", with ") || "land"}.`;
  const base = frame("map", { title, subtitle, slug, description, width }, words);
  const room = width - 2 * PADDING;
  const whole = { autosize: { type: "pad", contains: "padding" } };
  if (facet === undefined) {
    const fitted = project(options.view as View, room, options.most ?? 400);
    return { ...base, ...whole, ...single(layers, fitted, options.view as View, () => true) };
  }
  const views = Object.entries(options.view as Record<string, View>);
  const columns = options.columns ?? Math.min(2, views.length);
  const each = Math.floor((room - GAP * (columns - 1)) / columns);
  return {
    ...base,
    ...whole,
    columns,
    spacing: GAP,
    resolve: { scale: { color: "shared" } },
    concat: views.map(([name, view], i) => ({
      title: { text: name, fontSize: 12, anchor: "start", frame: "group", offset: 4 },
      ...single(
        layers,
        project(view, each, options.most ?? 230),
        view,
        (row) => row[facet] === undefined || String(row[facet]) === name,
        i === 0,
      ),
    })),
  };
}

function single(
  layers: readonly MapLayer[],
  { projection, width, height }: Projected,
  view: View,
  isIn: (row: Row) => boolean,
  withKey = true,
): Record<string, unknown> {
  const round = view === "world" || "globe" in view;
  const rows = layers.map((layer) => layer.rows.filter(isIn));
  checkSize("map", rows.reduce((count, own) => count + own.length, 0));
  const keys = layers.flatMap(({ key }) => key !== undefined && "name" in key ? [key] : []);
  return {
    width,
    height,
    projection,
    view: { fill: round ? "white" : SEA },
    layer: [
      ...(round ? [sphere, graticule] : []),
      ...layers.flatMap((layer, i) =>
        rows[i].length === 0 && layer.rows.length > 0 ? [] : layer.draw(rows[i], LEGEND)
      ),
      ...(round ? [rim] : []),
      ...(withKey && keys.length > 0 ? [keyOf(keys)] : []),
    ],
    ...(keys.length > 0 && layers.some(({ key }) => key && "shades" in key) && {
      resolve: { scale: { color: "independent" } },
    }),
  };
}

const sphere = { data: { sphere: true }, mark: { type: "geoshape", fill: SEA } };
const rim = {
  data: { sphere: true },
  mark: { type: "geoshape", filled: false, stroke: "#9aa1ab", strokeWidth: 1 },
};
const graticule = {
  data: { graticule: { step: [30, 30] } },
  mark: { type: "geoshape", filled: false, stroke: "#d9dee5", strokeWidth: 0.6 },
};

/** Marks that cannot be seen, for the sake of their legend. */
function keyOf(keys: readonly { name: string; meaning: keyof typeof MEANINGS }[]) {
  const named = [...new Map(keys.map((key) => [key.name, key])).values()];
  return {
    data: { values: named.map(({ name }) => ({ name, lat: 0, lon: 0 })) },
    mark: { type: "circle", size: 0, opacity: 0 },
    encoding: {
      longitude: { field: "lon", type: "quantitative" },
      latitude: { field: "lat", type: "quantitative" },
      color: {
        field: "name",
        type: "nominal",
        title: null,
        scale: {
          domain: named.map(({ name }) => name),
          range: named.map(({ meaning }) => MEANINGS[meaning].color),
        },
        legend: {
          ...LEGEND,
          symbolOpacity: 1,
          symbolType: "circle",
          symbolSize: 70,
          columns: 4,
          labelLimit: 0,
        },
      },
    },
  };
}
