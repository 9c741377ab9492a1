/** Every index must find what looking at all places finds: poles, antimeridian, duplicates and empty seas included. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { integer, stream } from "lib/sim/random.ts";
import { MovingGrid } from "lib/structures/moving_grid.ts";
import { byDistance, type NearestOptions, type Neighbour } from "lib/structures/neighbour.ts";
import { RTree } from "lib/structures/r_tree.ts";
import { destination, haversine, type Place, wrapLongitude } from "lib/structures/sphere.ts";
import { SphereKdTree } from "lib/structures/sphere_kd_tree.ts";

type Search = (at: Place, k: number, options?: NearestOptions) => Neighbour[];

function brute(places: readonly Place[]): Search {
  return (at, k, { maxMetres = Infinity, filter = () => true } = {}) =>
    places.map((place, id) => ({ id, metres: haversine(at, place) }))
      .filter(({ id, metres }) => metres <= maxMetres && filter(id))
      .sort(byDistance).slice(0, k);
}

function gridOf(places: readonly Place[], level: number): MovingGrid {
  const grid = new MovingGrid(Math.max(1, places.length), { level });
  places.forEach(({ lat, lon }, id) => grid.move(id, lat, lon));
  return grid;
}

function grownTree(places: readonly Place[]): RTree {
  const tree = new RTree();
  places.forEach(({ lat, lon }, id) => tree.insert(id, lat, lon));
  return tree;
}

const indexes: Record<string, (places: readonly Place[]) => Search> = {
  SphereKdTree: (places) => {
    const tree = new SphereKdTree(places.map(({ lat }) => lat), places.map(({ lon }) => lon));
    return ({ lat, lon }, k, options) => tree.nearest(lat, lon, k, options);
  },
  "MovingGrid of level 14": (places) => {
    const grid = gridOf(places, 14);
    return ({ lat, lon }, k, options) => grid.nearest(lat, lon, k, options);
  },
  "MovingGrid of level 7": (places) => {
    const grid = gridOf(places, 7);
    return ({ lat, lon }, k, options) => grid.nearest(lat, lon, k, options);
  },
  "RTree, loaded": (places) => {
    const tree = RTree.load(places.map(({ lat }) => lat), places.map(({ lon }) => lon));
    return ({ lat, lon }, k, options) => tree.nearest(lat, lon, k, options);
  },
  "RTree, grown": (places) => {
    const tree = grownTree(places);
    return ({ lat, lon }, k, options) => tree.nearest(lat, lon, k, options);
  },
};

/** Clusters, a pole, the antimeridian, duplicates, and a scatter over the globe. */
function worldOf(seed: number, count: number): Place[] {
  const random = stream(seed, "world");
  const centres: Place[] = [
    { lat: 30, lon: 31.2 },
    { lat: 89.99, lon: 10 },
    { lat: -89.9, lon: -100 },
    { lat: -17, lon: 179.98 },
    { lat: 0, lon: 0 },
  ];
  const places: Place[] = [];
  while (places.length < count) {
    const dice = random();
    if (dice < 0.1 && places.length > 0) places.push(places[integer(random, places.length)]);
    else if (dice < 0.3) {
      places.push({ lat: Math.asin(2 * random() - 1) * 180 / Math.PI, lon: 360 * random() - 180 });
    } else {
      const centre = centres[integer(random, centres.length)];
      places.push(destination(centre, 360 * random(), 20_000 * random() ** 2));
    }
  }
  return [...places, { lat: 90, lon: 0 }, { lat: -90, lon: 55 }, { lat: 3, lon: 180 }];
}

