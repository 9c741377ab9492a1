import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { stream } from "lib/sim/random.ts";
import {
  s2CellId,
  s2CellIds,
  s2Center,
  s2Children,
  s2Corners,
  s2Level,
  s2Parent,
  s2RangeMax,
  s2RangeMin,
  s2Token,
} from "lib/structures/s2_cell.ts";
import { haversine, type Place } from "lib/structures/sphere.ts";
import { S2CellId, S2LatLng } from "nodes2ts";

const theirs = ({ lat, lon }: Place) =>
  S2CellId.fromPoint(S2LatLng.fromDegrees(lat, lon).toPoint()).id as bigint;

/** Random places, and those where faces, quarters and poles meet. */
function places(count: number): Place[] {
  const random = stream(1, "s2");
  const some = Array.from({ length: count }, () => ({
    lat: Math.asin(2 * random() - 1) * 180 / Math.PI,
    lon: 360 * random() - 180,
  }));
  const edges = [-180, -135, -90, -45, 0, 45, 90, 135, 180].flatMap((lon) =>
    [-90, -89.9999999, -45, -35.264389682754654, 0, 35.264389682754654, 45, 90].flatMap((lat) =>
      [-1e-13, 0, 1e-13, 1e-9].map((off) => ({
        lat: Math.max(-90, Math.min(90, lat + off)),
        lon: Math.max(-180, Math.min(180, lon + off)),
      }))
    )
  );
  return [...some, ...edges];
}

Deno.test("s2CellId() equals nodes2ts, bit by bit, at levels 0, 10, 20 and 30", () => {
  for (const place of places(20_000)) {
    const leaf = theirs(place);
    assertEquals(s2CellId(place.lat, place.lon), leaf, JSON.stringify(place));
    for (const level of [0, 10, 20]) {
      assertEquals(
        s2CellId(place.lat, place.lon, level),
        new S2CellId(leaf).parentL(level).id as bigint,
      );
    }
  }
});

Deno.test("s2CellIds() fills an array with the same ids", () => {
  const some = places(500);
  const ids = s2CellIds(some.map(({ lat }) => lat), some.map(({ lon }) => lon));
  some.forEach(({ lat, lon }, i) => assertEquals(ids[i], s2CellId(lat, lon)));
});

Deno.test("an S2 cell holds its range of leaves and its four children, in order", () => {
  for (const { lat, lon } of places(200)) {
    const leaf = s2CellId(lat, lon);
    for (let level = 0; level < 30; level += 3) {
      const cell = s2Parent(leaf, level);
      assertEquals(s2Level(cell), level);
      assert(s2RangeMin(cell) <= leaf && leaf <= s2RangeMax(cell));
      const children = s2Children(cell);
      assertEquals(children.map(s2Level), [1, 1, 1, 1].map((one) => level + one));
      assertEquals(s2RangeMin(children[0]), s2RangeMin(cell));
      assertEquals(s2RangeMax(children[3]), s2RangeMax(cell));
      children.slice(1).forEach((child, i) =>
        assertEquals(s2RangeMin(child), s2RangeMax(children[i]) + 2n)
      );
      assertEquals(children.includes(s2Parent(leaf, level + 1)), true);
    }
  }
});

Deno.test("s2Center() lies in its cell, and s2Corners() around it; cells in order touch", () => {
  for (const { lat, lon } of places(200)) {
    const cell = s2CellId(lat, lon, 14), centre = s2Center(cell);
    assertEquals(s2CellId(centre.lat, centre.lon, 14), cell);
    for (const corner of s2Corners(cell)) assert(haversine(centre, corner) < 800);
  }
  const face = s2CellId(0, 0, 0);
  let cells = [face];
  for (let level = 0; level < 5; level++) cells = cells.flatMap(s2Children);
  cells.slice(1).forEach((cell, i) => {
    const before = s2Center(cells[i]), { lat, lon } = s2Center(cell);
    assert(haversine(before, { lat, lon }) < 500_000, "a step along the curve is to a neighbour");
  });
});

Deno.test("s2Token() and the corners of face 0 have their known values", () => {
  assertEquals(s2Token(s2CellId(0, 0, 0)), "1");
  assertEquals(s2CellId(49.703498679, 11.770681595), 0x47a1cbd595522b39n); // s2geometry's tests
  const [corner] = s2Corners(s2CellId(0, 0, 0));
  assertAlmostEquals(corner.lat, -35.264389682754654, 1e-9); // the cube's corner
  assertAlmostEquals(corner.lon, -45, 1e-9);
  assertThrows(() => s2CellId(91, 0), RangeError, "received 91, 0");
  assertThrows(() => s2Parent(1n, 31), RangeError, "level must be an integer from 0 to 30");
});
