import { assert, assertEquals, assertThrows } from "@std/assert";
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
  limit.sample(0, { tookMs: 1, inFlight: 1 });
  for (let n = 0; n < 10; n++) limit.sample(n, { tookMs: 50, inFlight: 20 });
  assertEquals(limit.limit, 18);
  for (let n = 0; n < 5000; n++) limit.sample(n, { tookMs: 50, inFlight: 20 });
  assertEquals(limit.limit, 2);
});

Deno.test("AdaptiveLimit forgets the shortest call after its window", () => {
  const limit = new AdaptiveLimit({ ...OPTIONS, windowMs: 1000 });
  limit.sample(0, { tookMs: 1, inFlight: 1 });
  for (let t = 0; t <= 2000; t += 10) limit.sample(t, { tookMs: 10, inFlight: 20 });
  assertEquals(limit.shortestMs, 10, "the database is slower for good");
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
