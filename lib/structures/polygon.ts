/**
 * Polygons on the map: whether a place lies inside, and whether the polygon is one.
 *
 * A ring is a list of places; its edges are straight in degrees, as on a map with square degrees, and the last place is
 * joined to the first. A ray from the place to the east crosses the ring an odd number of times when the place is
 * inside. A crossing counts on the half-open span of latitudes from an edge's lower end to below its upper one, so that
 * a corner counts once. Edge rule: a place exactly on a corner or an edge is inside (on a slanted edge, where rounding
 * lets a place be exactly on it).
 *
 * Simplified: a ring across the antimeridian is unrolled by taking each edge the short way round; a ring around a pole
 * is refused by that (close it along ±90° instead). Holes are further rings: inside is inside an odd number of them.
 *
 * @example
 * ```ts
 * import { isInRing } from "lib/structures/polygon.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const fiji = [[-20, 177], [-20, -178], [-16, -178], [-16, 177]].map(([lat, lon]) => ({ lat, lon }));
 * assertEquals(isInRing({ lat: -18, lon: 179 }, fiji), true);
 * assertEquals(isInRing({ lat: -18, lon: -179 }, fiji), true);
 * assertEquals(isInRing({ lat: -18, lon: 0 }, fiji), false);
 * ```
 *
 * Source: Shimrat, "Algorithm 112: position of point relative to polygon", CACM 5(8), 1962.
 *
 * @module
 */
import type { Box, Place } from "./sphere.ts";

/** A ring with its longitudes unrolled, and the box around it. */
export interface Ring {
  readonly lats: readonly number[];
  /** Beyond ±180 where the ring crosses the antimeridian. */
  readonly lons: readonly number[];
  readonly box: Box;
}

/**
 * Prepares a ring for many questions.
 *
 * @throws {RangeError} with under three places, or where edges cross each other
 */
export function makeRing(places: readonly Place[], options: { trusted?: boolean } = {}): Ring {
  const last = places.length - 1;
  const closed = last > 0 && places[0].lat === places[last].lat &&
    places[0].lon === places[last].lon;
  const open = closed ? places.slice(0, -1) : places;
  if (open.length < 3) {
    throw new RangeError(
      `Cannot make polygon: it must have at least 3 different places: received ${open.length}`,
    );
  }
  let turns = 0;
  const lats = open.map(({ lat }) => lat);
  const lons = open.map(({ lon }, i) => {
    const step = i === 0 ? 0 : lon - open[i - 1].lon;
    if (step > 180) turns--;
    if (step < -180) turns++;
    return lon + 360 * turns;
  });
  if (!options.trusted) checkCrossings(lats, lons);
  const extent = (values: readonly number[]) =>
    values.reduce(([a, b], value) => [Math.min(a, value), Math.max(b, value)], [
      Infinity,
      -Infinity,
    ]);
  const [south, north] = extent(lats), [west, east] = extent(lons);
  return { lats, lons, box: { south, west, north, east } };
}

/** Whether the place lies inside the ring or on its edge. */
export function isInRing(place: Place, ring: Ring | readonly Place[]): boolean {
  const { lats, lons, box } = "box" in ring ? ring : makeRing(ring);
  const { lat } = place;
  if (lat < box.south || lat > box.north) return false;
  // The longitude in the turn of the ring, from its west on.
  const turns = Math.floor((place.lon - box.west) / 360);
  const lon = turns === 0 ? place.lon : place.lon - 360 * turns;
  if (lon > box.east) return false;
  let inside = false;
  for (let i = 0, j = lats.length - 1; i < lats.length; j = i++) {
    if (lat === lats[i] && lon === lons[i]) return true;
    const above = lats[i] > lat;
    if (above !== lats[j] > lat) {
      const crossing = lons[i] + (lat - lats[i]) / (lats[j] - lats[i]) * (lons[j] - lons[i]);
      if (crossing === lon) return true;
      if (crossing > lon) inside = !inside;
    } else if (isOnLevelEdge(lat, lon, lats[i], lons[i], lats[j], lons[j])) return true;
  }
  return inside;
}

/** Whether a place lies on an edge along a parallel, which no crossing sees. */
function isOnLevelEdge(lat: number, lon: number, a: number, x: number, b: number, y: number) {
  return a === lat && b === lat && lon >= Math.min(x, y) && lon <= Math.max(x, y);
}

/** Whether the ring's edge touches a box of its own turn of longitudes. */
export function meetsBox({ lats, lons }: Ring, box: Box): boolean {
  for (let i = 0, j = lats.length - 1; i < lats.length; j = i++) {
    if (edgeMeetsBox(lons[j], lats[j], lons[i], lats[i], box)) return true;
  }
  return false;
}

/** Clips the edge by the box (Liang and Barsky): whether something is left. */
function edgeMeetsBox(x0: number, y0: number, x1: number, y1: number, box: Box): boolean {
  let from = 0, to = 1;
  const dx = x1 - x0, dy = y1 - y0;
  const limits = [[-dx, x0 - box.west], [dx, box.east - x0], [-dy, y0 - box.south], [
    dy,
    box.north - y0,
  ]];
  for (const [p, q] of limits) {
    if (p === 0) {
      if (q < 0) return false;
    } else if (p < 0) from = Math.max(from, q / p);
    else to = Math.min(to, q / p);
    if (from > to) return false;
  }
  return true;
}

function checkCrossings(lats: readonly number[], lons: readonly number[]): void {
  const n = lats.length;
  const side = (a: number, b: number, c: number) =>
    Math.sign(
      (lons[b] - lons[a]) * (lats[c] - lats[a]) - (lats[b] - lats[a]) * (lons[c] - lons[a]),
    );
  for (let i = 0; i < n; i++) {
    for (let j = i + 2; j < n; j++) {
      if (i === 0 && j === n - 1) continue;
      const [a, b, c, d] = [i, i + 1, j, (j + 1) % n];
      if (side(a, b, c) * side(a, b, d) < 0 && side(c, d, a) * side(c, d, b) < 0) {
        throw new RangeError(
          `Cannot make polygon: its edges must not cross: received edges ${i + 1} and ${
            j + 1
          } that do`,
        );
      }
    }
  }
}
