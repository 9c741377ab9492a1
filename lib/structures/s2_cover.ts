/**
 * Covers a circle with S2 cells: ranges of 64-bit ids to read, so that nobody within it is missed.
 *
 * It starts with the six faces and quarters the cells on the circle's border, level by level. A cell outside is
 * dropped, a cell wholly inside is done; it stops when the next four would be more than `maxCells`, or at `maxLevel`.
 * How far a cell is, is exact: its edges are arcs of great circles, so the nearest point is within, on an edge or at a
 * corner, and the farthest is nearest to the antipode.
 *
 * Simplified: circles only; breadth first, where S2's own coverer takes the largest cell first and merges at the end.
 *
 * | operation | time |
 * | --- | --- |
 * | `s2CoverCircle` | O(cells on the border, over all levels) |
 *
 * @example
 * ```ts
 * import { s2CoverCircle } from "lib/structures/s2_cover.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const cover = s2CoverCircle({ lat: 30.04, lon: 31.24, metres: 1000 }, { maxCells: 16 });
 * assertEquals(cover.length <= 16 && cover.some(({ inside }) => inside), true);
 * ```
 *
 * Source: s2geometry.io, "S2RegionCoverer".
 *
 * @module
 */
import { s2Children, s2Corners } from "./s2_cell.ts";
import { EARTH_RADIUS, type Place } from "./sphere.ts";

/** A cell of the cover. */
export interface S2CoverCell {
  readonly id: bigint;
  /** All of it lies in the circle. */
  readonly inside: boolean;
}

type Vector = readonly [number, number, number];

const RAD = Math.PI / 180;
const FACES = [0n, 1n, 2n, 3n, 4n, 5n].map((face) => face << 61n | 1n << 60n);

/** Cells that together hold the circle, in the order of their ids. */
export function s2CoverCircle(
  circle: Place & { readonly metres: number },
  options: { maxCells?: number; maxLevel?: number } = {},
): S2CoverCell[] {
  const { maxCells = 16, maxLevel = 24 } = options;
  const middle = vectorOf(circle), opposite = scaled(middle, -1);
  const reach = circle.metres / EARTH_RADIUS + 1e-12;
  const done: S2CoverCell[] = [];
  const sort = (id: bigint, border: bigint[]) => {
    const corners = s2Corners(id).map(vectorOf);
    if (angleTo(middle, corners) > reach) return;
    if (Math.PI - angleTo(opposite, corners) <= reach - 2e-12) done.push({ id, inside: true });
    else border.push(id);
  };
  let border: bigint[] = [];
  for (const face of FACES) sort(face, border);
  for (let level = 0; level < maxLevel && border.length > 0; level++) {
    const next: bigint[] = [];
    border.forEach((id, i) => {
      const cells = done.length + next.length + border.length - i;
      if (cells + 3 > maxCells) done.push({ id, inside: false });
      else for (const child of s2Children(id)) sort(child, next);
    });
    border = next;
  }
  for (const id of border) done.push({ id, inside: false });
  return done.sort((a, b) => a.id < b.id ? -1 : 1);
}

/** The angle from a direction to the nearest point of a convex polygon, whose corners run counter-clockwise. */
function angleTo(from: Vector, corners: readonly Vector[]): number {
  let nearest = Infinity, isWithin = true;
  corners.forEach((a, i) => {
    const b = corners[(i + 1) % corners.length], normal = cross(a, b);
    const above = dot(from, normal);
    if (above < 0) isWithin = false;
    // The foot of the perpendicular lies on the arc when it is left of the one end and right of the other.
    const isBetween = dot(cross(normal, a), from) > 0 && dot(cross(b, normal), from) > 0;
    const size = Math.hypot(...normal);
    const angle = isBetween
      ? Math.asin(Math.min(1, Math.abs(above) / size))
      : Math.min(angleBetween(from, a), angleBetween(from, b));
    if (angle < nearest) nearest = angle;
  });
  return isWithin ? 0 : nearest;
}

function vectorOf({ lat, lon }: Place): Vector {
  const flat = Math.cos(lat * RAD);
  return [flat * Math.cos(lon * RAD), flat * Math.sin(lon * RAD), Math.sin(lat * RAD)];
}

const scaled = ([x, y, z]: Vector, by: number): Vector => [x * by, y * by, z * by];
const dot = (a: Vector, b: Vector): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const cross = (a: Vector, b: Vector): Vector => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];
/** Precise for small angles, where the arc cosine is not. */
const angleBetween = (a: Vector, b: Vector): number =>
  Math.atan2(Math.hypot(...cross(a, b)), dot(a, b));
