/**
 * S2 cells: every place of the sphere as one 64-bit integer, whose ranges are cells of nearly equal size.
 *
 * The sphere is projected onto the six faces of a cube. Each face is a square of 2^30 by 2^30 leaf cells, bent by a
 * quadratic so that areas differ by at most about two times, and walked along a Hilbert curve, so that cells which
 * follow each other also touch. An id is three bits of face, two bits of the walk for each level, a one and zeros;
 * the one marks the level, and all leaves of a cell lie between `s2RangeMin` and `s2RangeMax`. The walk goes five
 * levels a step through a table of 4,096 entries, in two halves of 32 bits, without a BigInt before the last line.
 *
 * Simplified: no cell unions and no covering of shapes (`cell_cover.ts` has one, for the grid of latitude and
 * longitude); bulk encoding writes into typed arrays and allocates nothing.
 *
 * | operation | time |
 * | --- | --- |
 * | `s2CellId` | O(1): four short polynomials, two roots, six look-ups |
 * | `s2Parent`, `s2RangeMin`, `s2RangeMax` | O(1) |
 *
 * @example
 * ```ts
 * import { s2CellId, s2Parent, s2Token } from "lib/structures/s2_cell.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const leaf = s2CellId(49.703498679, 11.770681595); // s2geometry's own test
 * assertEquals(leaf, 0x47a1cbd595522b39n);
 * assertEquals(s2Token(s2Parent(leaf, 10)), "47a1cb");
 * ```
 *
 * Source: s2geometry.io, "S2 Cells" and s2cell_id.cc.
 *
 * @module
 */
import type { Place } from "./sphere.ts";

const RAD = Math.PI / 180;
const LEAVES = 2 ** 30;
const [SWAP, INVERT] = [1, 2];

/** Position along the curve of the four quarters, by orientation: (i, j) as 2i + j to order. */
const IJ_TO_ORDER = [[0, 1, 3, 2], [0, 3, 1, 2], [2, 3, 1, 0], [2, 1, 3, 0]];
/** How a quarter turns its own curve, by order. */
const TURN = [SWAP, 0, 0, INVERT + SWAP];

/** For five bits of i, five of j and the orientation: ten bits of position, and the next orientation. */
const WALK = new Uint16Array(4096);
for (let i = 0; i < 32; i++) {
  for (let j = 0; j < 32; j++) {
    for (let start = 0; start < 4; start++) {
      let orientation = start, position = 0;
      for (let bit = 4; bit >= 0; bit--) {
        const order = IJ_TO_ORDER[orientation][(i >> bit & 1) * 2 + (j >> bit & 1)];
        position = position * 4 + order;
        orientation ^= TURN[order];
      }
      WALK[i << 7 | j << 2 | start] = position << 2 | orientation;
    }
  }
}

/** The quadratic projection: a tangent from -1 to 1 as leaves from 0 to 2^30, in fractions of a leaf. */
function leavesAt(u: number): number {
  return LEAVES * (u >= 0 ? 0.5 * Math.sqrt(1 + 3 * u) : 1 - 0.5 * Math.sqrt(1 - 3 * u));
}

function whole(leaves: number): number {
  const leaf = Math.floor(leaves);
  return leaf < 0 ? 0 : leaf >= LEAVES ? LEAVES - 1 : leaf;
}

/** Taylor-like polynomials for sine and cosine up to 45°, right to a unit in the last place (fdlibm's). */
function shortSine(x: number): number {
  const z = x * x;
  return x + x * z * (-1.66666666666666324348e-1 + z * (8.33333333332248946124e-3 +
            z * (-1.98412698298579493134e-4 + z * (2.75573137070700676789e-6 +
                    z * (-2.50507602534068634195e-8 + z * 1.58969099521155010221e-10)))));
}

function shortCosine(x: number): number {
  const z = x * x;
  return 1 - z * 0.5 + z * z * (4.16666666666666019037e-2 + z * (-1.38888888888741095749e-3 +
            z * (2.48015872894767294178e-5 + z * (-2.75573143513906633035e-7 +
                    z * (2.08757232129817482790e-9 + z * -1.13596475577881948265e-11)))));
}

/** One id as two words, little-endian: reading it makes one BigInt, shifting and adding would make five. */
const id64 = new BigUint64Array(1);
const words32 = new Uint32Array(id64.buffer);

