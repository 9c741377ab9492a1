import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { stream } from "lib/sim/random.ts";
import { type BackoffKind, delays } from "lib/structures/backoff.ts";
import { contend } from "lib/systems/log_stream/contention.ts";

const seeded = (seed: number) => stream(seed, "backoff");
const first = (kind: BackoffKind, count: number, random: () => number) => [
  ...delays(kind, { baseMs: 100, capMs: 3000 }, random).take(count),
];

Deno.test("delays() of exponential double up to the cap; none never waits", () => {
  assertEquals(first("exponential", 7, seeded(1)), [100, 200, 400, 800, 1600, 3000, 3000]);
  assertEquals(first("none", 3, seeded(1)), [0, 0, 0]);
});

Deno.test("delays() with jitter stay in their ranges and fill them", () => {
  const ceilings = first("exponential", 8, seeded(1));
  const share: Record<string, number[]> = { equal: [], full: [] };
  for (let seed = 0; seed < 2000; seed++) {
    for (const kind of ["equal", "full"] as const) {
      first(kind, 8, seeded(seed)).forEach((wait, n) => share[kind].push(wait / ceilings[n]));
    }
    let last = 100;
    for (const wait of first("decorrelated", 8, seeded(seed))) {
      assert(wait >= 100 && wait <= Math.min(3000, 3 * last));
      last = wait;
    }
  }
  for (const [kind, low] of [["equal", 0.5], ["full", 0]] as const) {
    const values = share[kind];
    const mean = values.reduce((a, b) => a + b) / values.length;
    assertAlmostEquals(mean, (low + 1) / 2, 0.01);
    assert(values.every((x) => x >= low && x < 1));
  }
});

Deno.test("delays() repeat for a seed", () => {
  assertEquals(first("decorrelated", 9, seeded(3)), first("decorrelated", 9, seeded(3)));
});

Deno.test("delays() reproduce the AWS simulator: 100 clients, base 5, cap 2000", () => {
  // Means of 30 runs of aws-samples/aws-arch-backoff-simulator: calls, seconds to finish.
  const published = {
    none: [2412, 2.0],
    exponential: [1866, 64],
    equal: [812, 6.6],
    full: [795, 5.0],
    decorrelated: [1005, 4.5],
  };
  for (const [kind, [calls, seconds]] of Object.entries(published)) {
    const runs = Array.from(
      { length: 30 },
      (_, seed) => contend({ kind: kind as BackoffKind, clients: 100 }, seeded(seed)),
    );
    const mean = (pick: (run: typeof runs[number]) => number) =>
      runs.reduce((sum, run) => sum + pick(run), 0) / runs.length;
    assertAlmostEquals(mean((run) => run.calls), calls, 0.1 * calls, `${kind}: calls`);
    assertAlmostEquals(mean((run) => run.finishedMs / 1000), seconds, 0.1 * seconds, `${kind}: s`);
  }
});

Deno.test("delays() refuse impossible options", () => {
  assertThrows(
    () => delays("full", { baseMs: 0, capMs: 10 }, seeded(1)).next(),
    RangeError,
    "Cannot back off: baseMs must be positive: received 0",
  );
  assertThrows(
    () => delays("full", { baseMs: 20, capMs: 10 }, seeded(1)).next(),
    RangeError,
    "Cannot back off: capMs must be at least baseMs (20): received 10",
  );
  assertThrows(
    () => delays("random" as BackoffKind, { baseMs: 5, capMs: 10 }, seeded(1)).next(),
    TypeError,
    "received random",
  );
});
