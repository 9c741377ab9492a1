import { assert, assertEquals } from "@std/assert";
import { recovery, slowDatabase, type SlowTick } from "lib/systems/pool/simulate/slow_database.ts";

const INCIDENT = {
  ratePerSecond: 600,
  serviceMs: 8,
  connections: 8,
  slowFactor: 5,
  slowSeconds: 5,
  seconds: 30,
  retries: 3,
};
const BREAKER = { window: 200, failureShare: 0.5, openMs: 500, probes: 10 };
const total = (ticks: readonly SlowTick[], key: "wanted" | "attempts" | "asked" | "good") =>
  ticks.reduce((sum, tick) => sum + tick[key], 0);

Deno.test("slowDatabase() without limits and with retries never recovers; with a queue limit at once", () => {
  const unlimited = slowDatabase(INCIDENT, 1);
  const limited = slowDatabase({ ...INCIDENT, queueLimit: 100 }, 1);
  assertEquals(recovery(unlimited, 10, 100), Infinity);
  assert(recovery(limited, 10, 100) <= 3);
  assert(total(limited, "good") > 3 * total(unlimited, "good"));
});

Deno.test("slowDatabase() without retries recovers when the backlog is worked off", () => {
  const ticks = slowDatabase({ ...INCIDENT, retries: 0, patienceMs: 1e6 }, 1);
  // 600/s came, 200/s were served for 5 s; 400/s are spare afterwards.
  const seconds = recovery(ticks, 10, 100);
  assert(Math.abs(seconds - 5) < 1.5, `${seconds} s`);
});

Deno.test("slowDatabase(): an open breaker keeps attempts away from the pool", () => {
  const limits = { ...INCIDENT, queueLimit: 100 };
  const [without, with_] = [
    slowDatabase(limits, 1),
    slowDatabase({ ...limits, breaker: BREAKER }, 1),
  ];
  assert(with_.some(({ breaker }) => breaker === "open"));
  assert(total(with_, "asked") < 0.8 * total(without, "asked"));
  assert(recovery(with_, 10, 100) <= 3);
});

Deno.test("slowDatabase(): an adaptive limit falls while the database is slow, and rises again", () => {
  const adaptive = { initial: 60, min: 8, max: 108, tolerance: 3 };
  const ticks = slowDatabase({ ...INCIDENT, queueLimit: 100, adaptive }, 1);
  const at = (t: number) => ticks.find((tick) => tick.t >= t)!.limit;
  assert(at(9.5) < at(4.5), `${at(9.5)} while slow, ${at(4.5)} before`);
  assertEquals(slowDatabase({ ...INCIDENT, queueLimit: 100, adaptive }, 1), ticks, "seeded");
});
