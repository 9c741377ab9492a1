import { assert, assertEquals, assertThrows } from "@std/assert";
import { integer, stream } from "lib/sim/random.ts";
import {
  coverCircle,
  coverShape,
  mostCells,
  relate,
  type Shape,
} from "lib/structures/cell_cover.ts";
import {
  encodeGeohash,
  geohashBounds,
  geohashNeighbours,
  geohashSize,
} from "lib/structures/geohash.ts";
import { geoScore, placeOfScore, redisHash } from "lib/structures/geo_score.ts";
import { interleave52, split52 } from "lib/structures/morton.ts";
import { isInRing, makeRing } from "lib/structures/polygon.ts";
import { destination, haversine, isInBox, type Place } from "lib/structures/sphere.ts";
import ngeohash from "ngeohash";

const anywhere = (random: () => number): Place => ({
  lat: 180 * random() - 90,
  lon: 360 * random() - 180,
});

Deno.test("encodeGeohash() gives what ngeohash gives, at every length", () => {
  const random = stream(1, "geohash");
  for (let n = 0; n < 5000; n++) {
    const { lat, lon } = anywhere(random), length = 1 + integer(random, 12);
    assertEquals(encodeGeohash(lat, lon, length), ngeohash.encode(lat, lon, length));
  }
});

Deno.test("encodeGeohash() has the known values, and takes borders to the north-east", () => {
  assertEquals(encodeGeohash(57.64911, 10.40744, 11), "u4pruydqqvj"); // Wikipedia
  assertEquals(encodeGeohash(0, 0, 5), "s0000");
  assertEquals(encodeGeohash(-1e-12, -1e-12, 5), "7zzzz");
  assertEquals(encodeGeohash(90, 180, 4), "zzzz");
  assertEquals(encodeGeohash(-90, -180, 4), "0000");
  // The middle of every split, where scaling rounds.
  for (let bits = 1; bits <= 30; bits++) {
    const lat = 180 / 2 ** bits - 90, lon = 360 / 2 ** bits - 180;
    assert(isInBox({ lat, lon }, geohashBounds(encodeGeohash(lat, lon, 12))));
    const { south, west } = geohashBounds(encodeGeohash(lat, lon, 12));
    assertEquals([south, west], [lat, lon]);
  }
});

Deno.test("a geohash's prefix is a larger cell that holds it, and its neighbours touch it", () => {
  const random = stream(2, "geohash");
  for (let n = 0; n < 500; n++) {
    const { lat, lon } = anywhere(random), hash = encodeGeohash(lat, lon, 12);
    for (let length = 1; length <= 12; length++) {
      const bounds = geohashBounds(hash.slice(0, length)), { width, height } = geohashSize(length);
      assert(isInBox({ lat, lon }, bounds));
      assert(Math.abs(bounds.east - bounds.west - width) < 1e-9);
      assert(Math.abs(bounds.north - bounds.south - height) < 1e-9);
    }
    const short = hash.slice(0, 4), around = geohashNeighbours(short);
    assert(around.length === 8 || around.length === 5);
    for (const other of around) assert(geohashNeighbours(other).includes(short));
    if (around.length === 8) {
      const theirs: string[] = ngeohash.neighbors(short);
      const { west, east } = geohashBounds(short);
      if (west > -180 && east < 180) assertEquals(around, theirs);
    }
  }
});

Deno.test("geohash functions refuse what is no place and no hash", () => {
  assertThrows(() => encodeGeohash(90.1, 0), RangeError, "lat must be from -90 to 90");
  assertThrows(() => encodeGeohash(0, NaN), RangeError, "received 0, NaN");
  for (const length of [0, 13, 2.5]) {
    assertThrows(() => encodeGeohash(0, 0, length), RangeError, "an integer from 1 to 12");
  }
  for (const hash of ["", "u4a", "é", "0123456789bcd"]) {
    assertThrows(() => geohashBounds(hash), SyntaxError, "Cannot read geohash");
  }
});

