/**
 * Distances on a sphere, and the shapes that a search needs: the box around a circle, and how near and far a box is.
 *
 * A place is latitude and longitude in degrees. The haversine formula keeps its precision for points that are close
 * together, where the law of cosines loses it. A box runs from its west to its east, so that `west > east` is a box
 * across the antimeridian. A box's nearest point lies on it, on its meridian edges or at a corner; its farthest point
 * is the one nearest to the antipode.
 *
 * Simplified: the Earth is a sphere. An ellipsoid differs by up to 0.5 %, which moves a radius search by metres a
 * kilometre and changes no method here.
 *
 * @example
 * ```ts
 * import { haversine } from "lib/structures/sphere.ts";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const across = haversine({ lat: 0, lon: 179.5 }, { lat: 0, lon: -179.5 });
 * assertAlmostEquals(across, 111_226, 1); // one degree, not 359
 * ```
 *
 * Source: Sinnott, "Virtues of the Haversine", Sky and Telescope 68, 1984; the radius is that of Redis (geohash_helper.c).
 *
 * @module
 */

/** Degrees north and east. */
export interface Place {
  readonly lat: number;
  readonly lon: number;
}

/** From `west` eastwards to `east`; across the antimeridian where `west` is the greater. */
export interface Box {
  readonly south: number;
  readonly west: number;
  readonly north: number;
  readonly east: number;
}

/** The radius that Redis takes, in metres. */
export const EARTH_RADIUS = 6372797.560856;
/** The mean radius of the IUGG, in metres. */
export const MEAN_RADIUS = 6371008.8;
const RAD = Math.PI / 180;

/** Metres between two places along a great circle. */
export function haversine(a: Place, b: Place, radius: number = EARTH_RADIUS): number {
  const up = Math.sin((b.lat - a.lat) * RAD / 2), along = Math.sin((b.lon - a.lon) * RAD / 2);
  const h = up * up + Math.cos(a.lat * RAD) * Math.cos(b.lat * RAD) * along * along;
  return 2 * radius * Math.asin(Math.min(1, Math.sqrt(h)));
}

/** @throws {RangeError} when there is no such place: beyond a pole, beyond ±180°, or NaN */
export function checkPlace({ lat, lon }: Place, what = "place"): void {
  if (!(lat >= -90 && lat <= 90)) {
    throw new RangeError(`Cannot locate ${what}: lat must be from -90 to 90: received ${lat}`);
  }
  if (!(lon >= -180 && lon <= 180)) {
    throw new RangeError(`Cannot locate ${what}: lon must be from -180 to 180: received ${lon}`);
  }
}

/** The same meridian, at least -180 and below 180. */
export function wrapLongitude(lon: number): number {
  return lon >= -180 && lon < 180 ? lon : ((lon + 180) % 360 + 360) % 360 - 180;
}

/** Where one arrives after `metres` in a direction: degrees clockwise from north. */
export function destination(from: Place, bearing: number, metres: number): Place {
  const angle = metres / EARTH_RADIUS, lat = from.lat * RAD, course = bearing * RAD;
  const sine = Math.sin(lat) * Math.cos(angle) + Math.cos(lat) * Math.sin(angle) * Math.cos(course);
  const east = Math.atan2(
    Math.sin(course) * Math.sin(angle) * Math.cos(lat),
    Math.cos(angle) - Math.sin(lat) * sine,
  );
  return {
    lat: Math.asin(Math.max(-1, Math.min(1, sine))) / RAD,
    lon: wrapLongitude(from.lon + east / RAD),
  };
}

/** The smallest box that holds the circle; all longitudes where the circle holds a pole. */
export function boxAround({ lat, lon }: Place, metres: number): Box {
  // Rounding must never cut the circle off, so a box is a hair larger.
  const reach = metres / EARTH_RADIUS / RAD * (1 + 1e-12) + 1e-12;
  const south = Math.max(-90, lat - reach), north = Math.min(90, lat + reach);
  if (lat - reach <= -90 || lat + reach >= 90) return { south, west: -180, north, east: 180 };
  const half = Math.asin(Math.min(1, Math.sin(reach * RAD) / Math.cos(lat * RAD))) / RAD + 1e-12;
  if (half >= 180) return { south, west: -180, north, east: 180 };
  return { south, west: wrapLongitude(lon - half), north, east: wrapLongitude(lon + half) };
}

/** Whether the place lies in the box, its edges included. */
export function isInBox({ lat, lon }: Place, { south, west, north, east }: Box): boolean {
  if (lat < south || lat > north) return false;
  return west <= east ? lon >= west && lon <= east : lon >= west || lon <= east;
}

/** The box as one or two that do not cross the antimeridian. */
export function cutAtAntimeridian(box: Box): Box[] {
  if (box.west <= box.east) return [box];
  return [{ ...box, east: 180 }, { ...box, west: -180 }];
}

/** Metres from a place to the nearest point of a box that does not cross the antimeridian; 0 inside. */
export function metresToBox(place: Place, box: Box): number {
  return metresToEdges(place.lat, place.lon, box.south, box.west, box.north, box.east);
}

/** Metres from a place to the farthest point of a box that does not cross the antimeridian. */
export function metresToFarthest({ lat, lon }: Place, box: Box): number {
  const opposite = { lat: -lat, lon: lon > 0 ? lon - 180 : lon + 180 };
  return Math.PI * EARTH_RADIUS - metresToBox(opposite, box);
}

/** {@linkcode metresToBox} without objects, for loops. */
export function metresToEdges(
  lat: number,
  lon: number,
  south: number,
  west: number,
  north: number,
  east: number,
): number {
  if (lon >= west && lon <= east) {
    return Math.max(0, south - lat, lat - north) * RAD * EARTH_RADIUS;
  }
  const toWest = Math.abs(lon - west), toEast = Math.abs(lon - east);
  const apart = Math.min(toWest, 360 - toWest, toEast, 360 - toEast);
  if (apart >= 90) {
    // That meridian is behind a pole: the nearer end of the edge.
    return Math.min(alongTo(lat, south, apart), alongTo(lat, north, apart));
  }
  // The point of the meridian which is nearest, held within the edge.
  const nearest = Math.atan(Math.tan(lat * RAD) / Math.cos(apart * RAD)) / RAD;
  return alongTo(lat, Math.max(south, Math.min(north, nearest)), apart);
}

/** Metres between two latitudes whose meridians are `apart` degrees from each other. */
function alongTo(lat: number, other: number, apart: number): number {
  const up = Math.sin((other - lat) * RAD / 2), along = Math.sin(apart * RAD / 2);
  const h = up * up + Math.cos(lat * RAD) * Math.cos(other * RAD) * along * along;
  return 2 * EARTH_RADIUS * Math.asin(Math.min(1, Math.sqrt(h)));
}
