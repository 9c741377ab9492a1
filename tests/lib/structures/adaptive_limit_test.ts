import { assert, assertEquals, assertThrows } from "@std/assert";
import { stream } from "lib/sim/random.ts";
import { AdaptiveLimit } from "lib/structures/adaptive_limit.ts";

const OPTIONS = { initial: 20, min: 2, max: 100 };

/** A server that works on `cores` calls at once and shares itself among more. */
function converge(limit: AdaptiveLimit, { cores, baseMs, calls, healthy = true }: {
  cores: number;
  baseMs: number;
  calls: number;
  healthy?: boolean;
}): void {
  for (let n = 0; n < calls; n++) {
    const inFlight = limit.limit;
    limit.sample(n, { tookMs: baseMs * Math.max(1, inFlight / cores), inFlight, healthy });
  }
}

Deno.test("AdaptiveLimit settles where calls begin to take twice their shortest time", () => {
  for (const cores of [4, 10, 30]) {
    const limit = new AdaptiveLimit({ ...OPTIONS, initial: 2 });
    converge(limit, { cores, baseMs: 5, calls: 20_000 });
    assert(limit.limit >= cores && limit.limit <= 2 * cores + 1, `${limit.limit} for ${cores}`);
  }
});

Deno.test("AdaptiveLimit does not rise while it is not used", () => {
  const limit = new AdaptiveLimit(OPTIONS);
  for (let n = 0; n < 1000; n++) limit.sample(n, { tookMs: 5, inFlight: 3 });
  assertEquals(limit.limit, 20);
});

Deno.test("AdaptiveLimit falls once for each limit's worth of slow calls, down to its least", () => {
  const limit = new AdaptiveLimit(OPTIONS);
  for (let n = 0; n < 20; n++) limit.sample(n, { tookMs: 1, inFlight: 1 });
  for (let n = 0; n < 20; n++) limit.sample(n, { tookMs: 50, inFlight: 20 });
  assertEquals(limit.limit, 18);
  for (let n = 0; n < 5000; n++) limit.sample(n, { tookMs: 50, inFlight: 20 });
  assertEquals(limit.limit, 2);
});

Deno.test("AdaptiveLimit is not fooled by calls that differ at random", () => {
  const limit = new AdaptiveLimit({ ...OPTIONS, tolerance: 3 });
  const random = stream(1, "calls");
  for (let n = 0; n < 20_000; n++) {
    limit.sample(n, { tookMs: -8 * Math.log(1 - random()), inFlight: limit.limit });
  }
  assert(limit.limit > 50, `${limit.limit}`);
});

Deno.test("AdaptiveLimit forgets the quickest round after its window", () => {
  const limit = new AdaptiveLimit({ ...OPTIONS, windowMs: 1000 });
  for (let n = 0; n < 20; n++) limit.sample(0, { tookMs: 1, inFlight: 1 });
  assertEquals(limit.quickestMs, 1);
  for (let t = 0; t <= 3000; t += 5) limit.sample(t, { tookMs: 10, inFlight: 20 });
  assertEquals(limit.quickestMs, 10, "the database is slower for good");
});

Deno.test("AdaptiveLimit falls when the server says that it is not well", () => {
  const limit = new AdaptiveLimit(OPTIONS);
  converge(limit, { cores: 100, baseMs: 5, calls: 500, healthy: false });
  assertEquals([limit.limit, limit.allow(2), limit.allow(1)], [2, false, true]);
});

Deno.test("AdaptiveLimit refuses options that make no sense", () => {
  const bad = { initial: 1, min: 0, max: 1, tolerance: 1, decrease: 1, windowMs: 0 };
  for (const [name, value] of Object.entries(bad)) {
    assertThrows(
      () => new AdaptiveLimit({ ...OPTIONS, [name]: value }),
      RangeError,
      `Cannot create adaptive limit: ${name} must be`,
    );
  }
});
