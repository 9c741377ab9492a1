import { assert, assertEquals } from "@std/assert";
import { stream } from "lib/sim/random.ts";
import { byDistance } from "lib/structures/neighbour.ts";
import { s2CellId, s2Corners, s2Level, s2RangeMax, s2RangeMin } from "lib/structures/s2_cell.ts";
import { s2CoverCircle } from "lib/structures/s2_cover.ts";
import { destination, haversine, type Place } from "lib/structures/sphere.ts";
import { byGeohash, byS2, CellRanges } from "lib/systems/geo/cell_ranges.ts";

/** Cairo, both poles, the antimeridian, a corner of the cube, and anywhere. */
function centres(random: () => number): Place[] {
  return [
    { lat: 30.04, lon: 31.24 },
    { lat: 90, lon: 0 },
    { lat: -89.9, lon: 77 },
    { lat: -17, lon: 179.99 },
    { lat: 35.264389682754654, lon: 45 },
    { lat: 0, lon: 0 },
    ...Array.from({ length: 6 }, () => ({ lat: 180 * random() - 90, lon: 360 * random() - 180 })),
  ];
}

Deno.test("s2CoverCircle() misses no place of the circle, and calls inside only what is", () => {
  const random = stream(1, "s2 cover");
  for (const centre of centres(random)) {
    for (const metres of [50, 5000, 600_000, 9e6, 19e6]) {
      const circle = { ...centre, metres }, cover = s2CoverCircle(circle, { maxCells: 24 });
      assert(cover.length <= 24 && cover.length >= 1, `${cover.length} cells`);
      for (let n = 0; n < 60; n++) {
        const place = destination(centre, 360 * random(), metres * Math.sqrt(random()) * 0.9999999);
        const leaf = s2CellId(place.lat, place.lon);
        assert(
          cover.some(({ id }) => s2RangeMin(id) <= leaf && leaf <= s2RangeMax(id)),
          JSON.stringify({ circle, place }),
        );
      }
      for (const { id } of cover.filter(({ inside }) => inside)) {
        for (const corner of s2Corners(id)) assert(haversine(centre, corner) <= metres + 1e-3);
      }
    }
  }
});

Deno.test("s2CoverCircle() wastes less with more cells, and keeps to its levels", () => {
  const circle = { lat: 30.04, lon: 31.24, metres: 1000 };
  const area = (maxCells: number) =>
    s2CoverCircle(circle, { maxCells }).reduce((sum, { id }) => sum + 4 ** -s2Level(id), 0);
  assert(area(8) > area(16) && area(16) > area(64) && area(64) > area(256));
  assert(
    s2CoverCircle(circle, { maxCells: 500, maxLevel: 13 }).every(({ id }) => s2Level(id) <= 13),
  );
});

for (const [name, order] of Object.entries({ byGeohash, byS2 })) {
  Deno.test(`CellRanges ${name} finds what looking at all finds, and says what it read`, () => {
    const random = stream(2, name);
    const starts = centres(random);
    const places = Array.from(
      { length: 3000 },
      (_, n) => destination(starts[n % starts.length], 360 * random(), 40_000 * random() ** 2),
    );
    places.push(...places.slice(0, 20)); // duplicates
    const index = new CellRanges(places.map(({ lat }) => lat), places.map(({ lon }) => lon), order);
    for (const start of starts) {
      for (const metres of [30, 2000, 30_000, 3e6]) {
        const circle = { ...destination(start, 360 * random(), 5000 * random()), metres };
        const expected = places.map((place, id) => ({ id, metres: haversine(circle, place) }))
          .filter((one) => one.metres <= metres).sort(byDistance);
        const { found, hits, candidates, cells } = index.within(circle, { limit: 50 });
        assertEquals(found, expected.slice(0, 50));
        assertEquals(hits, expected.length);
        assert(candidates >= hits && cells <= 16);
      }
    }
  });
}

Deno.test("CellRanges.within() times its stages by the clock that it is given", () => {
  let nowMs = 0;
  const index = new CellRanges([1], [2], byS2);
  const { tookMs } = index.within({ lat: 1, lon: 2, metres: 10 }, { nowMs: () => nowMs += 3 });
  assertEquals(tookMs, { cover: 3, fetch: 3, filter: 3, rank: 3 });
});
