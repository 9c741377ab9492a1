/**
 * Fences: who comes into a polygon and who leaves it, with cells that spare most of the exact tests.
 *
 * A fence's box is cut once into 64 by 64 tiles; most positions lie in a tile wholly inside or wholly outside, and only
 * those on a border tile are tested against the polygon. Which side an entity was on is remembered, so that a move makes an event
 * only when it crosses.
 *
 * @example
 * ```ts
 * import { Geofence } from "lib/systems/geo/geofence.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const square = [[30, 31], [30, 32], [31, 32], [31, 31]].map(([lat, lon]) => ({ lat, lon }));
 * const fence = new Geofence(square);
 * assertEquals(fence.move(1, { lat: 29, lon: 31.5 }), undefined);
 * assertEquals(fence.move(1, { lat: 30.5, lon: 31.5 }), "enter");
 * assertEquals(fence.move(1, { lat: 30.6, lon: 31.5 }), undefined);
 * assertEquals(fence.move(1, { lat: 32, lon: 31.5 }), "exit");
 * ```
 *
 * @module
 */
import { relate } from "lib/structures/cell_cover.ts";
import { isInRing, makeRing, type Ring } from "lib/structures/polygon.ts";
import type { Place } from "lib/structures/sphere.ts";

/** Rows and columns of tiles within the fence's box. */
const SIDE = 64;

export class Geofence {
  readonly ring: Ring;
  /** Places that needed the polygon itself. */
  exactTests = 0;
  #inside = new Set<number>();
  /** For each tile of the box: 0 outside, 1 inside, 2 on the border. */
  #tiles: Uint8Array;

  /** @throws {RangeError} when the places are no polygon */
  constructor(places: readonly Place[], options: { trusted?: boolean } = {}) {
    this.ring = makeRing(places, options);
    this.#tiles = new Uint8Array(SIDE ** 2);
    const { box } = this.ring;
    const width = (box.east - box.west) / SIDE, height = (box.north - box.south) / SIDE;
    for (let row = 0; row < SIDE; row++) {
      for (let column = 0; column < SIDE; column++) {
        const west = box.west + column * width, south = box.south + row * height;
        const tile = { south, west, north: south + height, east: west + width };
        const relation = relate({ ring: this.ring }, tile);
        this.#tiles[row * SIDE + column] = relation === "outside"
          ? 0
          : relation === "inside"
          ? 1
          : 2;
      }
    }
  }

  /** Whether the place lies inside. */
  holds(place: Place): boolean {
    const { box } = this.ring, { lat } = place;
    const turns = Math.floor((place.lon - box.west) / 360), lon = place.lon - 360 * turns;
    if (lat < box.south || lat > box.north || lon > box.east) return false;
    const at = (value: number, low: number, high: number) =>
      Math.min(SIDE - 1, Math.floor((value - low) / (high - low) * SIDE));
    const tile = this.#tiles[
      at(lat, box.south, box.north) * SIDE + at(lon, box.west, box.east)
    ];
    if (tile !== 2) return tile === 1;
    this.exactTests++;
    return isInRing(place, this.ring);
  }

  /** Takes an entity's new place: what it means for the fence, if anything. */
  move(id: number, place: Place): "enter" | "exit" | undefined {
    const now = this.holds(place);
    if (now === this.#inside.has(id)) return undefined;
    if (now) this.#inside.add(id);
    else this.#inside.delete(id);
    return now ? "enter" : "exit";
  }
}
