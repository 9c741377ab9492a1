/**
 * Geohashes: a place as a short text whose prefixes are larger cells.
 *
 * Longitude and latitude are halved in turn, and each decision is a bit; five bits make a character. Halving 30 times
 * is the same as scaling to an integer of 30 bits, so nothing is halved here: the integers are cut into groups whose
 * bits a table interleaves, and a second table has the three characters of every 15 bits. Rounding of the scaling is
 * corrected against the cell's exact border, so that the cell is the one that halving would find.
 *
 * Simplified: lengths 1 to 12, 60 bits, a cell of 37 by 19 mm. A place on a border belongs to the cell north and east
 * of it, as the definition and Redis have it (npm ngeohash takes the other one).
 *
 * | operation | time |
 * | --- | --- |
 * | `encodeGeohash` | O(length / 3) look-ups, one string |
 * | `geohashBounds`, `geohashNeighbours` | O(length) |
 *
 * @example
 * ```ts
 * import { encodeGeohash, geohashNeighbours } from "lib/structures/geohash.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(encodeGeohash(57.64911, 10.40744, 11), "u4pruydqqvj");
 * assertEquals(geohashNeighbours("u4pruy").length, 8);
 * ```
 *
 * Source: Niemeyer, geohash.org, 2008 (the example is Wikipedia's).
 *
 * @module
 */
import type { Box } from "./sphere.ts";

export const BASE32 = "0123456789bcdefghjkmnpqrstuvwxyz";
const VALUES = new Int8Array(128).fill(-1);
for (let i = 0; i < 32; i++) VALUES[BASE32.charCodeAt(i)] = i;

/** Bits of a byte with a gap after each: abcd becomes 0a0b0c0d. */
const SPREAD = Uint16Array.from({ length: 256 }, (_, byte) => {
  let spread = 0;
  for (let bit = 0; bit < 8; bit++) spread |= (byte >> bit & 1) << 2 * bit;
  return spread;
});
/** The three characters of 15 bits. */
const TRIPLES = Array.from(
  { length: 32768 },
  (_, bits) => BASE32[bits >> 10] + BASE32[bits >> 5 & 31] + BASE32[bits & 31],
);

const STEPS = 2 ** 30;

/** The integer of 30 bits whose cell holds the value. */
function scale(value: number, low: number, span: number): number {
  let cell = Math.floor((value - low) / span * STEPS);
  if (cell * (span / STEPS) + low > value) cell--;
  else if ((cell + 1) * (span / STEPS) + low <= value) cell++;
  return cell >= STEPS ? STEPS - 1 : cell;
}

/**
 * The cell of this length that holds the place: 1 to 12 characters.
 *
 * @throws {RangeError} when there is no such place or length
 */
export function encodeGeohash(lat: number, lon: number, length = 9): string {
  if (!(lat >= -90 && lat <= 90 && lon >= -180 && lon <= 180)) {
    throw new RangeError(
      `Cannot encode geohash: lat must be from -90 to 90 and lon from -180 to 180: received ${lat}, ${lon}`,
    );
  }
  const x = scale(lon, -180, 360), y = scale(lat, -90, 180);
  const first = TRIPLES[SPREAD[x >>> 22] | SPREAD[y >>> 23] << 1];
  if (length === 3) return first;
  const two = first + TRIPLES[SPREAD[y >>> 15 & 255] | SPREAD[x >>> 15 & 127] << 1];
  if (length === 6) return two;
  const three = two + TRIPLES[SPREAD[x >>> 7 & 255] | SPREAD[y >>> 8 & 127] << 1];
  if (length === 9) return three;
  checkLength(length);
  return (three + TRIPLES[SPREAD[y & 255] | SPREAD[x & 127] << 1]).slice(0, length);
}

function checkLength(length: number): void {
  if (Number.isInteger(length) && length >= 1 && length <= 12) return;
  throw new RangeError(
    `Cannot encode geohash: length must be an integer from 1 to 12: received ${length}`,
  );
}

/** Columns and rows of a geohash's cell among all cells of its length. */
interface Grid {
  column: number;
  row: number;
  columns: number;
  rows: number;
}

function gridOf(hash: string): Grid {
  let column = 0, row = 0, even = true;
  if (hash.length === 0 || hash.length > 12) {
    throw new SyntaxError(
      `Cannot read geohash: it must have 1 to 12 characters: received "${hash}"`,
    );
  }
  for (let i = 0; i < hash.length; i++) {
    const value = VALUES[hash.charCodeAt(i) & 127];
    if (value < 0 || hash.charCodeAt(i) > 127) {
      throw new SyntaxError(
        `Cannot read geohash: characters must be of ${BASE32}: received "${hash}"`,
      );
    }
    for (let bit = 4; bit >= 0; bit--) {
      if (even) column = column * 2 + (value >> bit & 1);
      else row = row * 2 + (value >> bit & 1);
      even = !even;
    }
  }
  const bits = 5 * hash.length;
  return { column, row, columns: 2 ** Math.ceil(bits / 2), rows: 2 ** Math.floor(bits / 2) };
}

/** The cell as a box. */
export function geohashBounds(hash: string): Box {
  const { column, row, columns, rows } = gridOf(hash);
  return {
    south: row * 180 / rows - 90,
    west: column * 360 / columns - 180,
    north: (row + 1) * 180 / rows - 90,
    east: (column + 1) * 360 / columns - 180,
  };
}

/** Width and height of a cell of this length, in degrees. */
export function geohashSize(length: number): { width: number; height: number } {
  checkLength(length);
  const bits = 5 * length;
  return { width: 360 / 2 ** Math.ceil(bits / 2), height: 180 / 2 ** Math.floor(bits / 2) };
}

const AROUND = [[0, 1], [1, 1], [1, 0], [1, -1], [0, -1], [-1, -1], [-1, 0], [-1, 1]];

/**
 * The cells that touch this one, clockwise from north; across the antimeridian, but not across a pole, where five
 * are left.
 */
export function geohashNeighbours(hash: string): string[] {
  const { column, row, columns, rows } = gridOf(hash);
  return AROUND
    .filter(([, up]) => row + up >= 0 && row + up < rows)
    .map(([right, up]) =>
      encodeGeohash(
        (row + up + 0.5) * 180 / rows - 90,
        ((column + right + columns) % columns + 0.5) * 360 / columns - 180,
        hash.length,
      )
    );
}
