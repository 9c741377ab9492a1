import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { stream } from "lib/sim/random.ts";
import { isInRing, makeRing } from "lib/structures/polygon.ts";
import {
  boxAround,
  checkPlace,
  cutAtAntimeridian,
  destination,
  haversine,
  isInBox,
  MEAN_RADIUS,
  metresToBox,
  metresToFarthest,
  wrapLongitude,
} from "lib/structures/sphere.ts";

const anywhere = (random: () => number) => ({
  lat: Math.asin(2 * random() - 1) * 180 / Math.PI,
  lon: 360 * random() - 180,
});

Deno.test("haversine() is symmetric, short across the antimeridian, and half a turn at most", () => {
  const random = stream(1, "sphere");
  for (let n = 0; n < 500; n++) {
    const [a, b, c] = [anywhere(random), anywhere(random), anywhere(random)];
    assertAlmostEquals(haversine(a, b), haversine(b, a), 1e-6);
    assert(haversine(a, c) <= haversine(a, b) + haversine(b, c) + 1e-3);
  }
  assertAlmostEquals(haversine({ lat: 0, lon: 0 }, { lat: 0, lon: 180 }, 1), Math.PI, 1e-12);
  assertAlmostEquals(haversine({ lat: 90, lon: 7 }, { lat: 90, lon: -120 }), 0, 1e-6);
  // Between the airports of Nashville and Los Angeles, by the mean radius: Rosetta Code.
  const [bna, lax] = [{ lat: 36.12, lon: -86.67 }, { lat: 33.94, lon: -118.4 }];
  assertAlmostEquals(haversine(bna, lax, MEAN_RADIUS) / 1000, 2886.45, 0.05);
});

Deno.test("destination() lies at its distance, and boxAround() holds all of a circle", () => {
  const random = stream(2, "sphere");
  for (let n = 0; n < 3000; n++) {
    const centre = anywhere(random), metres = 10 ** (7 * random());
    const rim = destination(centre, 360 * random(), metres);
    assertAlmostEquals(haversine(centre, rim) / metres, 1, 1e-6);
    const box = boxAround(centre, metres * 1.000001);
    assert(isInBox(rim, box), JSON.stringify({ centre, metres, rim, box }));
  }
});

Deno.test("metresToBox() and metresToFarthest() enclose the distance of every place in the box", () => {
  const random = stream(3, "sphere");
  for (let n = 0; n < 3000; n++) {
    const from = anywhere(random), at = anywhere(random);
    const box = {
      south: at.lat,
      west: at.lon,
      north: Math.min(90, at.lat + 40 * random()),
      east: Math.min(180, at.lon + 90 * random()),
    };
    const inside = {
      lat: box.south + (box.north - box.south) * random(),
      lon: box.west + (box.east - box.west) * random(),
    };
    const metres = haversine(from, inside);
    assert(metresToBox(from, box) <= metres + 0.01);
    assert(metresToFarthest(from, box) >= metres - 0.01);
    // Both ends are reached: along the edges, finely.
    let least = isInBox(from, box) ? 0 : Infinity;
    for (let t = 0; t <= 1; t += 1 / 200) {
      const lat = box.south + (box.north - box.south) * t;
      const lon = box.west + (box.east - box.west) * t;
      for (
        const edge of [{ lat, lon: box.west }, { lat, lon: box.east }, { lat: box.south, lon }, {
          lat: box.north,
          lon,
        }]
      ) {
        least = Math.min(least, haversine(from, edge));
      }
    }
    assert(least - metresToBox(from, box) < 60_000, `${least} ${metresToBox(from, box)}`);
  }
});

Deno.test("wrapLongitude() and cutAtAntimeridian() keep to one turn", () => {
  assertEquals([180, -180, 181, -181, 540, 359].map(wrapLongitude), [
    -180,
    -180,
    -179,
    179,
    -180,
    -1,
  ]);
  assertEquals(cutAtAntimeridian({ south: 0, west: 170, north: 1, east: -170 }).length, 2);
  for (const lat of [90.1, NaN]) {
    assertThrows(() => checkPlace({ lat, lon: 0 }), RangeError, "lat must be from -90 to 90");
  }
  assertThrows(() => checkPlace({ lat: 0, lon: 181 }, "driver"), RangeError, "locate driver: lon");
});

Deno.test("isInRing() counts as the winding of random stars does, edges and corners inside", () => {
  const random = stream(4, "ring");
  for (let n = 0; n < 50; n++) {
    // A star around a centre is known: inside is nearer than the edge in that direction.
    const points = 5 + Math.floor(10 * random()), radius = () => 1 + 3 * random();
    const radii = Array.from({ length: points }, radius);
    const corner = (i: number) => {
      const angle = 2 * Math.PI * i / points;
      return { lat: radii[i % points] * Math.sin(angle), lon: radii[i % points] * Math.cos(angle) };
    };
    const places = radii.map((_, i) => corner(i));
    const ring = makeRing(places);
    const moved = makeRing(places.map(({ lat, lon }) => ({ lat, lon: wrapLongitude(lon + 180) })));
    for (const place of places) assert(isInRing(place, ring));
    for (let m = 0; m < 100; m++) {
      const angle = 2 * Math.PI * random(), distance = 5 * random();
      const [lat, lon] = [distance * Math.sin(angle), distance * Math.cos(angle)];
      const i = Math.floor(angle / (2 * Math.PI) * points), [a, b] = [corner(i), corner(i + 1)];
      const cross = (b.lon - a.lon) * (lat - a.lat) - (b.lat - a.lat) * (lon - a.lon);
      assertEquals(isInRing({ lat, lon }, ring), cross > 0);
      assertEquals(isInRing({ lat, lon: wrapLongitude(lon + 180) }, moved), cross > 0);
    }
  }
  const square = [[0, 0], [0, 2], [2, 2], [2, 0]].map(([lat, lon]) => ({ lat, lon }));
  for (const [lat, lon] of [[0, 1], [2, 1], [1, 0], [1, 2], [2, 2]]) {
    assert(isInRing({ lat, lon }, square), `${lat}, ${lon} on the edge`);
  }
});

Deno.test("makeRing() refuses rings that are none", () => {
  const place = (lat: number, lon: number) => ({ lat, lon });
  assertThrows(
    () => makeRing([place(0, 0), place(1, 1), place(0, 0)]),
    RangeError,
    "at least 3 different places: received 2",
  );
  assertThrows(
    () => makeRing([place(0, 0), place(1, 1), place(1, 0), place(0, 1)]),
    RangeError,
    "edges must not cross: received edges 1 and 3 that do",
  );
});