for (const [name, make] of Object.entries(indexes)) {
  Deno.test(`${name} finds the same neighbours as brute force, everywhere`, () => {
    for (let seed = 0; seed < 3; seed++) {
      const places = worldOf(seed, 700), search = make(places), truth = brute(places);
      const random = stream(seed, "queries");
      const starts = [...worldOf(seed + 100, 110), { lat: 3, lon: -180 }];
      for (const at of starts) {
        const k = 1 + integer(random, 12);
        const found = search(at, k), expected = truth(at, k);
        assertEquals(found.map(({ id }) => id), expected.map(({ id }) => id), JSON.stringify(at));
        found.forEach(({ metres }, i) =>
          assert(Math.abs(metres - expected[i].metres) < 0.5, `${metres}, ${expected[i].metres}`)
        );
      }
    }
  });

  Deno.test(`${name} keeps to its filter and its radius, and gives all when k is more`, () => {
    const places = worldOf(7, 300), search = make(places), truth = brute(places);
    const at = { lat: 30.02, lon: 31.21 };
    for (const maxMetres of [1, 2000, 50_000, 3e6]) {
      const options = { maxMetres, filter: (id: number) => id % 3 > 0 };
      const found = search(at, 1000, options), expected = truth(at, 1000, options);
      assertEquals(found.map(({ id }) => id), expected.map(({ id }) => id), `${maxMetres}`);
    }
    assertEquals(search(at, 1000).length, places.length);
    assertEquals(make([])(at, 3), []);
  });
}

Deno.test("MovingGrid.move() answers as a new grid of the same places, after any moves", () => {
  for (let seed = 0; seed < 3; seed++) {
    const random = stream(seed, "moves");
    const places = worldOf(seed, 300), grid = gridOf(places, 12), tree = grownTree(places);
    for (let n = 0; n < 4000; n++) {
      const id = integer(random, places.length), { lat, lon } = places[id];
      const to = random() < 0.9
        ? destination({ lat, lon }, 360 * random(), 3000 * random())
        : { lat: 180 * random() - 90, lon: 360 * random() - 180 };
      places[id] = to;
      const before = grid.keyOf(lat, lon), after = grid.keyOf(to.lat, to.lon);
      assertEquals(grid.move(id, to.lat, to.lon), before !== after);
      tree.move(id, to.lat, to.lon);
    }
    for (let id = 0; id < 300; id += 7) {
      assertEquals([grid.remove(id), grid.remove(id)], [true, false]);
      assertEquals([tree.remove(id), tree.remove(id)], [true, false]);
    }
    const left = (id: number) => id >= 300 || id % 7 > 0;
    const truth = brute(places);
    for (const at of worldOf(seed + 50, 60)) {
      const expected = truth(at, 5, { filter: left }).map(({ id }) => id);
      assertEquals(grid.nearest(at.lat, at.lon, 5).map(({ id }) => id), expected);
      assertEquals(tree.nearest(at.lat, at.lon, 5).map(({ id }) => id), expected);
    }
    assertEquals(grid.size, tree.size);
  }
});

Deno.test("search() of a box finds what lies in it, across the antimeridian too", () => {
  const places = worldOf(3, 800), random = stream(3, "boxes");
  const grid = gridOf(places, 10),
    loaded = RTree.load(
      places.map(({ lat }) => lat),
      places.map(({ lon }) => lon),
    );
  for (let n = 0; n < 200; n++) {
    const south = 180 * random() - 90, west = 360 * random() - 180;
    const north = Math.min(90, south + 40 * random());
    const east = wrapLongitude(west + 60 * random());
    const box = { south, west, north, east };
    const expected = places.flatMap(({ lat, lon }, id) =>
      lat >= south && lat <= north &&
        (west <= east ? lon >= west && lon <= east : lon >= west || lon <= east)
        ? [id]
        : []
    );
    assertEquals(grid.search(box).sort((a, b) => a - b), expected);
    assertEquals(loaded.search(box).sort((a, b) => a - b), expected);
  }
});

Deno.test("an index refuses what is no place", () => {
  const grid = new MovingGrid(2), tree = new RTree();
  for (const [lat, lon] of [[90.1, 0], [0, 181], [NaN, 0], [0, NaN]]) {
    assertThrows(() => grid.move(0, lat, lon), RangeError, "within ±90 and ±180");
    assertThrows(() => tree.insert(0, lat, lon), RangeError, "within ±90 and ±180");
    assertThrows(() => new SphereKdTree([lat], [lon]), RangeError, "place 0 must be within");
  }
  assertThrows(() => grid.move(2, 0, 0), RangeError, "object 2 of 2");
  assertThrows(() => new SphereKdTree([1], [2]).nearest(0, 0, 0), RangeError, "k must be at least");
  assertThrows(() => new MovingGrid(0), RangeError, "capacity must be an integer from 1 to 2^30");
  assertThrows(() => new MovingGrid(1, { level: 17 }), RangeError, "level must be");
});
