import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { stream } from "lib/sim/random.ts";
import { refreshes } from "lib/systems/cache/simulate/early_refresh.ts";
import { expiries, peakExpiries } from "lib/systems/cache/simulate/expiry.ts";
import {
  firstDemand,
  fluidRebuild,
  type Loss,
  secondsUntil,
  simulateRebuild,
} from "lib/systems/cache/simulate/rebuild.ts";

Deno.test("expiries() peaks where the formula says, and loses no key", () => {
  for (const jitter of [0, 0.05, 0.1, 0.3]) {
    const load = { keys: 200_000, loadSeconds: 10, ttlSeconds: 300, jitter };
    const seconds = expiries(load, stream(1, "ttl"));
    assertEquals(seconds.reduce((a, b) => a + b), 200_000);
    assertAlmostEquals(Math.max(...seconds) / peakExpiries(load), 1, 0.1);
  }
});

const hot = { ratePerSecond: 2000, loadMs: 200, ttlMs: 5000, expiries: 60 };

Deno.test("refreshes() without loading ahead makes everybody wait and load", () => {
  const seen = refreshes({ ...hot, beta: 0 }, stream(1, "requests"));
  const loads = seen.reduce((sum, refresh) => sum + refresh.loads, 0) / seen.length;
  assertAlmostEquals(loads, hot.ratePerSecond * hot.loadMs / 1000, 20);
  assert(seen.every(({ waiting, loads }) => waiting === loads && waiting > 0));
});

Deno.test("refreshes() ahead with a lease loads once, and hardly anybody waits", () => {
  const seen = refreshes({ ...hot, beta: 1, lease: true }, stream(1, "requests"));
  assert(seen.every(({ loads }) => loads === 1));
  assert(seen.filter(({ waiting }) => waiting > 0).length <= 0.05 * seen.length);
});

const loss: Loss = {
  reads: 20e3,
  hit: 0.95,
  nodes: 10,
  lost: 2,
  keys: 200_000,
  zipf: 0.99,
  capacity: 4e3,
  cap: true,
  warmUp: false,
  seconds: 60,
};

Deno.test("fluidRebuild() and simulateRebuild() agree on the time to recover", () => {
  for (const change of [{}, { warmUp: true }, { lost: 1 }, { zipf: 0.7 }]) {
    const changed = { ...loss, ...change };
    const fluid = secondsUntil(fluidRebuild(changed), 0.98 * loss.hit);
    const seen = secondsUntil(simulateRebuild(changed, stream(1, "loss")), 0.98 * loss.hit);
    assert(Math.abs(seen - fluid) <= 0.2 * fluid, `${JSON.stringify(change)}: ${seen}, ${fluid}`);
  }
});

Deno.test("simulateRebuild() never asks a capped database for more than it has", () => {
  const moments = simulateRebuild({ ...loss, lost: 8, warmUp: true }, stream(1, "loss"));
  const total = moments.reduce((sum, { database }) => sum + database / 100, 0);
  assert(total <= loss.capacity * 60 * 1.001, `${total}`);
  assert(moments.every(({ database }) => database <= 2 * loss.capacity));
});

Deno.test("simulateRebuild() without a cap never recovers from what it queues", () => {
  const lost6 = { ...loss, lost: 6, cap: false };
  const moments = simulateRebuild(lost6, stream(1, "loss"));
  const capped = simulateRebuild({ ...lost6, cap: true }, stream(1, "loss"));
  assert(moments.at(-1)!.hit < capped.at(-1)!.hit - 0.1);
});

Deno.test("firstDemand() is misses plus what the lost nodes answered", () => {
  assertAlmostEquals(firstDemand({ ...loss, lost: 1 }), 1000 + 1900, 1e-9);
  assertEquals(secondsUntil(fluidRebuild({ ...loss, seconds: 1 }), 2), Infinity);
  const message = "lost must be from 0 to 10: received 11";
  assertThrows(() => fluidRebuild({ ...loss, lost: 11 }), RangeError, message);
});
