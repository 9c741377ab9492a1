import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { backPressure, type Overload, type Tick } from "lib/systems/mental_models/back_pressure.ts";

const load = Object.freeze({
  serviceRate: 1000,
  offered: 1200,
  burst: 60,
  recoverAt: 700,
  after: 60,
});
const POLICIES = ["buffer", "shed", "block"] as const;
const mean = (values: number[]) => values.reduce((a, b) => a + b) / values.length;
const runs = (overload: Overload, seeds = 4) =>
  Array.from({ length: seeds }, (_, seed) => backPressure(overload, seed));
const at = (ticks: Tick[], t: number) => ticks.find((tick) => tick.t === t)!;
/** Requests answered in time in the 30 s after the burst, as a share of those wanted. */
const recovered = (ticks: Tick[]) =>
  (at(ticks, 90).good - at(ticks, 60).good) / (at(ticks, 90).wanted - at(ticks, 60).wanted);

Deno.test("backPressure() accounts for every request at every tick", () => {
  for (const policy of POLICIES) {
    const patience = policy === "block" ? {} : { timeout: 2, retries: 3, deadline: true };
    for (
      const { offered, served, dropped, depth, held } of backPressure({
        ...load,
        policy,
        limit: 500,
        ...patience,
      }, 1)
    ) {
      assertEquals(offered, served + dropped + depth + held);
    }
  }
});

Deno.test("backPressure() gives each policy its corner of the triangle", () => {
  const buffer = runs({ ...load, policy: "buffer" });
  assertAlmostEquals(mean(buffer.map((ticks) => at(ticks, 60).depth)), 12_000, 700);
  const shed = runs({ ...load, policy: "shed", limit: 500 });
  const lost = shed.map((ticks) => at(ticks, 60).dropped / at(ticks, 60).offered);
  assertAlmostEquals(mean(lost), (12_000 - 500) / 72_000, 0.012);
  assert(Math.max(...shed.flat().map(({ wait }) => wait)) < 0.7);
  const block = runs({ ...load, policy: "block", limit: 500 });
  assertEquals(block.flat().filter(({ dropped }) => dropped > 0), []);
  assertAlmostEquals(mean(block.map((ticks) => Math.max(...ticks.map(({ wait }) => wait)))), 12, 1);
  assert(Math.max(...block.flat().map(({ depth }) => depth)) <= 501);
});

Deno.test("backPressure() collapses when nobody drops what nobody waits for", () => {
  const impatient = { ...load, timeout: 2, retries: 3 };
  assert(mean(runs({ ...impatient, policy: "buffer" }, 2).map(recovered)) < 0.1);
  // A bound longer than the patience needs the deadline; a shorter one is enough by itself.
  const long = { ...impatient, policy: "shed", limit: 5000 } as const;
  assert(mean(runs(long, 2).map(recovered)) < 0.1);
  assert(mean(runs({ ...long, deadline: true }, 2).map(recovered)) > 0.95);
  assert(mean(runs({ ...long, limit: 500 }, 2).map(recovered)) > 0.95);
});

Deno.test("backPressure() repeats with its seed and differs between seeds", () => {
  const overload: Overload = { ...load, burst: 5, after: 5, policy: "shed", limit: 50 };
  assertEquals(backPressure(overload, 7), backPressure(overload, 7));
  assert(at(backPressure(overload, 7), 5).served !== at(backPressure(overload, 8), 5).served);
});

Deno.test("backPressure() names what is impossible", () => {
  const shed: Overload = { ...load, policy: "shed" };
  assertThrows(() => backPressure(shed, 1), RangeError, "limit must be 1 or more for shed");
  const still: Overload = { ...load, serviceRate: 0, policy: "buffer" };
  assertThrows(() => backPressure(still, 1), RangeError, "serviceRate must be finite and above 0");
});