Deno.test("geoScore() and redisHash() have the values of Redis's documentation", () => {
  const palermo = geoScore(38.115556, 13.361389), catania = geoScore(37.502669, 15.087269);
  assertEquals([palermo, catania], [3479099956230698, 3479447370796909]);
  assertEquals([palermo, catania].map(redisHash), ["sqc8b49rny0", "sqdtr74hyu0"]);
  const apart = haversine(placeOfScore(palermo), placeOfScore(catania));
  assertEquals(apart.toFixed(4), "166274.1516");
  const from = { lat: 37, lon: 15 };
  const kms = [palermo, catania].map((score) => haversine(from, placeOfScore(score)) / 1000);
  assertEquals(kms.map((km) => km.toFixed(4)), ["190.4424", "56.4413"]);
  assertThrows(() => geoScore(85.1, 0), RangeError, "within ±85.05112878");
});

Deno.test("interleave52() and split52() undo each other", () => {
  const random = stream(3, "morton");
  for (let n = 0; n < 2000; n++) {
    const [x, y] = [integer(random, 2 ** 26), integer(random, 2 ** 26)];
    assertEquals(split52(interleave52(x, y)), [x, y]);
  }
  assertEquals(interleave52(2 ** 26 - 1, 2 ** 26 - 1), 2 ** 52 - 1);
});

function shapes(random: () => number): Shape[] {
  const at = random() < 0.3
    ? { lat: 80 * random() - 40, lon: 179.9 }
    : random() < 0.2
    ? { lat: 89.9, lon: 0 }
    : anywhere(random);
  const metres = 10 ** (2 + 4 * random());
  const south = Math.max(-90, at.lat - 3), north = Math.min(90, at.lat + 2);
  const box = { south, north, west: at.lon, east: at.lon > 175 ? -175 : at.lon + 4 };
  const corners = [0, 1, 2, 3, 4].map((n) =>
    destination({ lat: at.lat * 0.8, lon: at.lon }, 72 * n, 300_000 * (0.5 + random()))
  );
  return [{ ...at, metres }, box, { ring: makeRing(corners) }];
}

function holds(shape: Shape, place: Place): boolean {
  if ("metres" in shape) return haversine(shape, place) <= shape.metres;
  return "ring" in shape ? isInRing(place, shape.ring) : isInBox(place, shape);
}

Deno.test("coverShape() misses nothing, and marks as inside only what is", () => {
  const random = stream(4, "cover");
  for (let n = 0; n < 60; n++) {
    for (const shape of shapes(random)) {
      const maxCells = 4 + integer(random, 60);
      const cells = coverShape(shape, { maxCells, maxLevel: 36 });
      assert(cells.length <= maxCells, `${cells.length} of ${maxCells}`);
      const boxes = "metres" in shape
        ? [destination(shape, 360 * random(), shape.metres * random())]
        : [];
      const probes = [...boxes, ...Array.from({ length: 60 }, () => anywhere(random))];
      for (const cell of cells) {
        const { south, west, north, east } = cell;
        probes.push(
          { lat: south + (north - south) * random(), lon: west + (east - west) * random() },
        );
      }
      for (const place of probes) {
        const within = cells.filter((cell) => isInBox(place, cell));
        if (holds(shape, place)) assert(within.length > 0, JSON.stringify([shape, place]));
        else assert(!within.some(({ inside }) => inside), JSON.stringify([shape, place]));
      }
    }
  }
});

Deno.test("coverCircle() reads at most 25 cells of length 6 and 285 of length 7 for 1 km at New York", () => {
  const circle = { lat: 40.7, lon: -74, metres: 1000 };
  assertEquals([mostCells(circle, 6), mostCells(circle, 7)], [25, 285]);
  const random = stream(5, "circle");
  for (let n = 0; n < 100; n++) {
    const lat = 160 * random() - 80, lon = random() < 0.2 ? 179.999 : 360 * random() - 180;
    const one = { lat, lon, metres: 300 + 2000 * random() };
    for (const length of [5, 6]) {
      const cells = coverCircle(one, length), hashes = new Set(cells.map(({ hash }) => hash));
      assert(cells.length <= mostCells(one, length));
      assertEquals(hashes.size, cells.length);
      const rim = destination(one, 360 * random(), one.metres * 0.9999);
      assert(hashes.has(encodeGeohash(rim.lat, rim.lon, length)));
      for (const { hash, inside } of cells) {
        assertEquals(relate(one, geohashBounds(hash)), inside ? "inside" : "border");
      }
    }
  }
});
