import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { HotStore } from "lib/systems/geo/hot_store.ts";
import { GeoService } from "lib/systems/geo/service.ts";

function fresh() {
  let nowMs = 1000;
  const store = new HotStore({ capacity: 1000, nodes: 4, ttlSeconds: 30 });
  const service = new GeoService(store, () => nowMs);
  const call = async (method: string, path: string, body?: unknown) => {
    const response = await service.handle(
      new Request(`http://local${path}`, {
        method,
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
    );
    const text = await response.text();
    return { status: response.status, body: text === "" ? {} : JSON.parse(text) };
  };
  return { call, store, advance: (ms: number) => nowMs += ms, now: () => nowMs };
}

type Listed = { id: number }[];
const ids = (entities: Listed) => entities.map(({ id }) => id);

Deno.test("GeoService takes entities, moves them, finds them and forgets them", async () => {
  const { call } = fresh();
  const entity = { id: 7, lat: 30.04, lon: 31.24, updatedAt: 1000 };
  const created = await call("POST", "/entities", { ...entity, attributes: { category: "van" } });
  assertEquals([created.status, created.body.outcome], [201, "new"]);
  assertEquals(created.body.geoHashes[0].length, 5);
  assertEquals((await call("PATCH", "/entities/7", { lat: 30.05, updatedAt: 1100 })).status, 200);
  assertEquals((await call("PATCH", "/entities/7", { lat: 31, updatedAt: 900 })).status, 409);
  assertEquals((await call("PATCH", "/entities/8", { lat: 31 })).status, 404);
  for (
    const asked of [
      "lat=30.05&lon=31.24&radius=100",
      "lat=30&lon=31&k=5",
      "bbox=30,31,30.1,31.3",
      "bbox=30,31,30.1,31.3&category=van",
      "bbox=-80,-170,80,170",
      "polygon=30,31;30,31.3;30.1,31.24",
    ]
  ) {
    assertEquals(ids((await call("GET", `/search?${asked}`)).body.entities), [7], asked);
  }
  for (
    const asked of [
      "lat=30.05&lon=31.24&radius=100&category=taxi",
      "bbox=30,31.25,31,32",
      "polygon=30,31;30,31.1;30.1,31",
    ]
  ) {
    assertEquals((await call("GET", `/search?${asked}`)).body.entities, [], asked);
  }
  assertEquals((await call("DELETE", "/entities/7")).status, 204);
  assertEquals((await call("DELETE", "/entities/7")).status, 404);
});

Deno.test("GeoService finds all that a polygon or a wide box holds, across the antimeridian too", async () => {
  const { call } = fresh();
  const places = Array.from({ length: 200 }, (_, id) => ({
    lat: id * 37 % 160 - 80,
    lon: id * 101 % 360 - 180,
  }));
  for (const [id, place] of places.entries()) {
    await call("POST", "/entities", { id, ...place, updatedAt: 1000 });
  }
  const asked = async (query: string) =>
    ids((await call("GET", `/search?${query}&limit=1000`)).body.entities).sort((a, b) => a - b);
  const where = (isIn: (lat: number, lon: number) => boolean) =>
    places.flatMap(({ lat, lon }, id) => isIn(lat, lon) ? [id] : []);
  assertEquals(
    await asked("bbox=-70,-170,70,170"),
    where((lat, lon) => Math.abs(lat) <= 70 && Math.abs(lon) <= 170),
  );
  assertEquals(
    await asked("polygon=-60,150;-60,-150;60,-150;60,150"),
    where((lat, lon) => Math.abs(lat) <= 60 && Math.abs(lon) >= 150),
  );
});

Deno.test("GeoService names the field that is wrong", async () => {
  const { call } = fresh();
  const cases: [string, string][] = [
    ["lat=90.1&lon=0&k=1", "lat"],
    ["lat=0&lon=181&k=1", "lon"],
    ["lat=x&lon=0&k=1", "lat"],
    ["lat=0&lon=0&radius=0", "metres"],
    ["lat=0&lon=0&k=0", "k"],
    ["bbox=1,2,3", "bbox"],
    ["bbox=5,0,1,1", "box"],
    ["polygon=0,0;1,1", "at least 3"],
    ["polygon=0,0;1;1,0", "polygon"],
    ["polygon=0,0;1,1;1,0;0,1", "edges must not cross"],
    ["polygon=0,0;91,1;1,0", "lat"],
    ["lat=0&lon=0&k=1&colour=red", "colour"],
    ["lat=0&lon=0&k=1&available=maybe", "available"],
    ["cursor=s9.0", "cursor"],
  ];
  for (const [asked, field] of cases) {
    const { status, body } = await call("GET", `/search?${asked}`);
    assertEquals(status, 400, asked);
    assertStringIncludes(`${body.field} ${body.message}`, field);
  }
  const bad = await call("POST", "/geofence", {
    polygon: [{ lat: 0, lon: 0 }, { lat: 1, lon: 1 }],
  });
  assertEquals(bad.status, 400);
  assertStringIncludes(bad.body.message, "at least 3");
  assertEquals((await call("POST", "/entities", { id: 1, lat: 0 })).status, 400);
  assertEquals((await call("GET", "/nothing")).status, 404);
});

Deno.test("GeoService pages through the answer as it was, though everybody moves", async () => {
  const { call } = fresh();
  for (let id = 0; id < 25; id++) {
    await call("POST", "/entities", { id, lat: 30 + id / 1000, lon: 31, updatedAt: 1000 });
  }
  const seen: number[] = [];
  let next: string | undefined = "lat=30&lon=31&radius=5000&limit=10";
  for (let page = 0; next !== undefined; page++) {
    const { body }: { body: { entities: Listed; cursor?: string } } = await call(
      "GET",
      `/search?${next}`,
    );
    seen.push(...ids(body.entities));
    for (let id = 0; id < 25; id++) {
      await call("PATCH", `/entities/${id}`, {
        lat: 30 + (25 - id) / 1000,
        updatedAt: 1001 + page,
      });
    }
    next = body.cursor && `cursor=${body.cursor}`;
  }
  assertEquals(seen, Array.from({ length: 25 }, (_, id) => id));
});

Deno.test("GeoService sends fence events, none for duplicates, and marks partial answers", async () => {
  const { call, store, advance, now } = fresh();
  const polygon = [[30, 31], [30, 32], [31, 32], [31, 31]].map(([lat, lon]) => ({ lat, lon }));
  const { body: { fence } } = await call("POST", "/geofence", { polygon });
  for (
    const [lat, updatedAt] of [[29, 1000], [30.5, 1001], [30.5, 1001], [30.6, 1002], [32, 1003]]
  ) {
    await call("POST", "/entities", { id: 3, lat, lon: 31.5, updatedAt });
  }
  const { body: { events } } = await call("GET", `/geofence/${fence}`);
  assertEquals(events.map(({ event }: { event: string }) => event), ["enter", "exit"]);
  for (let node = 0; node < 4; node++) store.stop(node);
  assertEquals((await call("GET", "/search?lat=32&lon=31.5&radius=10")).body.partial, true);
  for (let node = 0; node < 4; node++) store.start(node, now());
  assertEquals((await call("GET", "/search?lat=32&lon=31.5&radius=10")).body.partial, true);
  advance(40_000);
  const { body } = await call("GET", "/search?lat=32&lon=31.5&k=1");
  assertEquals([body.entities, body.partial], [[], false]);
  assert(store.outcomes.expired === 1);
});