/**
 * Computes the leaf of a place into `words32`.
 *
 * Four library calls for sine and cosine would be most of the work. Reducing degrees to an eighth of a turn is exact,
 * and short polynomials then are right to some 1e-15, a millionth of a leaf. Where the result lies that close to a
 * leaf's border, once in fifty thousand, the library decides, so that ids are the same bit by bit.
 */
function locate(lat: number, lon: number): void {
  const turns = Math.round(lon / 90), phi = lat * RAD, theta = (lon - 90 * turns) * RAD;
  const s = shortSine(theta), c = shortCosine(theta);
  const isSteep = lat > 45 || lat < -45;
  const rest = isSteep ? (lat > 0 ? 90 - lat : -90 - lat) * RAD : phi;
  const z = isSteep ? (lat > 0 ? shortCosine(rest) : -shortCosine(rest)) : shortSine(rest);
  const flat = isSteep ? (lat > 0 ? shortSine(rest) : -shortSine(rest)) : shortCosine(rest);
  // Quarter turns: 0 ahead, 1 left, ±2 back, -1 right.
  if (turns === 0) project(c * flat, s * flat, z, lat, lon);
  else if (turns === 1) project(-s * flat, c * flat, z, lat, lon);
  else if (turns === -1) project(s * flat, -c * flat, z, lat, lon);
  else project(-c * flat, -s * flat, z, lat, lon);
}

function locateExactly(lat: number, lon: number): void {
  const phi = lat * RAD, theta = lon * RAD, flat = Math.cos(phi);
  project(Math.cos(theta) * flat, Math.sin(theta) * flat, Math.sin(phi), NaN, NaN);
}

/** Onto the cube; `lat` and `lon` are NaN where the coordinates are exact. */
function project(x: number, y: number, z: number, lat: number, lon: number): void {
  const ax = Math.abs(x), ay = Math.abs(y), az = Math.abs(z);
  let face: number, u: number, v: number;
  if (ax > ay && ax > az) {
    u = x >= 0 ? y / x : z / x;
    v = x >= 0 ? z / x : y / x;
    face = x >= 0 ? 0 : 3;
  } else if (ay >= ax && ay > az) {
    u = y >= 0 ? -x / y : z / y;
    v = y >= 0 ? z / y : -x / y;
    face = y >= 0 ? 1 : 4;
  } else {
    u = z >= 0 ? -x / z : -y / z;
    v = z >= 0 ? -y / z : -x / z;
    face = z >= 0 ? 2 : 5;
  }
  const i = leavesAt(u), j = leavesAt(v);
  if (lat === lat && (isNearBorder(i) || isNearBorder(j))) locateExactly(lat, lon);
  else walk(face, whole(i), whole(j));
}

function isNearBorder(leaves: number): boolean {
  return Math.abs(leaves - Math.round(leaves)) < 1e-5;
}

/** Face, 60 bits of the Hilbert curve and the mark of a leaf. */
function walk(face: number, i: number, j: number): void {
  const a = WALK[i >>> 25 << 7 | j >>> 25 << 2 | face & SWAP];
  const b = WALK[(i >>> 20 & 31) << 7 | (j >>> 20 & 31) << 2 | a & 3];
  const c = WALK[(i >>> 15 & 31) << 7 | (j >>> 15 & 31) << 2 | b & 3];
  const d = WALK[(i >>> 10 & 31) << 7 | (j >>> 10 & 31) << 2 | c & 3];
  const e = WALK[(i >>> 5 & 31) << 7 | (j >>> 5 & 31) << 2 | d & 3];
  const f = WALK[(i & 31) << 7 | (j & 31) << 2 | e & 3];
  // 3 bits of face, six times 10 bits, the mark.
  words32[1] = face << 29 | a >>> 2 << 19 | b >>> 2 << 9 | c >>> 3;
  words32[0] = c >>> 2 << 31 | d >>> 2 << 21 | e >>> 2 << 11 | f >>> 2 << 1 | 1;
}

/** The mark of a level: the one behind its bits. */
function markOf(level: number): bigint {
  return 1n << BigInt(2 * (30 - level));
}

/**
 * The cell of this level that holds the place; level 30 is a leaf of about a square centimetre.
 *
 * @throws {RangeError} when there is no such place or level
 */
