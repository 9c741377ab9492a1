/**
 * Objects that move, in a grid of cells: an update is a few stores, and a search reads the cells near it.
 *
 * Latitude and longitude are cut into 2^level rows and columns. A cell's key is the two interleaved (Morton order), so
 * that a prefix of the key is a larger cell. An object that stays in its cell costs two stores, one that leaves it also
 * an unlinking and a linking (`cell_lists.ts`). Blocks of cells, which are prefixes of keys, count their objects, so
 * that a search steps over empty land a block at a time. Coordinates are kept, so answers are exact: a search filters
 * what its cells hold.
 *
 * Simplified: one level for all densities, which the caller picks (`level` 14: cells of 2.4 by 1.2 km at the equator).
 *
 * | operation | time | memory |
 * | --- | --- | --- |
 * | `move`, same cell | O(1), no hashing | 28 bytes an object, 18 a cell, 1 MB of blocks |
 * | `move`, new cell; `remove` | O(1) | |
 * | `within` | O(cells + objects in them) | |
 * | `nearest` | the same, for circles that double until one holds k | |
 *
 * @example
 * ```ts
 * import { MovingGrid } from "lib/structures/moving_grid.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const grid = new MovingGrid(1000);
 * grid.move(7, 30.0444, 31.2357);
 * grid.move(8, 30.0500, 31.2333);
 * grid.move(7, 30.0600, 31.2357); // it drove on
 * assertEquals(grid.nearest(30.0444, 31.2357, 1)[0].id, 8);
 * ```
 *
 * @module
 */
import { CellLists } from "./cell_lists.ts";
import { interleave, spread } from "./morton.ts";
import { type Box, boxAround, cutAtAntimeridian, EARTH_RADIUS, isInBox } from "./sphere.ts";
import { byDistance, type NearestOptions, type Neighbour } from "./neighbour.ts";

const RAD = Math.PI / 180;
/** Blocks of cells that count their objects: 2^9 by 2^9 of them. */
const BLOCK_LEVEL = 9;

/** What a search did, to be explained and charted. */
export interface Reading {
  /** Cells that were looked up; those of empty blocks were not. */
  cells: number;
  candidates: number;
  rounds: number;
}

/** Rows and columns of cells, ends included. */
interface Span {
  bottom: number;
  left: number;
  top: number;
  right: number;
}

export class MovingGrid {
  readonly capacity: number;
  readonly level: number;
  /** Of the last search. */
  readonly reading: Reading = { cells: 0, candidates: 0, rounds: 0 };
  #lat: Float64Array;
  #lon: Float64Array;
  #lists: CellLists;
  /** Objects in each block, by the front of the key. */
  #blocks: Uint32Array;
  #blockShift: number;
  #size = 0;
  #scale: number;

  /** Ids are 0 … capacity - 1. */
  constructor(capacity: number, options: { level?: number } = {}) {
    const { level = 14 } = options;
    if (!(Number.isInteger(capacity) && capacity >= 1 && capacity <= 2 ** 30)) {
      throw new RangeError(
        `Cannot create grid: capacity must be an integer from 1 to 2^30: received ${capacity}`,
      );
    }
    if (!(Number.isInteger(level) && level >= 1 && level <= 16)) {
      throw new RangeError(
        `Cannot create grid: level must be an integer from 1 to 16: received ${level}`,
      );
    }
    this.capacity = capacity;
    this.level = level;
    this.#scale = 2 ** level;
    this.#lat = new Float64Array(capacity);
    this.#lon = new Float64Array(capacity);
    this.#lists = new CellLists(capacity);
    this.#blockShift = Math.max(0, level - BLOCK_LEVEL);
    this.#blocks = new Uint32Array(4 ** (level - this.#blockShift));
  }

  /** Objects in the grid. */
  get size(): number {
    return this.#size;
  }

  /** Cells that hold an object, or held one. */
  get cells(): number {
    return this.#lists.cells;
  }

  get byteLength(): number {
    return 2 * this.#lat.byteLength + this.#lists.byteLength + this.#blocks.byteLength;
  }

  has(id: number): boolean {
    return this.#lists.has(id);
  }

  latOf(id: number): number {
    return this.#lat[id];
  }

  lonOf(id: number): number {
    return this.#lon[id];
  }

