/**
 * What a map is made of, from the ground up: land, shaded regions, paths and places.
 *
 * Each function makes a layer from rows; `map` puts layers onto one projection.
 *
 * @module
 */
import { type Channel, checkField, resolveChannel } from "../chart/channel.ts";
import type { Encoding } from "../chart/part.ts";
import { checkRows, type FieldOf, pick, type Row } from "../chart/rows.ts";
import { shadesOf } from "../chart/shades.ts";
import { INK, type Meaning, MEANINGS, SIZES } from "../chart/theme.ts";

/** Degrees east and north, as GeoJSON has them. */
export type Position = readonly [lon: number, lat: number];

/** The outlines of land, as GeoJSON. */
export interface Outlines {
  readonly type: string;
  readonly coordinates: readonly unknown[];
}

/** A layer of a map. */
export interface MapLayer {
  readonly noun: string;
  /** Rows that each small map takes its own of; none for the ground. */
  readonly rows: readonly Row[];
  /** The layer's own legend: shades, or the name of a series. */
  readonly key?: { shades: true } | { name: string; meaning: Meaning };
  draw(rows: readonly Row[], legend: Encoding): Record<string, unknown>[];
}

const LAND = { fill: "#e7e3da", stroke: "#b9b2a3" };

/** Features as text, one line in a notebook's file where a tree of numbers would be thousands. */
function features(values: readonly Record<string, unknown>[]): Record<string, unknown> {
  const rounded = (_: string, value: unknown) =>
    typeof value === "number" ? Number(value.toPrecision(7)) : value;
  return { values: JSON.stringify(values, rounded), format: { type: "json" } };
}

/** The land, below everything else. */
export function ground(outlines: Outlines): MapLayer {
  const feature = { type: "Feature", geometry: outlines };
  return {
    noun: "land",
    rows: [],
    draw: () => [{
      data: features([feature]),
      mark: { type: "geoshape", ...LAND, strokeWidth: 0.6, clip: true },
    }],
  };
}

/** Whether the ring runs clockwise as seen from above, which is how a renderer tells inside from outside. */
function isClockwise(ring: readonly Position[]): boolean {
  const RAD = Math.PI / 180;
  const points = ring.map(([lon, lat]) => [
    Math.cos(lat * RAD) * Math.cos(lon * RAD),
    Math.cos(lat * RAD) * Math.sin(lon * RAD),
    Math.sin(lat * RAD),
  ]);
  const sum = [0, 0, 0], middle = [0, 0, 0];
  points.forEach((a, i) => {
    const b = points[(i + 1) % points.length];
    for (let axis = 0; axis < 3; axis++) {
      const [p, q] = [(axis + 1) % 3, (axis + 2) % 3];
      sum[axis] += a[p] * b[q] - a[q] * b[p];
      middle[axis] += a[axis];
    }
  });
  return sum[0] * middle[0] + sum[1] * middle[1] + sum[2] * middle[2] < 0;
}

/** A ring as GeoJSON, closed, clockwise. */
function polygon(ring: readonly Position[]): Record<string, unknown> {
  const [first, last] = [ring[0], ring[ring.length - 1]];
  const open = first[0] === last[0] && first[1] === last[1] ? ring.slice(0, -1) : ring;
  const turned = isClockwise(open) ? open : open.toReversed();
  return { type: "Polygon", coordinates: [[...turned, turned[0]]] };
}

/** Options of layers that have a legend of their own. */
interface NamedOptions {
  /** Name in the legend. */
  name?: string;
  meaning?: Meaning;
}

/** Options of {@linkcode regions}. */
export interface RegionsOptions<R> extends NamedOptions {
  /** The field with the corners of each region. */
  ring: FieldOf<R>;
  /** The quantity that shades it; without one, outlines only. */
  color?: Channel<FieldOf<R>>;
  /** How strongly regions without a quantity are filled, from 0. */
  fill?: number;
  /** Width of the line around each, in pixels. */
  outline?: number;
  /** Below 1 the land shows through. */
  opacity?: number;
}

