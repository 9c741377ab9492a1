/**
 * The box around a shape, and how many cells of a grid it meets.
 *
 * @module
 */
import type { Shape } from "lib/structures/cell_cover.ts";
import { type Box, boxAround, cutAtAntimeridian } from "lib/structures/sphere.ts";

/** The smallest box that holds the shape. */
export function boxOf(shape: Shape): Box {
  if ("metres" in shape) return boxAround(shape, shape.metres);
  if (!("ring" in shape)) return shape;
  const { box } = shape.ring;
  return box.west < -180 || box.east > 180 ? { ...box, west: -180, east: 180 } : box;
}

/** Cells of a grid of 2^level by 2^level that the box meets. */
export function cellsIn(box: Box, level: number): number {
  const side = 2 ** level;
  return cutAtAntimeridian(box).reduce((sum, { south, west, north, east }) => {
    const rows = Math.floor((north + 90) / 180 * side) - Math.floor((south + 90) / 180 * side) + 1;
    const columns = Math.floor((east + 180) / 360 * side) - Math.floor((west + 180) / 360 * side) +
      1;
    return sum + rows * columns;
  }, 0);
}