export function s2CellId(lat: number, lon: number, level = 30): bigint {
  if (!(lat >= -90 && lat <= 90 && lon >= -180 && lon <= 180)) {
    throw new RangeError(
      `Cannot encode S2 cell: lat must be from -90 to 90 and lon from -180 to 180: received ${lat}, ${lon}`,
    );
  }
  locate(lat, lon);
  return level === 30 ? id64[0] : s2Parent(id64[0], level);
}

/** The leaf of every place, into `out` or a new array. */
export function s2CellIds(
  lats: ArrayLike<number>,
  lons: ArrayLike<number>,
  out: BigUint64Array = new BigUint64Array(lats.length),
): BigUint64Array {
  const words = new Uint32Array(out.buffer, out.byteOffset, 2 * out.length);
  for (let n = 0; n < lats.length; n++) {
    locate(lats[n], lons[n]);
    words[2 * n] = words32[0];
    words[2 * n + 1] = words32[1];
  }
  return out;
}

/** The level of a cell, 0 (a face) to 30. */
export function s2Level(id: bigint): number {
  let zeros = 0;
  for (let rest = id & -id; rest > 1n; rest >>= 2n) zeros++;
  return 30 - zeros;
}

/** The cell of a lower level that holds the cell. */
export function s2Parent(id: bigint, level: number): bigint {
  if (!(Number.isInteger(level) && level >= 0 && level <= 30)) {
    throw new RangeError(
      `Cannot find S2 parent: level must be an integer from 0 to 30: received ${level}`,
    );
  }
  const mark = markOf(level);
  return BigInt.asUintN(64, id & -mark | mark);
}

/** The four cells of the next level, along the curve. */
export function s2Children(id: bigint): bigint[] {
  const mark = id & -id, quarter = mark >> 2n;
  return [0n, 1n, 2n, 3n].map((n) => id - mark + quarter * (2n * n + 1n));
}

/** The first leaf in the cell. */
export function s2RangeMin(id: bigint): bigint {
  return id - (id & -id) + 1n;
}

/** The last leaf in the cell. */
export function s2RangeMax(id: bigint): bigint {
  return id + (id & -id) - 1n;
}

/** The id in hexadecimal without its zeros, as S2's tools write it. */
export function s2Token(id: bigint): string {
  return id.toString(16).padStart(16, "0").replace(/0+$/, "") || "X";
}

/** The corners of the cell, counter-clockwise as seen from above. */
export function s2Corners(id: bigint): Place[] {
  const size = 2 ** (30 - s2Level(id)), { face, i, j } = faceOf(s2RangeMin(id));
  const [left, bottom] = [i - i % size, j - j % size];
  return [[0, 0], [1, 0], [1, 1], [0, 1]].map(([right, up]) =>
    placeOn(face, (left + right * size) / LEAVES, (bottom + up * size) / LEAVES)
  );
}

/** The middle of the cell. */
export function s2Center(id: bigint): Place {
  const size = 2 ** (30 - s2Level(id)), { face, i, j } = faceOf(s2RangeMin(id));
  return placeOn(face, (i - i % size + size / 2) / LEAVES, (j - j % size + size / 2) / LEAVES);
}

/** Walks the curve backwards: the face, column and row of a leaf. */
function faceOf(leaf: bigint): { face: number; i: number; j: number } {
  const face = Number(leaf >> 61n);
  let orientation = face & SWAP, i = 0, j = 0;
  for (let level = 1; level <= 30; level++) {
    const order = Number(leaf >> BigInt(61 - 2 * level) & 3n);
    const ij = IJ_TO_ORDER[orientation].indexOf(order);
    i = i * 2 + (ij >> 1);
    j = j * 2 + (ij & 1);
    orientation ^= TURN[order];
  }
  return { face, i, j };
}

function tangentOf(st: number): number {
  return st >= 0.5 ? (4 * st * st - 1) / 3 : (1 - 4 * (1 - st) * (1 - st)) / 3;
}

function placeOn(face: number, s: number, t: number): Place {
  const u = tangentOf(s), v = tangentOf(t);
  const [x, y, z] =
    [[1, u, v], [-u, 1, v], [-u, -v, 1], [-1, -v, -u], [v, -1, -u], [v, u, -1]][face];
  return { lat: Math.atan2(z, Math.hypot(x, y)) / RAD, lon: Math.atan2(y, x) / RAD };
}