/** Regions that are no larger than half the sphere, shaded by a quantity. */
export function regions<R extends object>(
  rows: readonly R[],
  options: RegionsOptions<R>,
): MapLayer {
  const checked = checkRows("map", rows);
  const { ring, outline = 0.4, meaning = "baseline", opacity = 0.92, fill = 0, name } = options;
  checkField(checked, ring, "map", "ring");
  const shown = options.color === undefined
    ? undefined
    : resolveChannel(checked, options.color as Channel, {
      mark: "map",
      name: "color",
      type: "quantitative",
    });
  const values = shown === undefined ? [] : checked.map((row) => row[shown.field] as number);
  return {
    noun: shown === undefined ? name ?? "outlines" : `regions shaded by ${shown.title}`,
    rows: checked,
    ...(shown ? { key: { shades: true } as const } : name && { key: { name, meaning } }),
    draw: (own, legend) => [{
      data: features(own.map((row) => ({
        type: "Feature",
        geometry: polygon(row[ring] as Position[]),
        ...(shown && { [shown.field]: row[shown.field] }),
      }))),
      mark: {
        type: "geoshape",
        clip: true,
        strokeWidth: outline,
        ...(shown ? { stroke: "white", strokeOpacity: outline > 0 ? 0.9 : 0, opacity } : {
          fill: MEANINGS[meaning].color,
          fillOpacity: fill,
          stroke: MEANINGS[meaning].color,
        }),
      },
      encoding: shown ? { color: shadesOf(shown, values, legend).encoding } : {},
    }],
  };
}

/** Lines through positions: a route, a curve, a search circle. */
export function paths<R extends object>(
  rows: readonly R[],
  options: NamedOptions & { path: FieldOf<R>; width?: number; dashed?: boolean },
): MapLayer {
  const checked = checkRows("map", rows);
  const { path, width = 1.6, dashed = false, meaning = "highlight", name } = options;
  checkField(checked, path, "map", "path");
  return {
    noun: name ?? "paths",
    rows: checked,
    ...(name && { key: { name, meaning } }),
    draw: (own) => [{
      data: features(own.map((row) => ({
        type: "Feature",
        geometry: { type: "LineString", coordinates: row[path] },
      }))),
      mark: {
        type: "geoshape",
        filled: false,
        stroke: MEANINGS[meaning].color,
        strokeWidth: width,
        clip: true,
        ...(dashed && { strokeDash: [5, 4] }),
      },
    }],
  };
}

/** Options of {@linkcode places}. */
export interface PlacesOptions<R> extends NamedOptions {
  lat: FieldOf<R>;
  lon: FieldOf<R>;
  /** The field with the text beside each. */
  label?: FieldOf<R>;
  /** Area of a dot, in square pixels. */
  size?: number;
}

/** A dot a row, with a name beside it where there is one. For flat maps: a globe hides nothing behind it. */
export function places<R extends object>(
  rows: readonly R[],
  options: PlacesOptions<R>,
): MapLayer {
  const checked = checkRows("map", rows);
  const { lat, lon, label, name, meaning = "highlight", size = 22 } = options;
  for (const [field, what] of [[lat, "lat"], [lon, "lon"]] as const) {
    resolveChannel(checked, { field, unit: "°" }, { mark: "map", name: what });
  }
  const at = {
    longitude: { field: lon, type: "quantitative" },
    latitude: { field: lat, type: "quantitative" },
  };
  return {
    noun: name ?? "places",
    rows: checked,
    ...(name && { key: { name, meaning } }),
    draw: (own) => {
      const data = { values: pick(own, [lat, lon, ...(label === undefined ? [] : [label])]) };
      const dots = {
        data,
        mark: { type: "circle", clip: true, size, opacity: 0.95, color: MEANINGS[meaning].color },
        encoding: at,
      };
      if (label === undefined) return [dots];
      const text = { type: "text", align: "left", dx: 6, fontSize: SIZES.label, clip: true };
      const encoding = { ...at, text: { field: label, type: "nominal" } };
      return [
        dots,
        { data, mark: { ...text, color: "white", stroke: "white", strokeWidth: 3 }, encoding },
        { data, mark: { ...text, color: INK }, encoding },
      ];
    },
  };
}
