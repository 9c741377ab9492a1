import { assertAlmostEquals, assertEquals, assertLess, assertThrows } from "@std/assert";
import { deterministic, exponential, normal, uniform } from "lib/sim/distribution.ts";
import { bernoulli, gilbertElliott } from "lib/sim/loss.ts";
import { type LinkOptions, Network } from "lib/sim/network.ts";
import { stream } from "lib/sim/random.ts";
import { Simulation } from "lib/sim/simulation.ts";
import { compare, disagreements } from "lib/sim/theory.ts";
import { BatchMeans } from "lib/sim/interval.ts";

/** Nodes a, b and c, and what arrived: "from>to message @time". */
function setUp(options: LinkOptions = {}) {
  const sim = new Simulation({ seed: 1 });
  const network = new Network<number | string>(sim, options);
  const seen: string[] = [];
  const arrivals: [message: number | string, at: number][] = [];
  for (const node of ["a", "b", "c"]) {
    network.attach(node, (message, from) => {
      seen.push(`${from}>${node} ${message} @${sim.now}`);
      arrivals.push([message, sim.now]);
    });
  }
  return { sim, network, seen, arrivals };
}

Deno.test("Network.send() delivers after the latency of the link, which single links may change", () => {
  const { sim, network, seen } = setUp({ latency: deterministic(1) });
  network.link("a", "c", { latency: deterministic(3) });
  network.broadcast("a", "x");
  network.send("c", "a", "back");
  sim.run();
  assertEquals(seen, ["a>b x @1", "c>a back @1", "a>c x @3"]);
});

Deno.test("Network.send() to a node that never was there is a mistake, to a detached one a loss", () => {
  const { sim, network } = setUp();
  assertThrows(
    () => network.send("a", "z", "x"),
    RangeError,
    'to must be a node of the network: received "z"',
  );
  network.send("a", "b", "x");
  network.detach("b");
  network.send("a", "b", "y");
  sim.run();
  assertEquals(network.counts, { sent: 2, delivered: 0, lost: 0, cut: 0, doubled: 0, dead: 2 });
});

Deno.test("Network.send() serialises on the bandwidth of the link, and drops what its buffer cannot hold", () => {
  const { sim, network, seen } = setUp({ latency: deterministic(1), bandwidth: 100, buffer: 250 });
  for (const message of [1, 2, 3]) network.send("a", "b", message, 100);
  network.send("a", "c", "other link", 100);
  sim.schedule(5, () => network.send("a", "b", 4, 50));
  sim.run();
  assertEquals(seen, ["a>b 1 @2", "a>c other link @2", "a>b 2 @3", "a>b 4 @6.5"]);
  assertEquals(network.counts.lost, 1);
});

Deno.test("Network.send() counts every message once where it ends", () => {
  const { sim, network } = setUp({ latency: exponential(1), loss: bernoulli(0.2), duplicate: 0.1 });
  for (let i = 0; i < 2000; i++) {
    sim.schedule(i / 100, () => network.send("a", i % 2 ? "b" : "c", i));
  }
  sim.schedule(5, () => network.partition([["a", "b"], ["c"]]));
  sim.schedule(10, () => network.heal());
  sim.schedule(15, () => network.detach("b"));
  sim.run();
  const { sent, delivered, lost, cut, doubled, dead } = network.counts;
  assertEquals(sent + doubled, delivered + lost + cut + dead);
  for (const count of [delivered, lost, cut, doubled, dead]) assertLess(50, count);
});

Deno.test("Network.send() doubles and loses the given shares", () => {
  const { sim, network } = setUp({ loss: bernoulli(0.3), duplicate: 0.05 });
  for (let i = 0; i < 40_000; i++) network.send("a", "b", i);
  sim.run();
  const { lost, doubled } = network.counts;
  assertAlmostEquals(lost / 40_000, 0.3, 3.3 * Math.sqrt(0.21 / 40_000));
  assertAlmostEquals(doubled / 28_000, 0.05, 3.3 * Math.sqrt(0.0475 / 28_000));
});

const overtakes = (options: LinkOptions) => {
  const { sim, network, arrivals } = setUp(options);
  for (let i = 0; i < 5000; i++) sim.schedule(i / 1000, () => network.send("a", "b", i));
  sim.run();
  return arrivals.filter(([message], i) => i > 0 && message < arrivals[i - 1][0]).length;
};

Deno.test("Network.send() reorders by varying latency or on request, and never when ordered", () => {
  const latency = deterministic(0.05);
  assertEquals(overtakes({ latency }), 0);
  assertLess(1000, overtakes({ latency: uniform(0, 0.1) }));
  const some = overtakes({ latency, reorder: 0.01 });
  assertEquals(some > 25 && some < 80, true, `${some} of 50`);
  assertEquals(overtakes({ latency: uniform(0, 0.1), reorder: 0.1, ordered: true }), 0);
});

