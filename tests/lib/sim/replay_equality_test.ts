/** Same seed, same run, to the last event; and a component more leaves the others as they were. */
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { arrive, bursty, poisson } from "lib/sim/arrivals.ts";
import { call } from "lib/sim/call.ts";
import { exponential, lognormal } from "lib/sim/distribution.ts";
import { gilbertElliott } from "lib/sim/loss.ts";
import { Network } from "lib/sim/network.ts";
import { Node } from "lib/sim/node.ts";
import { fair } from "lib/sim/queue.ts";
import { Server } from "lib/sim/server.ts";
import { Signal } from "lib/sim/signal.ts";
import { Simulation } from "lib/sim/simulation.ts";
import { Trace } from "lib/sim/trace.ts";
import { zipf } from "lib/sim/zipf.ts";

/** Clients that ask a replicated service over a bad network, with everything that can go wrong. */
function run(seed: number, extra = false) {
  const trace = new Trace(1e6);
  const sim = new Simulation({ seed, trace });
  const network = new Network<{ key: number; answer?: Signal<number> }>(sim, {
    latency: lognormal({ median: 0.01, p99: 0.1 }),
    loss: gilbertElliott({ loss: 0.02, burst: 4 }),
    duplicate: 0.01,
    reorder: 0.01,
    trace,
    describe: ({ key }) => `key ${key}`,
  });
  const log: string[] = [];
  const keys = zipf(1000, 0.99);
  const choices = sim.random("choices");
  const jitter = sim.random("jitter");
  for (const name of ["r1", "r2", "r3"]) {
    const disk = new Server(sim, {
      name: `disk of ${name}`,
      service: exponential(0.004),
      queue: fair(),
      waitingRoom: 50,
    });
    const node: Node<{ key: number; answer?: Signal<number> }> = new Node(sim, name, {
      network,
      drift: 1e-4,
      receive({ key, answer }) {
        disk.submit({ flow: `${key % 7}`, patience: 0.5 }, (job) => {
          if (job.state === "served") answer?.fire(key);
        });
      },
    });
    sim.schedule(20, () => name === "r1" && node.crash());
    sim.schedule(25, () => node.restart());
    sim.schedule(30, () => name === "r2" && node.pause());
    sim.schedule(33, () => node.resume());
  }
  sim.schedule(40, () => network.partition([["client", "r1"], ["r2", "r3"]]));
  sim.schedule(45, () => network.heal());
  network.attach("client", () => {});
  const replicas = ["r1", "r2", "r3"];
  arrive(sim, bursty({ rate: 200, peak: 5, burst: 0.5, share: 0.1 }), (i) => {
    const key = keys.sample(choices);
    sim.spawn(function* () {
      try {
        yield* call(sim, function* (n) {
          const answer = new Signal<number>(sim);
          network.send("client", replicas[(i + n) % 3], { key, answer });
          return yield* answer.wait();
        }, { timeout: 0.2, attempts: 3, backoff: (failed) => 0.05 * 2 ** failed * jitter() });
        log.push(`${i} ${sim.now}`);
      } catch (error) {
        log.push(`${i} ${(error as Error).message} ${sim.now}`);
      }
    });
  });
  if (extra) {
    const crawler = new Server(sim, { name: "crawler", service: exponential(0.01) });
    arrive(sim, poisson(50), () => crawler.submit(), { name: "crawls" });
  }
  const { events, fingerprint } = sim.run({ until: 60 });
  return { events, fingerprint, log, counts: network.counts, steps: trace.steps() };
}

Deno.test("Simulation: the same seed gives the same run to the last event", () => {
  const [a, b] = [run(1), run(1)];
  assertEquals(a.fingerprint, b.fingerprint);
  assertEquals([a.events, a.counts, a.log], [b.events, b.counts, b.log]);
  assertEquals(a.steps, b.steps);
  const { cut, dead, lost, doubled } = a.counts;
  for (const count of [cut, dead, lost, doubled]) assertNotEquals(count, 0);
});

Deno.test("Simulation: another seed gives another run", () => {
  const [a, b] = [run(1), run(2)];
  assertNotEquals(a.fingerprint, b.fingerprint);
  assert(a.log.join() !== b.log.join());
});

Deno.test("Simulation: a component more leaves all others as they were, event by event", () => {
  const [alone, together] = [run(3), run(3, true)];
  assertEquals(together.events > alone.events, true);
  assertEquals(together.log, alone.log);
  assertEquals(together.steps, alone.steps);
});

Deno.test("Simulation: a run in two parts equals a run in one", () => {
  const run = (stops: number[]) => {
    const sim = new Simulation({ seed: 6 });
    const server = new Server(sim, { service: exponential(0.1) });
    arrive(sim, poisson(8), () => server.submit());
    let outcome;
    for (const until of stops) outcome = sim.run({ until });
    return [outcome, server.observed()];
  };
  assertEquals(run([10, 10, 33.3, 100]), run([100]));
});
