/**
 * The Earth that the maps show and the fleets drive on: coastlines, regions of residency, and cities.
 *
 * @example
 * ```ts
 * import { cities, regions } from "lib/systems/geo/atlas.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(cities.find(({ name }) => name === "Cairo")!.country, "EG");
 * assertEquals(Object.keys(regions), ["eu", "us", "in"]);
 * ```
 *
 * Sources, with licences: data/SOURCES.md (Natural Earth, GeoNames).
 *
 * @module
 */
import type { Place } from "lib/structures/sphere.ts";
import landJson from "../../../data/geography/land.json" with { type: "json" };
import lowerEgyptJson from "../../../data/geography/lower_egypt.json" with { type: "json" };
import regionsJson from "../../../data/geography/regions.json" with { type: "json" };

/** Degrees east and north, as GeoJSON has them. */
type Position = readonly [lon: number, lat: number];
/** Polygons, each of rings: the outline, then its holes. */
export interface MultiPolygon {
  readonly type: string;
  readonly coordinates: readonly (readonly (readonly Position[])[])[];
}

/** A place where people live. */
export interface City extends Place {
  readonly name: string;
  /** ISO 3166-1. */
  readonly country: string;
  readonly population: number;
}

/** All land, coarsely. */
export const land = landJson as unknown as MultiPolygon;
/** The Nile delta's coast and its surroundings, 28° to 35° east and 28° to 32.5° north. */
export const lowerEgypt = lowerEgyptJson as unknown as MultiPolygon;
/** The European Union, the United States, India. */
export const regions = regionsJson as unknown as Record<"eu" | "us" | "in", MultiPolygon>;

/** At least 100,000 people, and those of Egypt from 1,000 on; largest first. */
export const cities: readonly City[] = Deno
  .readTextFileSync(new URL("../../../data/geography/cities.csv", import.meta.url))
  .trimEnd().split("\n").slice(1)
  .map((line) => {
    const [, name, country, lat, lon, population] = /^("(?:[^"]|"")*"|[^,]*),(..),(.*),(.*),(.*)$/
      .exec(line)!;
    return {
      name: name.replace(/^"|"$/g, "").replaceAll('""', '"'),
      country,
      lat: Number(lat),
      lon: Number(lon),
      population: Number(population),
    };
  });