Deno.test("Network.send() counts a latency drawn below zero as zero", () => {
  const { sim, network, arrivals } = setUp({ latency: normal(0.001, 0.01) });
  for (let i = 0; i < 1000; i++) network.send("a", "b", i);
  sim.run();
  assertEquals(arrivals.length, 1000);
  assertEquals(arrivals[0][1], 0);
});

Deno.test("Network.partition() stops what is sent and what is under way, until heal()", () => {
  const { sim, network, seen } = setUp({ latency: deterministic(1) });
  const say = (at: number, from: string, to: string) =>
    sim.schedule(at, () => network.send(from, to, at));
  for (const at of [0, 0.5, 3]) say(at, "a", "c");
  say(2, "a", "b");
  say(2.5, "c", "a");
  sim.schedule(1.2, () => network.partition([["a", "b"]])); // c is on the other side
  sim.schedule(3.5, () => network.heal());
  say(4, "a", "c");
  sim.run();
  // 0.5 was under way; 2.5 and 3 were sent into the gap, though they would arrive as it heals.
  assertEquals(seen, ["a>c 0 @1", "a>b 2 @3", "a>c 4 @5"]);
  assertEquals(network.counts.cut, 3);
});

Deno.test("Network.cut() stops one direction only", () => {
  const { sim, network, seen } = setUp();
  network.cut("a", "b");
  network.send("a", "b", "x");
  network.send("b", "a", "y");
  sim.run();
  assertEquals(seen, ["b>a y @0"]);
});

Deno.test("Network: a node more leaves the fate of all other messages alone", () => {
  const run = (extra: boolean) => {
    const { sim, network, arrivals } = setUp({ latency: exponential(1), loss: bernoulli(0.3) });
    if (extra) network.attach("d", () => {});
    for (let i = 0; i < 200; i++) {
      network.send("a", "b", i);
      if (extra) network.send("a", "d", -i);
    }
    sim.run();
    return arrivals;
  };
  assertEquals(run(true), run(false));
});

Deno.test("Network: loss does not change the latencies of those that get through", () => {
  const run = (loss: number) => {
    const { sim, network, arrivals } = setUp({ latency: exponential(1), loss: bernoulli(loss) });
    for (let i = 0; i < 50; i++) network.send("a", "b", i);
    sim.run();
    return new Map(arrivals);
  };
  const [all, first] = [run(0), run(1)];
  assertEquals([all.size, first.size], [50, 0]);
});

Deno.test("bernoulli() and gilbertElliott() lose the share they are asked for, in such bursts", () => {
  for (const [loss, burst] of [[0.01, 5], [0.1, 20], [0.3, 2]] as const) {
    const lost = gilbertElliott({ loss, burst })(stream(1, `${loss}`));
    const share = new BatchMeans();
    let [runs, losses, before] = [0, 0, false];
    for (let i = 0; i < 300_000; i++) {
      const now = lost();
      share.add(+now);
      losses += +now;
      runs += +(now && !before);
      before = now;
    }
    const rows = compare([{ quantity: "loss", theory: loss, observed: share.estimate() }]);
    assertEquals(disagreements(rows), []);
    assertAlmostEquals(losses / runs, burst, 4 * burst / Math.sqrt(runs));
  }
});

Deno.test("gilbertElliott() may lose some when good and spare some when bad", () => {
  const options = { loss: 0.05, burst: 10, lostWhenBad: 0.5, lostWhenGood: 0.01 };
  const lost = gilbertElliott(options)(stream(1, "partial"));
  const share = new BatchMeans();
  for (let i = 0; i < 300_000; i++) share.add(+lost());
  const rows = compare([{ quantity: "loss", theory: 0.05, observed: share.estimate() }]);
  assertEquals(disagreements(rows), []);
});

Deno.test("Network: bad options are refused by name", () => {
  assertThrows(() => bernoulli(1.1), RangeError, "loss must be between 0 and 1: received 1.1");
  assertThrows(
    () => gilbertElliott({ loss: 0.5, burst: 0.5 }),
    RangeError,
    "burst must be 1 message",
  );
  assertThrows(() => gilbertElliott({ loss: 0.9, burst: 1 }), RangeError, "received 0.9");
  const link = (options: LinkOptions) => () => setUp(options).network.send("a", "b", 1);
  assertThrows(link({ duplicate: 2 }), RangeError, "duplicate must be between 0 and 1: received 2");
  assertThrows(link({ bandwidth: 0 }), RangeError, "bandwidth must be above 0: received 0");
});
