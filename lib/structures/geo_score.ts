/**
 * A place as the number that Redis keeps: 52 interleaved bits, exact in a double, sorted by cell.
 *
 * Both axes are scaled to 26 bits and interleaved, latitude in the even bits. A sorted set of such scores answers a
 * cell as one range, because the points of a cell share the front of their bits. Reading a score back gives the middle
 * of its cell, up to 0.3 m away from what was stored; Redis measures all distances from there, and so must everything
 * that is to equal it.
 *
 * Simplified: as Redis, no place beyond ±85.05112878° (the square map of the web).
 *
 * @example
 * ```ts
 * import { geoScore, placeOfScore, redisHash } from "lib/structures/geo_score.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const palermo = geoScore(38.115556, 13.361389);
 * assertEquals(palermo, 3479099956230698);
 * assertEquals(redisHash(palermo), "sqc8b49rny0");
 * ```
 *
 * Source: Redis, geohash.c and geohash_helper.c; its documentation of GEOADD and GEOHASH.
 *
 * @module
 */
import { BASE32 } from "./geohash.ts";
import { interleave52, split52 } from "./morton.ts";
import type { Place } from "./sphere.ts";

/** The latitude at which Redis ends, north and south. */
export const REDIS_LATITUDE = 85.05112878;
const STEPS = 2 ** 26;

/**
 * The score under which Redis stores a place.
 *
 * @throws {RangeError} beyond the limits of Redis
 */
export function geoScore(lat: number, lon: number): number {
  if (!(Math.abs(lat) <= REDIS_LATITUDE && lon >= -180 && lon <= 180)) {
    throw new RangeError(
      `Cannot encode place: lat must be within ±${REDIS_LATITUDE} and lon within ±180: received ${lat}, ${lon}`,
    );
  }
  const y = Math.floor((lat + REDIS_LATITUDE) / (2 * REDIS_LATITUDE) * STEPS);
  const x = Math.floor((lon + 180) / 360 * STEPS);
  return interleave52(Math.min(y, STEPS - 1), Math.min(x, STEPS - 1));
}

/** The middle of a score's cell, which Redis takes for the place. */
export function placeOfScore(score: number): Place {
  const [y, x] = split52(score);
  const [south, north] = [y, y + 1].map((row) =>
    -REDIS_LATITUDE + row / STEPS * (2 * REDIS_LATITUDE)
  );
  const [west, east] = [x, x + 1].map((column) => -180 + column / STEPS * 360);
  return { lat: (south + north) / 2, lon: (west + east) / 2 };
}

/** What GEOHASH says of a score: ten characters of the usual grid, and a zero that means nothing. */
export function redisHash(score: number): string {
  const { lat, lon } = placeOfScore(score);
  const y = Math.floor((lat + 90) / 180 * STEPS), x = Math.floor((lon + 180) / 360 * STEPS);
  const bits = BigInt(interleave52(y, x));
  const text = Array.from(
    { length: 10 },
    (_, i) => BASE32[Number(bits >> BigInt(47 - 5 * i) & 31n)],
  );
  return text.join("") + "0";
}
