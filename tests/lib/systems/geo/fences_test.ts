import { assert, assertEquals } from "@std/assert";
import { stream } from "lib/sim/random.ts";
import { isInRing, makeRing } from "lib/structures/polygon.ts";
import { destination } from "lib/structures/sphere.ts";
import { cities, regions } from "lib/systems/geo/atlas.ts";
import { Geofence } from "lib/systems/geo/geofence.ts";
import { Residency } from "lib/systems/geo/residency.ts";
import { expiries, falseExpiryRate } from "lib/systems/geo/simulate/expiry.ts";

Deno.test("Geofence.holds() is exact, though most places need no exact test", () => {
  const random = stream(1, "fence");
  for (const lon of [31, 179.9]) {
    const corners = [0, 50, 100, 150, 200, 250, 300].map((bearing) =>
      destination({ lat: 30, lon }, bearing, 20_000 + 60_000 * random())
    );
    const fence = new Geofence(corners), ring = makeRing(corners);
    let inside = 0;
    for (let n = 0; n < 4000; n++) {
      const place = destination({ lat: 30, lon }, 360 * random(), 90_000 * random());
      assertEquals(fence.holds(place), isInRing(place, ring));
      if (fence.holds(place)) inside++;
    }
    for (const corner of corners) assert(fence.holds(corner));
    assert(inside > 500 && fence.exactTests < 2000, `${inside}, ${fence.exactTests}`);
  }
});

Deno.test("Residency knows where cities are", () => {
  const residency = new Residency(regions);
  const at = (name: string) => residency.regionOf(cities.find((city) => city.name === name)!);
  assertEquals(["Berlin", "Madrid", "Denver", "Delhi", "Cairo", "Kyiv"].map(at), [
    "eu",
    "eu",
    "us",
    "in",
    undefined,
    undefined,
  ]);
  const wanted = { DE: "eu", FR: "eu", PL: "eu", US: "us", IN: "in", JP: undefined, BR: undefined };
  const all = cities.filter(({ country }) => country in wanted);
  const right = all.filter((city) =>
    residency.regionOf(city) === wanted[city.country as keyof typeof wanted]
  );
  assert(right.length / all.length > 0.97, `${right.length} of ${all.length}: a coarse coast`);
});

Deno.test("Residency keeps every row at home, whoever travels, and forgets on request", () => {
  const residency = new Residency(regions), random = stream(2, "residency");
  const stops = ["Berlin", "Denver", "Delhi", "Cairo"].map((name) =>
    cities.find((city) => city.name === name)!
  );
  for (let n = 0; n < 2000; n++) {
    const id = Math.floor(100 * random()), to = stops[Math.floor(4 * random())];
    residency.put(id, destination(to, 360 * random(), 50_000 * random()), n);
    if (n % 50 === 0) assertEquals(residency.violations(), 0);
  }
  const rows = residency.names.reduce((sum, name) => sum + residency.rowsOf(name), 0);
  assert(rows > 0 && rows < 100 && residency.unclaimed > 0);
  // The counts that other regions know agree with the rows, once the delay has passed.
  for (const name of residency.names) {
    const cells = new Set(residency.counts.map(({ cell }) => cell));
    const known = [...cells].reduce(
      (sum, cell) => sum + residency.knownCount(name, cell, 1e6, 5000),
      0,
    );
    assertEquals(known, residency.rowsOf(name));
  }
  for (let id = 0; id < 100; id++) residency.remove(id, 3000);
  assertEquals(residency.names.map((name) => residency.rowsOf(name)), [0, 0, 0]);
});

Deno.test("Residency.search() logs who looks across a border, and only them", () => {
  const residency = new Residency(regions);
  const strasbourg = { lat: 48.58, lon: 7.75 };
  residency.put(1, strasbourg, 0);
  assertEquals(residency.search(strasbourg, 1000, "eu", 1), [{ id: 1, region: "eu" }]);
  assertEquals(residency.accesses, []);
  assertEquals(residency.search(strasbourg, 1000, "us", 2), [{ id: 1, region: "eu" }]);
  assertEquals(residency.accesses, [{ from: "us", into: "eu", atMs: 2, reason: "search" }]);
});

Deno.test("expiries() hides as many as the formula says, and no ghost outlives its time", () => {
  const model = { drivers: 4000, heartbeat: 5, ttl: 15, loss: 0.2, seconds: 300, leave: 0.1 };
  const run = expiries({ ...model, leave: 0 }, stream(1, "expiry"));
  assert(Math.abs(run.falseExpiries - run.expected) < 4 * Math.sqrt(run.expected));
  assert(run.expected > 100);
  const leaving = expiries(model, stream(2, "expiry"));
  assert(leaving.oldestGhost <= model.ttl + 1, `${leaving.oldestGhost}`);
  const perfect = expiries({ ...model, loss: 0, leave: 0 }, stream(3, "expiry"));
  assertEquals(perfect.falseExpiries, 0);
  assert(perfect.ages.max <= 5);
  const day = falseExpiryRate({ drivers: 1e6, heartbeat: 5, ttl: 30, loss: 0.02 }) * 86_400;
  assertEquals(day.toFixed(2), "1.08");
});
