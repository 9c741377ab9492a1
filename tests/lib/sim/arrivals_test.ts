import { assertAlmostEquals, assertEquals, assertLess, assertThrows } from "@std/assert";
import {
  type Arrivals,
  arrive,
  atTimes,
  bursty,
  constant,
  diurnal,
  flashCrowd,
  poisson,
  varying,
} from "lib/sim/arrivals.ts";
import { clients } from "lib/sim/clients.ts";
import { deterministic, exponential, uniform } from "lib/sim/distribution.ts";
import { BatchMeans } from "lib/sim/interval.ts";
import { stream } from "lib/sim/random.ts";
import { parseRows, replay } from "lib/sim/replay.ts";
import { Server } from "lib/sim/server.ts";
import { Rates } from "lib/sim/series.ts";
import { Simulation } from "lib/sim/simulation.ts";
import { compare, disagreements } from "lib/sim/theory.ts";

/** Arrivals in each window of so many seconds. */
function counts(arrivals: Arrivals, windows: number, seconds: number, seed = 1): number[] {
  const sim = new Simulation({ seed });
  const result = new Array<number>(windows).fill(0);
  arrive(sim, arrivals, () => result[Math.floor(sim.now / seconds)]++);
  sim.run({ until: windows * seconds - 1e-9 });
  return result;
}

function dispersion(values: number[]): { mean: number; index: number } {
  const mean = values.reduce((sum, n) => sum + n / values.length, 0);
  const variance = values.reduce((sum, n) => sum + (n - mean) ** 2, 0) / (values.length - 1);
  return { mean, index: variance / mean };
}

Deno.test("constant() comes at equal distances, poisson() with variance equal to its mean", () => {
  assertEquals(counts(constant(4), 3, 0.9), [3, 4, 3]); // 0.25, 0.5, 0.75 …
  const { mean, index } = dispersion(counts(poisson(20), 5000, 1));
  assertAlmostEquals(mean, 20, 4 * Math.sqrt(20 / 5000));
  assertAlmostEquals(index, 1, 4 * Math.sqrt(2 / 5000));
});

Deno.test("bursty() keeps its mean rate, and is far burstier than Poisson", () => {
  const n = counts(bursty({ rate: 20, peak: 10, burst: 2, share: 0.1 }), 20_000, 1);
  const rates = new BatchMeans();
  for (const count of n) rates.add(count);
  const rows = compare([{ quantity: "rate", theory: 20, observed: rates.estimate() }]);
  assertEquals(disagreements(rows), []);
  // Index of dispersion of an MMPP in long windows is 1 plus a term that is 50 here; 1 s is short.
  const { index } = dispersion(n);
  assertEquals(index > 15 && index < 52, true, `${index}`);
});

Deno.test("bursty() that begins late in a run begins then", () => {
  const sim = new Simulation();
  sim.run({ until: 1000 });
  let count = 0;
  arrive(sim, bursty({ rate: 5, peak: 4, burst: 1, share: 0.2 }), () => count++);
  sim.run({ until: 1000.0001 });
  assertLess(count, 3);
});

Deno.test("diurnal() follows its sine: mean, top and bottom", () => {
  const day = counts(diurnal({ mean: 50, peak: 1.6, peakAt: 18, period: 24 }), 24 * 400, 1);
  const byHour = Array.from({ length: 24 }, (_, hour) => {
    let sum = 0;
    for (let i = hour; i < day.length; i += 24) sum += day[i];
    return sum / 400;
  });
  const tolerance = 4 * Math.sqrt(80 / 400);
  byHour.forEach((rate, hour) => {
    const expected = 50 * (1 + 0.6 * Math.cos(2 * Math.PI * (hour + 0.5 - 18) / 24));
    assertAlmostEquals(rate, expected, tolerance + 0.2);
  });
});

Deno.test("flashCrowd() is at its base before, at its peak after the rise, and decays", () => {
  const crowd = flashCrowd({ base: 20, peak: 500, at: 10, rise: 2, decay: 5 });
  const means = new Array(40).fill(0);
  for (let seed = 1; seed <= 30; seed++) {
    counts(crowd, 40, 1, seed).forEach((n, second) => means[second] += n / 30);
  }
  assertAlmostEquals(means[5], 20, 4 * Math.sqrt(20 / 30));
  assertAlmostEquals(means[12], 20 + 480 * 5 * (1 - Math.exp(-1 / 5)), 4 * Math.sqrt(500 / 30));
  assertAlmostEquals(means[39], 20 + 480 * Math.exp(-27.5 / 5), 4 * Math.sqrt(25 / 30));
});

Deno.test("varying() refuses a rate above the highest, or none", () => {
  for (const rate of [11, -1, NaN]) {
    const sim = new Simulation();
    assertThrows(
      () => {
        arrive(sim, varying(() => rate, 10), () => {});
        sim.run({ until: 10 });
      },
      RangeError,
      `must be between 0 and 10: received ${rate}`,
    );
  }
});

Deno.test("arrive() numbers arrivals and stops at its count", () => {
  const sim = new Simulation();
  const seen: number[] = [];
  arrive(sim, constant(1), (i) => seen.push(i), { count: 3 });
  assertEquals(sim.run().stopped, "empty");
  assertEquals([seen, sim.now], [[0, 1, 2], 3]);
});