  /** The key of the cell that holds a place: rows and columns interleaved. */
  keyOf(lat: number, lon: number): number {
    return interleave(this.#column(lon), this.#row(lat));
  }

  /** Puts the object at a place, whether it was anywhere or not; true when it came into another cell. */
  move(id: number, lat: number, lon: number): boolean {
    if (!(lat >= -90 && lat <= 90 && lon >= -180 && lon <= 180 && id >= 0 && id < this.capacity)) {
      throw new RangeError(
        `Cannot move object ${id} of ${this.capacity}: place must be within ±90 and ±180 degrees: received ${lat}, ${lon}`,
      );
    }
    const key = interleave(this.#column(lon), this.#row(lat)), old = this.#lists.keyOf(id);
    this.#lat[id] = lat;
    this.#lon[id] = lon;
    if (old === key) return false;
    if (old >= 0) this.#blocks[old >>> 2 * this.#blockShift]--;
    else this.#size++;
    this.#lists.put(id, key);
    this.#blocks[key >>> 2 * this.#blockShift]++;
    return true;
  }

  /** Takes the object out; false when it was not there. */
  remove(id: number): boolean {
    const key = id >= 0 && id < this.capacity ? this.#lists.keyOf(id) : -1;
    if (key < 0) return false;
    this.#lists.remove(id);
    this.#blocks[key >>> 2 * this.#blockShift]--;
    this.#size--;
    return true;
  }

  /** All objects within `metres`, nearest first, the lower id first where they are equally far. */
  within(lat: number, lon: number, metres: number, filter?: NearestOptions["filter"]): Neighbour[] {
    this.reading.cells = this.reading.candidates = 0;
    this.reading.rounds = 1;
    return this.#collect(lat, lon, metres, filter).sort(byDistance);
  }

  /**
   * The `k` objects that are nearest: circles, each twice as wide, until one holds k of them. `startMetres` is the
   * first one; a good guess from the density saves rounds.
   */
  nearest(
    lat: number,
    lon: number,
    k: number,
    options: NearestOptions & { startMetres?: number } = {},
  ): Neighbour[] {
    const { maxMetres = Math.PI * EARTH_RADIUS, filter, startMetres } = options;
    let metres = Math.min(maxMetres, startMetres ?? 180 / this.#scale * RAD * EARTH_RADIUS);
    this.reading.cells = this.reading.candidates = this.reading.rounds = 0;
    for (;;) {
      this.reading.rounds++;
      const found = this.#collect(lat, lon, metres, filter);
      if (found.length >= k || metres >= maxMetres) return found.sort(byDistance).slice(0, k);
      metres = Math.min(maxMetres, metres * 2);
    }
  }

  /** The objects in a box, edges included, in no order. */
  search(box: Box): number[] {
    const ids: number[] = [];
    this.reading.cells = this.reading.candidates = 0;
    this.reading.rounds = 1;
    this.#scan(box, (id) => {
      if (isInBox({ lat: this.#lat[id], lon: this.#lon[id] }, box)) ids.push(id);
    });
    return ids;
  }

  #row(lat: number): number {
    const row = (lat + 90) / 180 * this.#scale | 0;
    return row < this.#scale ? row : this.#scale - 1;
  }

  #column(lon: number): number {
    const column = (lon + 180) / 360 * this.#scale | 0;
    return column < this.#scale ? column : this.#scale - 1;
  }

  #collect(lat: number, lon: number, metres: number, filter: NearestOptions["filter"]) {
    const found: Neighbour[] = [], phi = lat * RAD, flat = Math.cos(phi);
    const visit = (id: number) => {
      const up = Math.sin((this.#lat[id] - lat) * RAD / 2);
      const along = Math.sin((this.#lon[id] - lon) * RAD / 2);
      const h = up * up + flat * Math.cos(this.#lat[id] * RAD) * along * along;
      const apart = 2 * EARTH_RADIUS * Math.asin(Math.min(1, Math.sqrt(h)));
      if (apart <= metres && (filter === undefined || filter(id))) {
        found.push({ id, metres: apart });
      }
    };
    this.#scan(boxAround({ lat, lon }, metres), visit);
    return found;
  }

  /** Visits every object of every cell that meets the box, each once. */
  #scan(box: Box, visit: (id: number) => void): void {
    const parts = cutAtAntimeridian(box).map(({ south, west, north, east }) => ({
      bottom: this.#row(south),
      left: this.#column(west),
      top: this.#row(north),
      right: this.#column(east),
    }));
    // Where there are fewer cells in all, reading every one of them is less work.
    const cost = parts.reduce((sum, part) => sum + this.#cost(part), 0);
    if (cost > 4 * this.#lists.slots) {
      this.reading.cells += this.#lists.slots;
      this.reading.candidates += this.#lists.eachOfAll(visit);
    } else for (const part of parts) this.#readAll(part, visit);
  }

  /** Blocks to ask, and at most how many cells to read in those that hold something. */
  #cost({ bottom, left, top, right }: Span): number {
    const shift = this.#blockShift;
    let blocks = 0, full = 0;
    for (let row = bottom >> shift; row <= top >> shift; row++) {
      for (let column = left >> shift; column <= right >> shift; column++) {
        blocks++;
        if (this.#blocks[interleave(column, row)] > 0) full++;
      }
    }
    return blocks + Math.min(full * 4 ** shift, (top - bottom + 1) * (right - left + 1));
  }

  #readAll({ bottom, left, top, right }: Span, visit: (id: number) => void): void {
    const shift = this.#blockShift;
    for (let row = bottom; row <= top; row++) {
      const rowBits = spread(row) << 1, blockBits = spread(row >> shift) << 1;
      for (let column = left; column <= right; column++) {
        if (this.#blocks[(blockBits | spread(column >> shift)) >>> 0] === 0) {
          column |= (1 << shift) - 1; // on to the next block
        } else this.#read((rowBits | spread(column)) >>> 0, visit);
      }
    }
  }

  #read(key: number, visit: (id: number) => void): void {
    this.reading.cells++;
    this.reading.candidates += this.#lists.each(key, visit);
  }
}
