/**
 * How a map lays the sphere flat: the whole world, a part of it, or the globe from above a place.
 *
 * The world is drawn in equal areas, so that a count per area looks like what it is; a part of it in Mercator's
 * projection, which keeps shapes; a globe as it looks from far away. Scale and place are computed here and not left to
 * the renderer, so that all layers agree.
 *
 * @module
 */

/** What of the Earth a map shows; degrees north and east. */
export type View =
  | "world"
  | { readonly south: number; readonly west: number; readonly north: number; readonly east: number }
  | { readonly globe: { readonly lat: number; readonly lon: number } };

/** Vega-Lite's projection, and the size of the plot in pixels. */
export interface Projected {
  projection: Record<string, unknown>;
  width: number;
  height: number;
}

const RAD = Math.PI / 180;
/** Width and height of the world in equal areas, in radii. */
const EQUAL_EARTH = { width: 5.41326, height: 2.63472 };

function mercator(lat: number): number {
  return Math.log(Math.tan(Math.PI / 4 + lat * RAD / 2));
}

/** Fits a view into a plot of this width, and at most this height. */
export function project(view: View, width: number, most: number): Projected {
  if (view === "world") {
    const scale = Math.min(width / EQUAL_EARTH.width, most / EQUAL_EARTH.height) * 0.995;
    const height = Math.round(scale * EQUAL_EARTH.height + 2);
    const projection = { type: "equalEarth", scale, translate: [width / 2, height / 2] };
    return { projection, width, height };
  }
  if ("globe" in view) {
    const { lat, lon } = view.globe, height = Math.min(width, most);
    const projection = {
      type: "orthographic",
      rotate: [-lon, -lat, 0],
      scale: height / 2 - 2,
      translate: [width / 2, height / 2],
    };
    return { projection, width, height };
  }
  const { south, west, north, east } = view;
  if (!(north > south && east > west && north < 86 && south > -86)) {
    throw new RangeError(
      "Cannot draw map: view must run from south to north within ±86 and from west to east: " +
        `received ${JSON.stringify(view)}`,
    );
  }
  const [low, high] = [mercator(south), mercator(north)], wide = (east - west) * RAD;
  // What is narrower than the plot gets land at its sides.
  const scale = Math.min(width / wide, most / (high - low));
  const height = Math.round(scale * (high - low));
  const middle = (2 * Math.atan(Math.exp((low + high) / 2)) - Math.PI / 2) / RAD;
  return {
    projection: {
      type: "mercator",
      center: [(west + east) / 2, middle],
      scale,
      translate: [width / 2, height / 2],
    },
    width,
    height,
  };
}