Deno.test("arrive() with a name of its own leaves other arrivals as they were", () => {
  const run = (more: boolean) => {
    const sim = new Simulation({ seed: 5 });
    const times: number[] = [];
    if (more) arrive(sim, poisson(7), () => {}, { name: "crawler" });
    arrive(sim, poisson(3), () => times.push(sim.now));
    sim.run({ until: 100 });
    return times;
  };
  assertEquals(run(true), run(false));
});

Deno.test("atTimes() comes when told, refuses times that go back", () => {
  const sim = new Simulation();
  const seen: number[] = [];
  arrive(sim, atTimes([0, 1.5, 1.5, 4]), () => seen.push(sim.now));
  sim.run();
  assertEquals(seen, [0, 1.5, 1.5, 4]);
  assertThrows(
    () => atTimes([1, 0.5]),
    RangeError,
    "times must ascend from 0: received 0.5 after 1",
  );
  assertThrows(() => atTimes([NaN]), RangeError, "received NaN after 0");
});

Deno.test("poisson() and its kin refuse rates that are none, by name", () => {
  assertThrows(
    () => poisson(0),
    RangeError,
    "Cannot create poisson: rate must be finite and above 0",
  );
  assertThrows(() => constant(NaN), RangeError, "received NaN");
  const good = { rate: 1, peak: 2, burst: 1, share: 0.1 };
  assertThrows(
    () => bursty({ ...good, burst: 0 }),
    RangeError,
    "Cannot create bursty: burst must be",
  );
  assertThrows(() => bursty({ ...good, share: 1 }), RangeError, "share must be below 1");
  assertThrows(() => diurnal({ mean: 1, peak: 3 }), RangeError, "peak must be between 1 and 2");
  const crowd = { base: 2, peak: 1, at: 0, rise: 1, decay: 1 };
  assertThrows(() => flashCrowd(crowd), RangeError, "peak must be 2, the base, or more");
});

Deno.test("clients(): the interactive response time law, N = X (R + Z)", () => {
  const sim = new Simulation({ seed: 2 });
  const server = new Server(sim, { service: exponential(0.1), warmUp: 100 });
  const load = { count: 25, think: exponential(2), start: uniform(0, 2) };
  clients(sim, load, () => server.serve());
  sim.run({ until: 10_000 });
  const { served, sojourn, utilization, littleGap } = server.observed();
  const throughput = served / (10_000 - 100);
  assertAlmostEquals(throughput * (sojourn.mean + 2), 25, 0.3);
  assertLess(throughput, 10);
  assertLess(0.95, utilization);
  assertLess(littleGap, 1e-9);
});

Deno.test("clients() slow down with the system, open arrivals do not", () => {
  const sim = new Simulation();
  const server = new Server(sim, { service: deterministic(1) });
  clients(sim, { count: 3 }, () => server.serve());
  sim.run({ until: 100 });
  assertEquals([server.inSystem, server.observed().served], [3, 100]);
  assertThrows(() => clients(sim, { count: 0 }, () => server.serve()), RangeError, "count must be");
});

Deno.test("replay() plays rows at their times and speed", () => {
  const sim = new Simulation();
  sim.run({ until: 10 });
  const rates = new Rates(sim, 1);
  const rows = parseRows('{"ts": 100, "size": 5}\n{"ts": 102, "size": 7}\n');
  const sizes: unknown[] = [];
  replay(sim, rows, { time: "ts", speed: 4 }, (row, i) => {
    sizes.push([i, row.size, sim.now]);
    rates.count();
  });
  sim.run();
  assertEquals(sizes, [[0, 5, 10], [1, 7, 10.5]]);
});

Deno.test("replay() of a recorded file loads a server as the recording did", async () => {
  const random = stream(1, "log");
  let at = 1_700_000_000; // a log has wall-clock times
  const lines = Array.from({ length: 2000 }, () => {
    at += -Math.log(1 - random()) / 100;
    return `${at.toFixed(6)},${(0.002 + 0.01 * random()).toFixed(6)}`;
  });
  const file = await Deno.makeTempFile({ suffix: ".csv" });
  await Deno.writeTextFile(file, ["ts,seconds", ...lines].join("\r\n"));
  const rows = parseRows(await Deno.readTextFile(file));
  await Deno.remove(file);
  const sim = new Simulation();
  const server = new Server(sim, { service: deterministic(1) });
  replay(sim, rows, { time: "ts" }, (row) => void server.submit({ seconds: Number(row.seconds) }));
  const { now } = sim.run();
  const { served, utilization } = server.observed();
  const work = rows.reduce((sum, row) => sum + Number(row.seconds), 0);
  assertEquals(served, 2000);
  assertAlmostEquals(utilization, work / now, 1e-9);
});

Deno.test("parseRows() says which line is wrong; replay() refuses rows out of order", () => {
  assertEquals(parseRows("at, key\n1, 07x\n2,\n"), [{ at: 1, key: "07x" }, { at: 2, key: "" }]);
  assertThrows(() => parseRows(" \n"), SyntaxError, "text must not be empty");
  assertThrows(() => parseRows("a,b\n1,2\n3"), SyntaxError, "line 3 must have 2 cells: received 1");
  assertThrows(() => parseRows('{"a": 1}\n{"a": '), SyntaxError, "line 2 must be JSON");
  const sim = new Simulation();
  const rows = [{ at: 2 }, { at: 1 }];
  assertThrows(() => replay(sim, rows, { time: "at" }, () => {}), RangeError, "times must ascend");
  assertThrows(() => replay(sim, rows, { time: "when" }, () => {}), RangeError, "received NaN");
});
