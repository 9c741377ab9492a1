import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { erlangB, erlangC } from "lib/estimate/erlang.ts";
import { mmck } from "lib/estimate/loss_queue.ts";
import { md1, mg1, mm1, mmc, serversFor, type Work } from "lib/estimate/queueing.ts";
import { quantity } from "lib/estimate/quantity.ts";
import { stream } from "lib/sim/random.ts";

function work(perSecond: number, serviceMs: number): Work {
  return { arrivals: quantity(perSecond, "/s"), service: quantity(serviceMs, "ms") };
}

/** Steady state of a birth-death chain by its balance equations, cut off far out. */
function chain(arrivals: number, service: number, servers: number, states = 4000): number[] {
  const weights = [1];
  for (let n = 1; n < states; n++) {
    weights.push(weights[n - 1] * arrivals * service / Math.min(n, servers));
  }
  const sum = weights.reduce((a, b) => a + b);
  return weights.map((weight) => weight / sum);
}

Deno.test("erlangB() gives the published traffic tables", () => {
  // Offered erlangs at which the share of calls is lost, to the digits of the tables in
  // ITU-D, Teletraffic Engineering Handbook, and Cooper, appendix.
  const tables: Record<number, [servers: number, offered: number][]> = {
    0.01: [[1, 0.0101], [2, 0.153], [3, 0.455], [5, 1.36], [10, 4.46], [20, 12.0], [50, 37.9], [
      100,
      84.1,
    ]],
    0.001: [[1, 0.001], [5, 0.762], [10, 3.09], [20, 9.41], [50, 32.5], [100, 75.2]],
    0.05: [[1, 0.0526], [5, 2.22], [10, 6.22], [20, 15.2], [50, 44.5], [100, 95.2]],
  };
  for (const [lost, rows] of Object.entries(tables)) {
    for (const [servers, offered] of rows) {
      const half = 0.5 * 10 ** (Math.floor(Math.log10(offered)) - 2);
      const around = [erlangB(servers, offered - half), erlangB(servers, offered + half)];
      assert(around[0] <= Number(lost) && Number(lost) <= around[1], `${servers} at ${lost}`);
    }
  }
});

Deno.test("erlangB() equals its definition by factorials where those fit", () => {
  const factorial = (n: number): number => n === 0 ? 1 : n * factorial(n - 1);
  for (const [servers, offered] of [[0, 3], [1, 0.5], [4, 2], [10, 8], [15, 20], [20, 5]]) {
    const terms = Array.from({ length: servers + 1 }, (_, n) => offered ** n / factorial(n));
    const expected = terms[servers] / terms.reduce((a, b) => a + b);
    assertAlmostEquals(erlangB(servers, offered), expected, 1e-12);
  }
  assertAlmostEquals(erlangB(10_000, 10_000), 0.0079, 1e-4); // no overflow
});

Deno.test("erlangC() gives the values of the sessions and of the textbook", () => {
  assertAlmostEquals(erlangC(10, 8), 0.4092, 1e-4);
  assertAlmostEquals(erlangC(13, 9.6), 0.2281, 1e-4);
  assertAlmostEquals(erlangC(3, 2), 4 / 9, 1e-12);
  for (const load of [0, 0.1, 0.9]) assertAlmostEquals(erlangC(1, load), load, 1e-15);
});

Deno.test("mmc() gives the clinic of Gross and Harris, example 2.2", () => {
  const clinic = mmc({
    arrivals: quantity(6, "patients/h"),
    service: quantity(20, "min"),
    servers: 3,
  });
  assertAlmostEquals(clinic.waiting.in("patients"), 8 / 9, 1e-9);
  assertAlmostEquals(clinic.inSystem.in("patients"), 26 / 9, 1e-9);
  assertAlmostEquals(clinic.wait.in("h"), 0.148, 5e-4);
  assertAlmostEquals(clinic.response.in("h"), 0.481, 5e-4);
});

Deno.test("mmc() equals the balance equations", () => {
  for (const [perSecond, serviceMs, servers] of [[90, 10, 1], [1200, 8, 13], [20, 400, 10]]) {
    const p = chain(perSecond, serviceMs / 1000, servers);
    const waiting = p.reduce((sum, pn, n) => sum + Math.max(0, n - servers) * pn, 0);
    const waits = p.reduce((sum, pn, n) => n >= servers ? sum + pn : sum, 0);
    const queue = mmc({ ...work(perSecond, serviceMs), servers });
    assertAlmostEquals(queue.waiting.in("1"), waiting, 1e-8);
    assertAlmostEquals(queue.waits.in("1"), waits, 1e-9);
  }
});

