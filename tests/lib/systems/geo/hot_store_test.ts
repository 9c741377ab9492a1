import { assert, assertEquals, assertThrows } from "@std/assert";
import { integer, stream } from "lib/sim/random.ts";
import { encodeGeohash } from "lib/structures/geohash.ts";
import { byDistance } from "lib/structures/neighbour.ts";
import { destination, haversine, type Place } from "lib/structures/sphere.ts";
import { CellCache } from "lib/systems/geo/cell_cache.ts";
import { HotStore } from "lib/systems/geo/hot_store.ts";

const CAIRO = { lat: 30.0444, lon: 31.2357 };

const near15km = (random: () => number) => destination(CAIRO, 360 * random(), 15_000 * random());

function filled(count: number, nodes: number, seed = 1) {
  const random = stream(seed, "store");
  const store = new HotStore({ capacity: count, nodes, ttlSeconds: 30 });
  const places: Place[] = [];
  for (let id = 0; id < count; id++) {
    const place = near15km(random);
    places.push(place);
    store.put({ id, ...place, updatedAt: 1000 }, 1000);
  }
  return { store, places, random };
}

const near = (places: readonly Place[], at: Place, metres: number) =>
  places.map((place, id) => ({ id, metres: haversine(at, place) }))
    .filter((one) => one.metres <= metres).sort(byDistance).map(({ id }) => id);

Deno.test("HotStore.search() finds what all nodes hold together", () => {
  const { store, places, random } = filled(2000, 7);
  for (let n = 0; n < 100; n++) {
    const at = destination(CAIRO, 360 * random(), 15_000 * random()), metres = 3000 * random() + 1;
    const { found, partial } = store.search(at, metres);
    assertEquals(found.map(({ id }) => id), near(places, at, metres));
    assertEquals(partial, false);
  }
  const held = Array.from({ length: 7 }, (_, node) => store.sizeOf(node));
  assertEquals(held.reduce((a, b) => a + b), 2000);
});

Deno.test("HotStore.put() keeps out what is old, late, ahead or a duplicate", () => {
  const store = new HotStore({ capacity: 10, nodes: 2, ttlSeconds: 30 });
  const put = (updatedAt: number, nowMs: number, lat = 30) =>
    store.put({ id: 1, lat, lon: 31, updatedAt }, nowMs);
  assertEquals(put(100_000, 100_000), "new");
  assertEquals(put(100_000, 100_100), "duplicate");
  assertEquals(put(99_000, 100_200), "old");
  assertEquals(put(30_000, 100_300), "late");
  assertEquals(put(106_000, 100_400), "future");
  assertEquals(put(101_000, 101_000), "same cell");
  assertEquals(put(102_000, 102_000, 30.5), "moved");
  assertEquals(store.search({ lat: 30.5, lon: 31 }, 100).found.map(({ id }) => id), [1]);
  assertEquals(store.search({ lat: 30, lon: 31 }, 100).found, []);
  assertThrows(
    () => store.put({ id: 1, lat: 91, lon: 0, updatedAt: 103_000 }, 103_000),
    RangeError,
  );
});

Deno.test("HotStore.advance() expires at the time to live, and a heartbeat in that second wins", () => {
  const store = new HotStore({ capacity: 10, nodes: 1, ttlSeconds: 30 });
  store.put({ id: 1, ...CAIRO, updatedAt: 0 }, 0);
  store.put({ id: 2, ...CAIRO, updatedAt: 0 }, 0);
  store.advance(29_999);
  assertEquals(store.size, 2);
  store.put({ id: 2, ...CAIRO, updatedAt: 29_999 }, 30_000);
  store.advance(30_000);
  assertEquals([store.has(1), store.has(2), store.outcomes.expired], [false, true, 1]);
  assertEquals(store.put({ id: 1, ...CAIRO, updatedAt: 31_000 }, 31_000), "new");
  assertEquals([store.remove(1), store.remove(1)], [true, false]);
});

Deno.test("HotStore.search() says so when a node is down, and until heartbeats filled it again", () => {
  const store = new HotStore({ capacity: 1000, nodes: 4, ttlSeconds: 30, rebuildSeconds: 5 });
  const random = stream(4, "lost");
  const places = Array.from({ length: 1000 }, () => near15km(random));
  const beat = (id: number, atMs: number) =>
    store.put({ id, ...places[id], updatedAt: atMs }, atMs);
  places.forEach((_, id) => beat(id, 1000));
  const expected = near(places, CAIRO, 10_000);
  const answer = () => {
    const { found, partial } = store.search(CAIRO, 10_000);
    assert(found.every(({ id }) => expected.includes(id)), "nothing wrong in it");
    return { partial, isShort: found.length < expected.length };
  };
  assertEquals(answer(), { partial: false, isShort: false });
  store.start(2, 1500); // it was never away
  assertEquals(answer(), { partial: false, isShort: false });
  store.stop(2);
  assertEquals(answer(), { partial: true, isShort: true });
  store.start(2, 2000);
  for (let second = 2; second < 7; second++) {
    assertEquals(answer(), { partial: true, isShort: true }, `${second} s`);
    for (let id = second - 2; id < 1000; id += 5) beat(id, second * 1000);
  }
  store.advance(7000);
  assertEquals(answer(), { partial: false, isShort: false });
  assertEquals(store.search(CAIRO, 10_000).found.map(({ id }) => id), expected);
});

Deno.test("HotStore.split() misses nobody at any step, though everybody moves", () => {
  const { store, places, random } = filled(1500, 8);
  const cell = encodeGeohash(CAIRO.lat, CAIRO.lon, 5);
  let atMs = 2000, steps = 0;
  for (const split = store.split(cell, 50); !split.next().done; steps++) {
    for (let n = 0; n < 60; n++) {
      const id = integer(random, places.length);
      places[id] = destination(places[id], 360 * random(), 800);
      store.put({ id, ...places[id], updatedAt: ++atMs }, atMs);
    }
    const { found } = store.search(CAIRO, 4000);
    assertEquals(found.map(({ id }) => id), near(places, CAIRO, 4000));
  }
  assert(steps > 1);
  const { found } = store.search(CAIRO, 6000);
  assertEquals(found.map(({ id }) => id), near(places, CAIRO, 6000));
  const held = Array.from({ length: 8 }, (_, node) => store.sizeOf(node));
  assertEquals(held.reduce((a, b) => a + b), 1500, "nobody is left behind on the old node");
  assertThrows(() => [...store.split(cell)], RangeError, "must have 5 characters and be whole");
});

Deno.test("CellCache keeps a cell for its life, and counts for longer", () => {
  const cache = new CellCache<number>((cell) => [cell.length], { lifeMs: 1000 });
  assertEquals(cache.approximate("stq4"), undefined);
  assertEquals(cache.get("stq4", 0), { items: [4], ageMs: 0 });
  assertEquals(cache.get("stq4", 999), { items: [4], ageMs: 999 });
  assertEquals(cache.get("stq4", 1000).ageMs, 0);
  assertEquals(cache.hitRate, 1 / 3);
  assertEquals(cache.approximate("stq4"), { count: 1, approximate: true });
});
