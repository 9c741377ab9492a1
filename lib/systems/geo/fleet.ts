/**
 * A fleet of drivers as it stands in a country: thick in cities, thin along roads, nearly none in the desert.
 *
 * Most drivers wait in a city, which is drawn by its population, at a normal distance from its middle whose spread
 * grows with the root of the population, as areas of cities do. Some are on a road, the straight line from a city to
 * the nearest larger one. The rest lie anywhere in the box. Seeded, so that a fleet repeats.
 *
 * Simplified: cities are round, and no coast keeps a driver out of the sea; both blur what is dense, which is the
 * harder case for an index.
 *
 * @example
 * ```ts
 * import { standingFleet } from "lib/systems/geo/fleet.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const cities = [{ name: "Cairo", country: "EG", lat: 30.06, lon: 31.25, population: 7.7e6 }];
 * const box = { south: 29, west: 30, north: 31, east: 32 };
 * const fleet = standingFleet(1000, { cities, box, random: () => 0.5 });
 * assertEquals(fleet.lats.length, 1000);
 * ```
 *
 * @module
 */
import { type Box, haversine, type Place, wrapLongitude } from "lib/structures/sphere.ts";
import type { City } from "./atlas.ts";

/** Where all drivers are: the position in both arrays is the driver. */
export interface Fleet {
  readonly lats: Float64Array;
  readonly lons: Float64Array;
}

/** Where to put drivers. */
export interface FleetOptions {
  cities: readonly City[];
  /** Everybody is within. */
  box: Box;
  random: () => number;
  /** Share of drivers in cities and on roads; the rest is scattered. */
  inCities?: number;
  onRoads?: number;
}

const METRES_A_DEGREE = 111_195;

/** Puts `count` drivers into a country. */
export function standingFleet(count: number, options: FleetOptions): Fleet {
  const { cities, box, random, inCities = 0.85, onRoads = 0.1 } = options;
  const pick = byPopulation(cities, random), roads = roadsOf(cities);
  const lats = new Float64Array(count), lons = new Float64Array(count);
  for (let id = 0; id < count;) {
    const dice = random(), city = pick();
    let place: Place;
    if (dice < inCities) place = near(city, spreadOf(city), random);
    else if (dice < inCities + onRoads && roads.has(city)) {
      const to = roads.get(city)!, at = random();
      const on = {
        lat: city.lat + (to.lat - city.lat) * at,
        lon: city.lon + (to.lon - city.lon) * at,
      };
      place = near(on, 300, random);
    } else {
      place = {
        lat: box.south + (box.north - box.south) * random(),
        lon: box.west + (box.east - box.west) * random(),
      };
    }
    const { lat, lon } = place;
    if (lat < box.south || lat > box.north || lon < box.west || lon > box.east) continue;
    lats[id] = lat;
    lons[id] = lon;
    id++;
  }
  return { lats, lons };
}

/** Metres of one standard deviation: 5.5 km for a city of 7.7 million. */
export function spreadOf({ population }: City): number {
  return 2 * Math.sqrt(population);
}

/** A place at a normal distance, north and east. */
export function near({ lat, lon }: Place, metres: number, random: () => number): Place {
  const radius = metres * Math.sqrt(-2 * Math.log(1 - random())), angle = 2 * Math.PI * random();
  const up = radius * Math.cos(angle) / METRES_A_DEGREE;
  const right = radius * Math.sin(angle) / (METRES_A_DEGREE * Math.cos(lat * Math.PI / 180));
  return { lat: Math.max(-90, Math.min(90, lat + up)), lon: wrapLongitude(lon + right) };
}

/** Draws cities, each as often as its people. */
function byPopulation(cities: readonly City[], random: () => number): () => City {
  let total = 0;
  const sums = cities.map(({ population }) => total += population);
  return () => {
    const at = random() * total;
    let low = 0, high = sums.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sums[middle] > at) high = middle;
      else low = middle + 1;
    }
    return cities[low];
  };
}

/** From each city to the nearest larger one. */
function roadsOf(cities: readonly City[]): Map<City, City> {
  const ranked = cities.toSorted((a, b) => b.population - a.population);
  return new Map(
    ranked.slice(1).map((city, i) => {
      const larger = ranked.slice(0, i + 1);
      const nearest = larger.reduce((best, one) =>
        haversine(city, one) < haversine(city, best) ? one : best
      );
      return [city, nearest];
    }),
  );
}
