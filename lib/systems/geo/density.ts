/**
 * How dense it is where: a histogram over the map, from which a search is planned.
 *
 * The world is cut into 2^level by 2^level boxes, and each counts its objects. How many objects a shape will hold is
 * the sum over the boxes that it meets, of the count times the share of the box within the shape, sampled in a grid of
 * 8 by 8. How wide a circle must be for k objects is found by doubling and halving.
 *
 * Simplified: within a box objects count as spread evenly; a smaller box is right more often and costs more.
 *
 * @example
 * ```ts
 * import { DensityMap } from "lib/systems/geo/density.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const density = new DensityMap({ level: 10 });
 * density.add(30, 31, 100);
 * assertEquals(density.expected({ south: 29, west: 30, north: 31, east: 32 }), 100);
 * ```
 *
 * @module
 */
import { relate, type Shape } from "lib/structures/cell_cover.ts";
import { isInRing } from "lib/structures/polygon.ts";
import {
  type Box,
  cutAtAntimeridian,
  haversine,
  isInBox,
  type Place,
} from "lib/structures/sphere.ts";
import { boxOf } from "./spans.ts";

const SAMPLES = 8;

export class DensityMap {
  readonly level: number;
  #side: number;
  #counts = new Map<number, number>();
  #total = 0;

  constructor({ level = 12 }: { level?: number } = {}) {
    this.level = level;
    this.#side = 2 ** level;
  }

  get total(): number {
    return this.#total;
  }

  /** Counts objects at a place; takes them out where `count` is negative. */
  add(lat: number, lon: number, count = 1): void {
    const key = this.#row(lat) * this.#side + this.#column(lon);
    const left = (this.#counts.get(key) ?? 0) + count;
    if (left > 0) this.#counts.set(key, left);
    else this.#counts.delete(key);
    this.#total += count;
  }

  /** Objects a square kilometre where the place is. */
  at({ lat, lon }: Place): number {
    const box = this.#box(this.#row(lat), this.#column(lon));
    const count = this.#counts.get(this.#row(lat) * this.#side + this.#column(lon)) ?? 0;
    const degree = 111.195, wide = (box.east - box.west) * Math.cos(lat * Math.PI / 180) * degree;
    return count / Math.max(1e-9, wide * (box.north - box.south) * degree);
  }

  /** How many objects the shape will hold. */
  expected(shape: Shape): number {
    let sum = 0;
    for (const part of cutAtAntimeridian(boxOf(shape))) {
      const bottom = this.#row(part.south), top = this.#row(part.north);
      const left = this.#column(part.west), right = this.#column(part.east);
      if ((top - bottom + 1) * (right - left + 1) > 4 * this.#counts.size) {
        return this.#overAll(shape);
      }
      for (let row = bottom; row <= top; row++) {
        for (let column = left; column <= right; column++) {
          const count = this.#counts.get(row * this.#side + column);
          if (count !== undefined) sum += count * shareOf(this.#box(row, column), shape);
        }
      }
    }
    return sum;
  }

  /** Metres of the circle that will hold `k` objects; half the Earth's girth where there are fewer. */
  radiusFor(at: Place, k: number): number {
    if (this.#total < k) return 20_038_000;
    let [low, high] = [1, 100];
    while (this.expected({ ...at, metres: high }) < k && high < 20_038_000) {
      [low, high] = [high, high * 2];
    }
    for (let step = 0; step < 12 && high / low > 1.05; step++) {
      const middle = Math.sqrt(low * high);
      if (this.expected({ ...at, metres: middle }) < k) low = middle;
      else high = middle;
    }
    return high;
  }

  #overAll(shape: Shape): number {
    let sum = 0;
    for (const [key, count] of this.#counts) {
      sum += count * shareOf(this.#box(Math.floor(key / this.#side), key % this.#side), shape);
    }
    return sum;
  }

  #row(lat: number): number {
    return Math.min(this.#side - 1, Math.floor((lat + 90) / 180 * this.#side));
  }

  #column(lon: number): number {
    return Math.min(this.#side - 1, Math.floor((lon + 180) / 360 * this.#side));
  }

  #box(row: number, column: number): Box {
    const height = 180 / this.#side, width = 360 / this.#side;
    const south = row * height - 90, west = column * width - 180;
    return { south, west, north: south + height, east: west + width };
  }
}

/** The share of a box that lies in the shape. */
function shareOf(box: Box, shape: Shape): number {
  const relation = relate(shape, box);
  if (relation !== "border") return relation === "inside" ? 1 : 0;
  let hits = 0;
  for (let i = 0; i < SAMPLES; i++) {
    for (let j = 0; j < SAMPLES; j++) {
      const lat = box.south + (box.north - box.south) * (i + 0.5) / SAMPLES;
      const lon = box.west + (box.east - box.west) * (j + 0.5) / SAMPLES;
      if (holds(shape, { lat, lon })) hits++;
    }
  }
  return hits / SAMPLES ** 2;
}

/** Whether the place lies in the shape, its edge included. */
export function holds(shape: Shape, place: Place): boolean {
  if ("metres" in shape) return haversine(shape, place) <= shape.metres;
  return "ring" in shape ? isInRing(place, shape.ring) : isInBox(place, shape);
}
