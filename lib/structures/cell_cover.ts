/**
 * Covers a shape with cells of the geohash grid: what to read so that nothing is missed, and what needs no second look.
 *
 * It starts with the world and halves the cells on the shape's border, largest first, longitude and latitude in turn,
 * which is how geohashes are made: a cell at level 5n is a geohash of n characters. A cell outside is dropped; a cell
 * wholly inside is done, its places need no exact test. It stops when the next split would make more than `maxCells`,
 * or at `maxLevel`. A cell is a range of interleaved scores, so that a sorted store reads it as one range.
 *
 * Simplified: the greedy order does not promise the fewest candidates for a number of cells, only that each split takes
 * the largest cell on the border. Circles are tested exactly on the sphere; polygons on the map of square degrees.
 *
 * | operation | time |
 * | --- | --- |
 * | `coverShape` | O(maxCells · log maxCells) tests of a cell against the shape |
 *
 * @example
 * ```ts
 * import { coverShape } from "lib/structures/cell_cover.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const circle = { lat: 40.7, lon: -74, metres: 1000 };
 * const cover = coverShape(circle, { maxCells: 30, maxLevel: 35 });
 * assertEquals(cover.some(({ inside }) => inside), true);
 * ```
 *
 * Source: s2geometry.io, "S2RegionCoverer" (the greedy order).
 *
 * @module
 */
import { encodeGeohash, geohashBounds, geohashSize } from "./geohash.ts";
import { isInRing, meetsBox, type Ring } from "./polygon.ts";
import {
  type Box,
  boxAround,
  cutAtAntimeridian,
  metresToBox,
  metresToFarthest,
  type Place,
} from "./sphere.ts";

/** A circle, a box or a polygon. */
export type Shape = (Place & { readonly metres: number }) | Box | { readonly ring: Ring };

/** A cell of the halved world: `level` halvings lead to it. */
export interface Cell extends Box {
  readonly level: number;
  /** All of it lies in the shape. */
  readonly inside: boolean;
}

/** How finely to cover. */
export interface CoverOptions {
  maxCells?: number;
  /** Halvings: 30 for geohashes of 6 characters. */
  maxLevel?: number;
}

type Relation = "outside" | "inside" | "border";

/** How a cell that does not cross the antimeridian lies to a shape. */
export function relate(shape: Shape, cell: Box): Relation {
  if ("metres" in shape) {
    if (metresToBox(shape, cell) > shape.metres) return "outside";
    return metresToFarthest(shape, cell) <= shape.metres ? "inside" : "border";
  }
  if ("ring" in shape) return relateRing(shape.ring, cell);
  if (cell.north < shape.south || cell.south > shape.north) return "outside";
  const parts = cutAtAntimeridian(shape);
  if (parts.every((part) => cell.east < part.west || cell.west > part.east)) return "outside";
  const holds = parts.some((part) => cell.west >= part.west && cell.east <= part.east);
  return holds && cell.south >= shape.south && cell.north <= shape.north ? "inside" : "border";
}

function relateRing(ring: Ring, cell: Box): Relation {
  const middle = { lat: (cell.south + cell.north) / 2, lon: (cell.west + cell.east) / 2 };
  // A ring across the antimeridian lies in two turns.
  for (const turn of [-360, 0, 360]) {
    const shifted = { ...cell, west: cell.west + turn, east: cell.east + turn };
    if (shifted.east < ring.box.west || shifted.west > ring.box.east) continue;
    if (meetsBox(ring, shifted)) return "border";
  }
  return isInRing(middle, ring) ? "inside" : "outside";
}

/** Cells that together hold the shape, in no order. */
export function coverShape(shape: Shape, options: CoverOptions = {}): Cell[] {
  const { maxCells = 32, maxLevel = 40 } = options;
  const done: Cell[] = [];
  let border: Bare[] = [{ south: -90, west: -180, north: 90, east: 180, level: 0 }];
  for (let level = 0; level < maxLevel && border.length > 0; level++) {
    const next: Bare[] = [];
    border.forEach((cell, i) => {
      const cells = done.length + next.length + border.length - i;
      if (cells + 1 > maxCells) return void done.push({ ...cell, inside: false });
      for (const half of halves(cell)) {
        const relation = relate(shape, half);
        if (relation === "inside") done.push({ ...half, inside: true });
        else if (relation === "border") next.push(half);
      }
    });
    border = next;
  }
  return [...done, ...border.map((cell) => ({ ...cell, inside: false }))];
}

type Bare = Omit<Cell, "inside">;

function halves({ south, west, north, east, level }: Bare): Bare[] {
  const next = level + 1;
  if (level % 2 === 0) {
    const middle = (west + east) / 2;
    const box = { south, north, level: next };
    return [{ ...box, west, east: middle }, { ...box, west: middle, east }];
  }
  const middle = (south + north) / 2, box = { west, east, level: next };
  return [{ ...box, south, north: middle }, { ...box, south: middle, north }];
}

/** A geohash of a fixed-length cover, and whether all of it lies in the shape. */
export interface HashCell {
  readonly hash: string;
  readonly inside: boolean;
}

/** Every geohash of this length that meets the circle, row by row from the south-west. */
export function coverCircle(
  circle: Place & { readonly metres: number },
  length: number,
): HashCell[] {
  const { width, height } = geohashSize(length), cells: HashCell[] = [];
  for (const part of cutAtAntimeridian(boxAround(circle, circle.metres))) {
    const bottom = Math.floor((part.south + 90) / height);
    const top = Math.min(Math.round(180 / height) - 1, Math.floor((part.north + 90) / height));
    const left = Math.floor((part.west + 180) / width);
    const right = Math.min(Math.round(360 / width) - 1, Math.floor((part.east + 180) / width));
    for (let row = bottom; row <= top; row++) {
      for (let column = left; column <= right; column++) {
        const hash = encodeGeohash(
          (row + 0.5) * height - 90,
          (column + 0.5) * width - 180,
          length,
        );
        const relation = relate(circle, geohashBounds(hash));
        if (relation !== "outside") cells.push({ hash, inside: relation === "inside" });
      }
    }
  }
  return cells;
}

/** The most cells of this length that a circle can meet: its box, wherever the grid's lines lie. */
export function mostCells(
  { lat, metres }: { lat: number; metres: number },
  length: number,
): number {
  const { width, height } = geohashSize(length);
  const box = boxAround({ lat, lon: 0 }, metres);
  const side = (reach: number, size: number) => 2 * Math.ceil(reach / size - 1e-9) + 1;
  const across = side((box.east - box.west) / 2, width),
    up = side((box.north - box.south) / 2, height);
  return Math.min(across, Math.round(360 / width)) * Math.min(up, Math.round(180 / height));
}
