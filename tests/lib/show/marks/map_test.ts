import { assert, assertEquals, assertThrows } from "@std/assert";
import { project } from "../../../../lib/show/chart/projection.ts";
import { map } from "../../../../lib/show/marks/map.ts";
import { places, regions } from "../../../../lib/show/marks/map_layers.ts";
import { laidOut } from "../laid_out.ts";

const rows = [{ ring: [[0, 0], [1, 0], [1, 1], [0, 1]], drivers: 3 }];
const color = { field: "drivers", unit: "count" } as const;
const view = { south: -1, west: -1, north: 2, east: 2 };

Deno.test("regions() turns every ring clockwise, which tells inside from outside", () => {
  const [ring] = [rows[0].ring];
  const drawn = [ring, ring.toReversed(), [...ring, ring[0]]].map((ring) => {
    const [{ data }] = regions([{ ring, drivers: 1 }], { ring: "ring", color }).draw(
      [{ ring, drivers: 1 }],
      {},
    ) as [{ data: { values: string } }];
    const [{ geometry }] = JSON.parse(data.values);
    return geometry.coordinates[0] as [number, number][];
  });
  for (const one of drawn) {
    assertEquals(one.length, 5);
    assertEquals(one[0], one[4]);
    const area = one.slice(1).reduce(
      (sum, [x, y], i) => sum + one[i][0] * y - x * one[i][1],
      0,
    );
    assert(area < 0, "clockwise");
  }
});

Deno.test("project() fills the plot, and refuses a view that is none", () => {
  const { width, height, projection } = project(view, 600, 400);
  assertEquals([width, height], [600, 400]);
  assertEquals(projection.type, "mercator");
  assertEquals(project("world", 600, 400).height, Math.round(600 / 5.41326 * 0.995 * 2.63472 + 2));
  assertThrows(() => project({ ...view, north: -2 }, 600, 400), RangeError, "from south to north");
  assertThrows(() => project({ ...view, north: 89 }, 600, 400), RangeError, "within ±86");
});

Deno.test("map() names its places and its legend, and refuses more rows than can be seen", async () => {
  const cities = [{ lat: 0.5, lon: 0.5, city: "Abel" }];
  const layers = [
    regions(rows, { ring: "ring", color }),
    places(cities, { lat: "lat", lon: "lon", label: "city", name: "cities", meaning: "worse" }),
  ];
  const { texts } = await laidOut(map(layers, { view, title: "One city" }));
  for (const text of ["Abel", "cities", "drivers (count)"]) {
    assert(texts.some((one) => one.text === text), text);
  }
  const many = Array.from({ length: 501 }, () => rows[0]);
  assertThrows(
    () => map([regions(many, { ring: "ring" })], { view, title: "t" }),
    RangeError,
    "rows must be at most 500",
  );
  assertThrows(() => map([], { view, title: "t" }), TypeError, "layers must be at least one");
});
