/**
 * Search in a sorted list of cell ids, as any database with an ordered index can do it: cover, fetch, filter, rank.
 *
 * Each place has one number, its finest cell; the list is sorted by it. A coarser cell is a range of numbers, so a
 * circle becomes a few ranges (cover), each found by halving and read from end to end (fetch). What lies in a cell
 * wholly inside needs no test, the rest is measured (filter); what is left is sorted by distance (rank). The two
 * numberings are those of geohashes, longitude and latitude interleaved, and of S2, along its Hilbert curve.
 *
 * Simplified: built once; a store that takes updates keeps the same order in a tree. Numbers have 52 and 53 bits, which
 * a double holds: cells of half a metre.
 *
 * | operation | time | memory |
 * | --- | --- | --- |
 * | build | O(n log n) | 12 bytes a place, beside its coordinates |
 * | `within` | O(cells · log n + candidates + hits · log hits) | |
 *
 * @example
 * ```ts
 * import { byGeohash, byS2, CellRanges } from "lib/systems/geo/cell_ranges.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const [lats, lons] = [[30.04, 30.05, 31], [31.24, 31.24, 31]];
 * for (const order of [byGeohash, byS2]) {
 *   const { found } = new CellRanges(lats, lons, order).within({ lat: 30.04, lon: 31.24, metres: 2000 });
 *   assertEquals(found.map(({ id }) => id), [0, 1]);
 * }
 * ```
 *
 * @module
 */
import { coverShape } from "lib/structures/cell_cover.ts";
import { interleave52 } from "lib/structures/morton.ts";
import { byDistance, type Neighbour } from "lib/structures/neighbour.ts";
import { s2CellId, s2RangeMax, s2RangeMin } from "lib/structures/s2_cell.ts";
import { s2CoverCircle } from "lib/structures/s2_cover.ts";
import { haversine, type Place } from "lib/structures/sphere.ts";

type Circle = Place & { readonly metres: number };

/** Numbers from `from` to `to`, both included. */
export interface Range {
  from: number;
  to: number;
  inside: boolean;
}

/** A numbering of cells along a curve. */
export interface CellOrder {
  keyOf(lat: number, lon: number): number;
  cover(circle: Circle, maxCells: number): Range[];
}

const STEPS = 2 ** 26;

function geohashKey(lat: number, lon: number): number {
  const y = Math.min(STEPS - 1, Math.floor((lat + 90) / 180 * STEPS));
  const x = Math.min(STEPS - 1, Math.floor((lon + 180) / 360 * STEPS));
  return interleave52(y, x);
}

/** The order of geohashes: a cell of `level` halvings is a range of 2^(52 - level) numbers. */
export const byGeohash: CellOrder = {
  keyOf: geohashKey,
  cover: (circle, maxCells) =>
    coverShape(circle, { maxCells, maxLevel: 40 }).map(({ south, west, level, inside }) => {
      const from = geohashKey(south, west);
      return { from, to: from + 2 ** (52 - level) - 1, inside };
    }),
};

/** The order of S2: the front 53 of an id's 64 bits. */
export const byS2: CellOrder = {
  keyOf: (lat, lon) => Number(s2CellId(lat, lon) >> 11n),
  cover: (circle, maxCells) =>
    s2CoverCircle(circle, { maxCells, maxLevel: 20 }).map(({ id, inside }) => ({
      from: Number(s2RangeMin(id) >> 11n),
      to: Number(s2RangeMax(id) >> 11n),
      inside,
    })),
};

/** The stages of a search, in order. */
export const STAGES = ["cover", "fetch", "filter", "rank"] as const;

/** An answer, and what each stage did. */
export interface RangeAnswer {
  found: Neighbour[];
  /** All within the circle, before `limit`. */
  hits: number;
  cells: number;
  candidates: number;
  /** Milliseconds of each stage, by the clock that was given. */
  tookMs: Record<typeof STAGES[number], number>;
}

export class CellRanges {
  #lats: ArrayLike<number>;
  #lons: ArrayLike<number>;
  #order: CellOrder;
  #keys: Float64Array;
  #ids: Uint32Array;

  constructor(lats: ArrayLike<number>, lons: ArrayLike<number>, order: CellOrder) {
    this.#lats = lats;
    this.#lons = lons;
    this.#order = order;
    const keys = Float64Array.from(lats, (lat, id) => order.keyOf(lat, lons[id]));
    this.#ids = Uint32Array.from(keys, (_, id) => id).sort((a, b) => keys[a] - keys[b]);
    this.#keys = Float64Array.from(this.#ids, (id) => keys[id]);
  }

  get byteLength(): number {
    return this.#keys.byteLength + this.#ids.byteLength;
  }

  /** Everybody in the circle, nearest first; `nowMs` is the clock that times the stages. */
  within(
    circle: Circle,
    options: { limit?: number; maxCells?: number; nowMs?: () => number } = {},
  ): RangeAnswer {
    const { limit = Infinity, maxCells = 16, nowMs = () => 0 } = options;
    const startMs = nowMs();
    const ranges = this.#order.cover(circle, maxCells), coveredMs = nowMs();
    const [sure, unsure] = this.#fetch(ranges), fetchedMs = nowMs();
    const found: Neighbour[] = [];
    const measure = (id: number) => haversine(circle, { lat: this.#lats[id], lon: this.#lons[id] });
    for (const id of unsure) {
      const metres = measure(id);
      if (metres <= circle.metres) found.push({ id, metres });
    }
    const filteredMs = nowMs();
    for (const id of sure) found.push({ id, metres: measure(id) }); // only the order needs it
    found.sort(byDistance);
    const rankedMs = nowMs(), hits = found.length;
    found.length = Math.min(hits, limit);
    return {
      found,
      hits,
      cells: ranges.length,
      candidates: sure.length + unsure.length,
      tookMs: {
        cover: coveredMs - startMs,
        fetch: fetchedMs - coveredMs,
        filter: filteredMs - fetchedMs,
        rank: rankedMs - filteredMs,
      },
    };
  }

  /** Ids in cells wholly inside, and in those on the border. */
  #fetch(ranges: readonly Range[]): [sure: number[], unsure: number[]] {
    const sure: number[] = [], unsure: number[] = [];
    for (const { from, to, inside } of ranges) {
      const ids = inside ? sure : unsure;
      for (let at = this.#firstAt(from); at < this.#keys.length && this.#keys[at] <= to; at++) {
        ids.push(this.#ids[at]);
      }
    }
    return [sure, unsure];
  }

  /** The first position whose key is not below. */
  #firstAt(key: number): number {
    let low = 0, high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#keys[middle] < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