Deno.test("mmc() has distributions that integrate to their means", () => {
  for (const [perSecond, serviceMs, servers] of [[90, 10, 1], [12, 100, 2], [1200, 8, 13]]) {
    const queue = mmc({ ...work(perSecond, serviceMs), servers });
    const steps = 20_000;
    const horizon = 80 * queue.response.in("s");
    const integral = (tail: (t: number) => number) => {
      let sum = 0;
      for (let i = 0; i < steps; i++) sum += tail((i + 0.5) * horizon / steps);
      return sum * horizon / steps;
    };
    const response = integral((t) => queue.takesLonger(quantity(t, "s")).in("1"));
    const wait = integral((t) => queue.waitsLonger(quantity(t, "s")).in("1"));
    assertAlmostEquals(response / queue.response.in("s"), 1, 1e-4);
    assertAlmostEquals(wait / queue.wait.in("s"), 1, 1e-2);
  }
});

Deno.test("mmc() gives quantiles that its tails confirm, also where servers - 1 = load", () => {
  for (const [perSecond, serviceMs, servers] of [[0.9, 1000, 1], [10, 100, 2], [1200, 8, 13]]) {
    const queue = mmc({ ...work(perSecond, serviceMs), servers });
    for (const part of [0.5, 0.95, 0.99, 0.999]) {
      const response = queue.responseWithin(part);
      assertAlmostEquals(queue.takesLonger(response).in("1"), 1 - part, 1e-9);
      const wait = queue.waitWithin(part);
      if (wait.value > 0) {
        assertAlmostEquals(queue.waitsLonger(wait).in("1"), 1 - part, 1e-12);
      } else assert(queue.waits.in("1") <= 1 - part + 1e-12);
    }
  }
});

Deno.test("mm1() gives the waits of sessions 07 and 25", () => {
  const p95 = [0.5, 0.8, 0.9].map((load) => mm1(work(load * 1000 / 3, 3)).waitWithin(0.95));
  assertEquals(p95.map(String), ["13.8 ms", "41.6 ms", "86.7 ms"]);
  const service = quantity(1.746, "us");
  const p99 = mm1({ arrivals: quantity(0.7).per(service), service }).responseWithin(0.99);
  assertAlmostEquals(p99.per(service).in("1"), Math.log(100) / 0.3, 1e-6);
});

Deno.test("mg1() is M/M/1 at variation 1, and M/D/1 waits half as long", () => {
  for (const load of [0.1, 0.5, 0.9, 0.99]) {
    const queue = work(load * 100, 10);
    const [exponential, constant] = [mm1(queue), md1(queue)];
    const wait = exponential.wait.in("s");
    assertAlmostEquals(mg1({ ...queue, variation: 1 }).wait.in("s"), wait, 1e-12 + 1e-9 * wait);
    assertAlmostEquals(constant.wait.per(exponential.wait).in("1"), 0.5, 1e-9);
    // Erlang-2 service, variation 1/√2: three quarters of the wait of M/M/1.
    const erlang = mg1({ ...queue, variation: Math.SQRT1_2 });
    assertAlmostEquals(erlang.wait.per(exponential.wait).in("1"), 0.75, 1e-9);
  }
});

Deno.test("every queue obeys Little's law and keeps its servers busy for the load", () => {
  const random = stream(12);
  for (let i = 0; i < 200; i++) {
    const servers = 1 + Math.floor(30 * random());
    const queue = work(1000 * random(), 1 + 10 * random());
    const offered = queue.arrivals.times(queue.service).in("1");
    const capacity = servers + Math.floor(50 * random());
    const all = [mmck({ ...queue, servers, capacity })];
    if (offered < servers) {
      all.push({ ...mmc({ ...queue, servers }), served: queue.arrivals } as never);
    }
    if (offered < 1) all.push({ ...md1(queue), served: queue.arrivals } as never);
    for (const state of all) {
      const little = state.served.times(state.response).in("1");
      assertAlmostEquals(state.inSystem.in("1") / little, 1, 1e-9);
      assertAlmostEquals(state.response.minus(state.wait).per(queue.service).in("1"), 1, 1e-9);
      const busy = state.inSystem.minus(state.waiting).in("1");
      assertAlmostEquals(busy, state.served.times(queue.service).in("1"), 1e-9 + 1e-9 * busy);
    }
  }
});

