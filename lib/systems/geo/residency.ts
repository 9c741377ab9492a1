/**
 * Data that must stay where it belongs: a store a region, and only counts between them.
 *
 * A position is written to the store of the region that it lies in, and deleted from any other in the same step, so
 * that no row is ever at rest in the wrong place. What regions tell each other, with a delay, is how many entities a
 * cell holds, never which. A search across a border asks the regions that it meets and leaves a line in the access log.
 * A removal request goes to all stores at once, and to the counts.
 *
 * Simplified: the stores are maps in one process. Where no region claims a place, it is written to none, and counted.
 *
 * @example
 * ```ts
 * import { Residency } from "lib/systems/geo/residency.ts";
 * import { regions } from "lib/systems/geo/atlas.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const residency = new Residency(regions);
 * residency.put(7, { lat: 48.85, lon: 2.35 }, 0);
 * assertEquals(residency.rowsOf("eu"), 1);
 * residency.put(7, { lat: 40.71, lon: -74.2 }, 1000); // it flew
 * assertEquals([residency.rowsOf("eu"), residency.rowsOf("us")], [0, 1]);
 * ```
 *
 * @module
 */
import { encodeGeohash } from "lib/structures/geohash.ts";
import { boxAround, cutAtAntimeridian, haversine, type Place } from "lib/structures/sphere.ts";
import type { MultiPolygon } from "./atlas.ts";
import { Geofence } from "./geofence.ts";

/** A line of what the regions tell each other. */
export interface CountLine {
  readonly region: string;
  readonly cell: string;
  readonly change: 1 | -1;
  readonly atMs: number;
}

/** Who looked across a border. */
export interface Access {
  readonly from: string;
  readonly into: string;
  readonly atMs: number;
  readonly reason: string;
}

export class Residency {
  readonly names: readonly string[];
  readonly counts: CountLine[] = [];
  readonly accesses: Access[] = [];
  /** Positions outside of every region. */
  unclaimed = 0;
  #fences: Map<string, Geofence[]>;
  #rows: Map<string, Map<number, Place>>;

  constructor(regions: Readonly<Record<string, MultiPolygon>>) {
    this.names = Object.keys(regions);
    this.#rows = new Map(this.names.map((name) => [name, new Map()]));
    this.#fences = new Map(
      Object.entries(regions).map(([name, { coordinates }]) => [
        name,
        coordinates.map(([outline]) =>
          new Geofence(outline.map(([lon, lat]) => ({ lat, lon })), { trusted: true })
        ),
      ]),
    );
  }

  /** The region that a place belongs to. */
  regionOf(place: Place): string | undefined {
    return this.names.find((name) => this.#fences.get(name)!.some((fence) => fence.holds(place)));
  }

  /** Writes a position where it belongs, and nowhere else. */
  put(id: number, place: Place, atMs: number): string | undefined {
    const home = this.regionOf(place);
    for (const name of this.names) {
      const rows = this.#rows.get(name)!, before = rows.get(id);
      if (before !== undefined) this.#count(name, before, -1, atMs);
      if (name === home) {
        rows.set(id, place);
        this.#count(name, place, 1, atMs);
      } else rows.delete(id);
    }
    if (home === undefined) this.unclaimed++;
    return home;
  }

  rowsOf(region: string): number {
    return this.#rows.get(region)!.size;
  }

  /** Rows at rest in a region that they do not belong to. */
  violations(): number {
    return this.names.reduce(
      (sum, name) =>
        sum + [...this.#rows.get(name)!.values()].filter((place) => this.regionOf(place) !== name)
          .length,
      0,
    );
  }

  /** Deletes a person from every store; the regions in which there was a row. */
  remove(id: number, atMs: number): string[] {
    return this.names.filter((name) => {
      const place = this.#rows.get(name)!.get(id);
      if (place !== undefined) this.#count(name, place, -1, atMs);
      return this.#rows.get(name)!.delete(id);
    });
  }

  /** Everybody within `metres` as a caller in `from` may see it; looks across a border are logged. */
  search(at: Place, metres: number, from: string, atMs: number): { id: number; region: string }[] {
    return this.names.flatMap((region) => {
      const near = [...this.#rows.get(region)!]
        .filter(([, place]) => haversine(at, place) <= metres)
        .map(([id]) => ({ id, region }));
      const isAcross = region !== from && this.#meets(region, at, metres);
      if (isAcross) this.accesses.push({ from, into: region, atMs, reason: "search" });
      return region === from || isAcross ? near : [];
    });
  }

  /** How many a cell holds in a region, as others know it: what was told up to `nowMs - delayMs`. */
  knownCount(region: string, cell: string, nowMs: number, delayMs: number): number {
    return this.counts.reduce(
      (sum, line) =>
        line.region === region && line.cell === cell && line.atMs <= nowMs - delayMs
          ? sum + line.change
          : sum,
      0,
    );
  }

  #count(region: string, { lat, lon }: Place, change: 1 | -1, atMs: number): void {
    this.counts.push({ region, cell: encodeGeohash(lat, lon, 3), change, atMs });
  }

  #meets(region: string, at: Place, metres: number): boolean {
    return cutAtAntimeridian(boxAround(at, metres)).some((box) =>
      this.#fences.get(region)!.some(({ ring }) =>
        ring.box.south <= box.north && ring.box.north >= box.south &&
        ring.box.west <= box.east && ring.box.east >= box.west
      )
    );
  }
}
