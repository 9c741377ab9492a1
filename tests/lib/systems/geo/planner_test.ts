import { assert, assertEquals, assertThrows } from "@std/assert";
import { integer, pick, stream } from "lib/sim/random.ts";
import { makeRing } from "lib/structures/polygon.ts";
import { destination, haversine } from "lib/structures/sphere.ts";
import { cities } from "lib/systems/geo/atlas.ts";
import { DensityMap, holds } from "lib/systems/geo/density.ts";
import { standingFleet } from "lib/systems/geo/fleet.ts";
import { GeoIndex } from "lib/systems/geo/planner.ts";
import { BadQuery, checkQuery, passes, type Query } from "lib/systems/geo/query.ts";

const box = { south: 28.5, west: 28.5, north: 32, east: 34 };
const egypt = cities.filter(({ country }) => country === "EG");
const random = stream(41, "planner");
const COUNT = 5000;
const { lats, lons } = standingFleet(COUNT, { cities: egypt, box, random });
const attributes = Array.from({ length: COUNT }, () => ({
  category: random() < 0.02 ? "crane" : pick(random, ["taxi", "van"]),
  rating: Math.round(50 * random()) / 10,
  available: random() < 0.6,
}));
const index = new GeoIndex(lats, lons, attributes);

function randomQuery(): Query {
  const at = integer(random, COUNT),
    from = random() < 0.7
      ? { lat: lats[at], lon: lons[at] }
      : { lat: 28.5 + 3.5 * random(), lon: 28.5 + 5.5 * random() };
  const filters = pick(random, [{}, { category: "crane" }, { category: "taxi", available: true }]);
  const rank = pick(random, ["distance", { weight: 1, scaleMetres: 1000 }] as const);
  const metres = 10 ** (2 + 3 * random());
  const kinds: Query[] = [
    { ...from, metres },
    { ...from, k: 1 + integer(random, 30) },
    { box: { south: from.lat, west: from.lon, north: from.lat + 0.2, east: from.lon + 0.3 } },
    { polygon: [0, 90, 200].map((bearing) => destination(from, bearing, metres)) },
  ];
  return { ...pick(random, kinds), filters, rank, limit: 50 };
}

/** Every entity, looked at. */
function brute(query: Query): number[] {
  const { from, shape, k, filters, rank, limit } = checkQuery(query);
  const all = attributes.map((one, id) => ({ one, id, place: { lat: lats[id], lon: lons[id] } }))
    .filter(({ one, place }) =>
      passes(filters, one) && (shape === undefined || holds(shape, place))
    )
    .map(({ one, id, place }) => ({ id, one, metres: haversine(from, place) }));
  const nearest = k === undefined ? all : all.sort((a, b) => a.metres - b.metres).slice(0, k);
  const score = ({ one, metres }: typeof all[number]) =>
    rank === "distance" ? -metres : rank.weight * one.rating - metres / rank.scaleMetres;
  return nearest.sort((a, b) => score(b) - score(a) || a.metres - b.metres || a.id - b.id)
    .slice(0, limit).map(({ id }) => id);
}

Deno.test("GeoIndex.search() answers as brute force does, by every plan", () => {
  for (let n = 0; n < 120; n++) {
    const query = randomQuery(), expected = brute(query);
    for (const plan of index.plans(query)) {
      const { found } = index.search(query, plan);
      assertEquals(found.map(({ id }) => id), expected, JSON.stringify([query, plan]));
    }
  }
});

Deno.test("GeoIndex.plans() puts a way first that is hardly more work than the best", () => {
  const ratios = Array.from({ length: 150 }, () => {
    const query = randomQuery(), plans = index.plans(query);
    const work = plans.map((plan) => index.search(query, plan).work);
    return (work[0] + 10) / (Math.min(...work) + 10);
  }).sort((a, b) => a - b);
  assert(ratios[75] <= 1.5, `median ${ratios[75]}`);
  assert(ratios[149] <= 3, `worst ${ratios[149]}`);
});

Deno.test("DensityMap.expected() is near the truth, and radiusFor() holds about k", () => {
  const density = new DensityMap({ level: 13 });
  for (let id = 0; id < COUNT; id++) density.add(lats[id], lons[id]);
  const errors: number[] = [];
  for (let n = 0; n < 60; n++) {
    const at = integer(random, COUNT), circle = { lat: lats[at], lon: lons[at], metres: 8000 };
    const truth = Array.from(lats, (lat, id) => holds(circle, { lat, lon: lons[id] }) ? 1 : 0)
      .reduce<number>((a, b) => a + b, 0);
    if (truth >= 20) errors.push(Math.abs(density.expected(circle) - truth) / truth);
  }
  errors.sort((a, b) => a - b);
  assert(errors[errors.length >> 1] < 0.25, `${errors[errors.length >> 1]}`);
  assertEquals(density.total, COUNT);
  assertEquals(
    Math.round(density.expected({ south: -90, west: -180, north: 90, east: 180 })),
    COUNT,
  );
  assertEquals(new DensityMap().radiusFor({ lat: 0, lon: 0 }, 1), 20_038_000);
  density.add(lats[0], lons[0], -1);
  assertEquals(density.total, COUNT - 1);
});

Deno.test("checkQuery() names the field and the rule of what may not be asked", () => {
  const at = { lat: 30, lon: 31 };
  const cross = [[0, 0], [1, 1], [1, 0], [0, 1]].map(([lat, lon]) => ({ lat, lon }));
  const cases: [Query, string][] = [
    [{ ...at, metres: 0 }, "metres must be above 0 and at most 20,038,000: received 0"],
    [{ ...at, metres: -5 }, "metres must be above 0"],
    [{ ...at, metres: 20_038_001 }, "metres must be above 0"],
    [{ ...at, k: 0 }, "k must be an integer from 1"],
    [{ ...at, k: 10, metres: 3 }, "query must be one of metres, k, box and polygon: received 2"],
    [at, "query must be one of"],
    [{ ...at, lat: 90.1, k: 1 }, "lat must be from -90 to 90: received 90.1"],
    [{ ...at, lon: 181, k: 1 }, "lon must be from -180 to 180: received 181"],
    [{ lat: NaN, lon: 0, k: 1 }, "received NaN"],
    [{ box: { south: 2, west: 0, north: 1, east: 1 } }, "box must be from south to north"],
    [{ polygon: cross.slice(0, 2) }, "at least 3 different places"],
    [{ polygon: cross }, "edges must not cross"],
    [{ ...at, k: 1, filters: { colour: "red" } as never }, "filters must be category or available"],
    [{ ...at, k: 1, filters: { available: 1 as never } }, "available must be true or false"],
    [{ ...at, metres: 1, limit: 0 }, "limit must be an integer"],
  ];
  for (const [query, message] of cases) {
    assertThrows(() => checkQuery(query), RangeError, message);
  }
  assertThrows(() => checkQuery({ ...at, k: 0 }), BadQuery);
  checkQuery({ box: { south: 0, west: 170, north: 1, east: -170 } }); // across the antimeridian
  makeRing(cross.slice(0, 3));
});