Deno.test("serversFor() gives the pools of session 03, at nominal load and at 150 %", () => {
  const services = [[1200, 8], [3000, 2], [400, 15], [20, 400]];
  const target = { part: quantity(99, "%"), within: quantity(10, "ms") };
  const pools = (peak: number) =>
    services.map(([rate, ms]) => serversFor(work(peak * rate, ms), target));
  assertEquals(pools(1), [13, 7, 10, 16]);
  assertEquals(pools(1.5), [18, 10, 14, 22]);
});

Deno.test("mmck() gives the inspection station of Gross and Harris, example 2.5", () => {
  const station = mmck({
    arrivals: quantity(1, "cars/min"),
    service: quantity(6, "min"),
    servers: 3,
    capacity: 7,
  });
  assertAlmostEquals(station.waiting.in("cars"), 3.09, 5e-3);
  assertAlmostEquals(station.inSystem.in("cars"), 6.06, 5e-3);
  assertAlmostEquals(station.response.in("min"), 12.3, 0.06);
  assertAlmostEquals(quantity(60, "cars/h").minus(station.served).in("cars/h"), 30.3, 0.05);
});

Deno.test("mmck() is Erlang B without a queue, and M/M/c with a long one", () => {
  for (const [servers, offered] of [[5, 1.2], [10, 12], [200, 180], [2000, 1990]]) {
    const loss = mmck({ ...work(offered, 1000), servers, capacity: servers });
    assertAlmostEquals(loss.lost.in("1"), erlangB(servers, offered), 1e-10);
    assertEquals(loss.wait.value, 0);
  }
  const [long, endless] = [
    mmck({ ...work(1200, 8), servers: 13, capacity: 2000 }),
    mmc({ ...work(1200, 8), servers: 13 }),
  ];
  assertAlmostEquals(long.wait.per(endless.wait).in("1"), 1, 1e-9);
  assertAlmostEquals(long.waits.in("1"), endless.waits.in("1"), 1e-9);
});

Deno.test("mmck() holds under any load and with none", () => {
  const flooded = mmck({ ...work(1e6, 1000), servers: 2, capacity: 10 });
  assertAlmostEquals(flooded.served.in("/s"), 2, 1e-4);
  assertAlmostEquals(flooded.inSystem.in("1"), 10, 1e-4);
  const idle = mmck({ ...work(0, 10), servers: 2, capacity: 10 });
  assertEquals([idle.lost.value, idle.wait.value, idle.load.value], [0, 0, 0]);
});

Deno.test("an unstable queue is a RangeError that says how fast it grows", () => {
  const message = "load must be below 1, or the queue grows without end: received 1.2";
  assertThrows(
    () => mm1(work(1200, 1)),
    RangeError,
    `Cannot solve M/M/1: ${message}, growing by 200 /s`,
  );
  assertThrows(() => mmc({ ...work(1200, 13), servers: 13 }), RangeError, "Cannot solve M/M/13");
  assertThrows(() => md1(work(100, 10)), RangeError, "received 1, growing by 0 /s");
  assertThrows(
    () => erlangC(8, 8),
    RangeError,
    "offered load must be below 8 servers, or the queue grows without end: received 8 erlangs",
  );
});

Deno.test("queues refuse servers, loads and times that make no sense", () => {
  const refused: [() => unknown, string][] = [
    [() => erlangB(-1, 1), "servers must be a whole number from 0: received -1"],
    [() => erlangB(1.5, 1), "servers must be a whole number from 0: received 1.5"],
    [() => erlangB(1, -1), "offered load must be at least 0 erlangs: received -1"],
    [() => erlangC(0, 0), "servers must be a whole number from 1: received 0"],
    [() => mmc({ ...work(1, 1), servers: 2.5 }), "servers must be a whole number from 1"],
    [
      () => mm1(work(-1, 1)),
      "arrivals must be at least 0 and service above 0: received −1 /s of 1 ms",
    ],
    [() => mm1(work(1, 0)), "service above 0"],
    [() => mg1({ ...work(1, 1), variation: -1 }), "variation must be at least 0: received -1"],
    [() => mm1(work(1, 1)).waitWithin(1), "share must be below 100 %"],
    [() => mm1(work(1, 1)).waitWithin(99), 'write quantity(99, "%")'],
    [() => mm1(work(1, 1)).takesLonger(quantity(-1, "s")), "time must be at least 0 s"],
    [() => mmck({ ...work(1, 1), servers: 3, capacity: 2 }), "from 3 servers: received 2"],
    [() => mmck({ ...work(1, 1), servers: 0, capacity: 2 }), "servers must be a whole number"],
  ];
  for (const [call, message] of refused) assertThrows(call, RangeError, message);
});
