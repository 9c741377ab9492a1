/** The simulator against the closed forms of queueing theory: all within three standard errors. */
import { assert, assertEquals, assertLess } from "@std/assert";
import { cheHitRate } from "lib/estimate/che.ts";
import { mmck } from "lib/estimate/loss_queue.ts";
import { quantity } from "lib/estimate/quantity.ts";
import { md1, mg1, mm1, mmc } from "lib/estimate/queueing.ts";
import { arrive, poisson } from "lib/sim/arrivals.ts";
import {
  deterministic,
  type Distribution,
  erlang,
  exponential,
  lognormal,
  mixture,
  pareto,
  uniform,
  variability,
} from "lib/sim/distribution.ts";
import { BatchMeans, type Estimate, estimate, replications } from "lib/sim/interval.ts";
import { stream } from "lib/sim/random.ts";
import { Server, type ServerOptions } from "lib/sim/server.ts";
import { Simulation } from "lib/sim/simulation.ts";
import { compare, type Comparison, disagreements, share } from "lib/sim/theory.ts";
import { zipf } from "lib/sim/zipf.ts";
import { TokenBucket } from "lib/structures/token_bucket.ts";

/** Runs a server under Poisson arrivals and checks Little's law, as after every run here. */
function run(rate: number, options: ServerOptions, seconds: number): Server {
  const sim = new Simulation({ seed: `${rate} ${options.service.name} ${options.servers}` });
  const server = new Server(sim, { warmUp: seconds / 10, ...options });
  arrive(sim, poisson(rate), () => server.submit());
  sim.run({ until: seconds });
  const { littleGap, arrivalRate, inSystem, sojourn } = server.observed();
  assertLess(littleGap, 1e-9, "Little's law, both sets of books");
  assertLess(Math.abs(inSystem / (arrivalRate * sojourn.mean) - 1), 0.02, "Little's law, L = λW");
  return server;
}

function agree(comparisons: Comparison[]): void {
  assertEquals(disagreements(compare(comparisons)), []);
}

const times = (factor: number, { mean, standardError }: Estimate) => ({
  mean: factor * mean,
  standardError: factor * standardError,
});

const work = (rate: number, service: Distribution) => ({
  arrivals: quantity(rate, "/s"),
  service: quantity(service.mean, "s"),
});

for (const rate of [0.3, 0.8, 0.9]) {
  Deno.test(`Server: M/M/1 at load ${rate}`, () => {
    const service = exponential(1);
    const { wait, sojourn, arrivalRate } = run(rate, { service }, 300_000).observed();
    const theory = mm1(work(rate, service));
    agree([
      { quantity: "wait (s)", theory: theory.wait.in("s"), observed: wait },
      { quantity: "response (s)", theory: theory.response.in("s"), observed: sojourn },
      {
        quantity: "in system",
        theory: theory.inSystem.value,
        observed: times(arrivalRate, sojourn),
      },
    ]);
  });
}

Deno.test("Server: M/M/1 sojourn times are exponential", () => {
  // Every 200th only, so that they hardly depend on each other.
  const sim = new Simulation({ seed: 7 });
  const server = new Server(sim, { service: exponential(1), warmUp: 1000 });
  const longer = [0, 0, 0];
  let seen = 0;
  let sampled = 0;
  arrive(sim, poisson(0.5), () =>
    server.submit({}, (job) => {
      if (seen++ % 200 !== 0) return;
      sampled++;
      [1, 2, 5].forEach((limit, i) => longer[i] += +(sim.now - job.arrived > limit));
    }));
  sim.run({ until: 1_000_000 });
  agree([1, 2, 5].map((limit, i) => ({
    quantity: `longer than ${limit} s (share)`,
    theory: Math.exp(-(1 - 0.5) * limit),
    observed: share(longer[i], sampled),
  })));
});

for (const [rate, servers] of [[8, 10], [1.8, 2], [28.5, 30]] as const) {
  Deno.test(`Server: M/M/${servers} with ${rate} erlang (Erlang C)`, () => {
    const service = exponential(1);
    const server = run(rate, { service, servers }, 300_000 / rate + 3000);
    const { wait, sojourn } = server.observed();
    const theory = mmc({ ...work(rate, service), servers });
    agree([
      { quantity: "wait (s)", theory: theory.wait.in("s"), observed: wait },
      { quantity: "response (s)", theory: theory.response.in("s"), observed: sojourn },
    ]);
  });
}

Deno.test("Server: probability of waiting, C(10, 8) = 0.4092", () => {
  const sim = new Simulation({ seed: 10 });
  const server = new Server(sim, { service: exponential(1), servers: 10, warmUp: 100 });
  const waits = new BatchMeans();
  arrive(sim, poisson(8), () => {
    if (sim.now > 100) waits.add(+(server.busy === 10)); // arrivals see time averages
    server.submit();
  });
  sim.run({ until: 40_000 });
  agree([{ quantity: "waits (share)", theory: 0.4092, observed: waits.estimate() }]);
});

for (const [rate, servers, capacity] of [[8, 10, 10], [1.5, 1, 4], [4, 2, 6]] as const) {
  Deno.test(`Server: M/M/${servers}/${capacity} with ${rate} erlang loses as Erlang says`, () => {
    const sim = new Simulation({ seed: capacity });
    const waitingRoom = capacity - servers;
    const service = exponential(1);
    const server = new Server(sim, { service, servers, waitingRoom, warmUp: 100 });
    const lost = new BatchMeans();
    arrive(sim, poisson(rate), () => {
      const job = server.submit();
      if (sim.now > 100) lost.add(+(job.state === "full"));
    });
    sim.run({ until: 300_000 / rate });
    const theory = mmck({ ...work(rate, service), servers, capacity });
    const { wait, littleGap } = server.observed();
    assertLess(littleGap, 1e-9);
    agree([
      { quantity: "lost (share)", theory: theory.lost.in("1"), observed: lost.estimate() },
      ...(capacity > servers
        ? [{ quantity: "wait (s)", theory: theory.wait.in("s"), observed: wait }]
        : []),
    ]);
  });
}

Deno.test("Server: M/D/1 at load 0.8 (Pollaczek and Khinchine)", () => {
  const service = deterministic(1);
  const { wait } = run(0.8, { service }, 300_000).observed();
  agree([{ quantity: "wait (s)", theory: md1(work(0.8, service)).wait.in("s"), observed: wait }]);
});

const general: Distribution[] = [
  uniform(0, 2),
  erlang(4, 1),
  lognormal({ median: 0.5, p99: 5 }),
  pareto(2.5, 0.5, 50),
  mixture([[0.95, exponential(0.5)], [0.05, exponential(10)]]),
];
for (const service of general) {
  Deno.test(`Server: M/G/1 with ${service.name} at load 0.7`, () => {
    const rate = 0.7 / service.mean;
    const { wait, load } = run(rate, { service }, 500_000 / rate).observed();
    assertLess(Math.abs(load - 0.7), 0.02);
    const variation = Math.sqrt(variability(service));
    const theory = mg1({ ...work(rate, service), variation });
    agree([{ quantity: "wait (s)", theory: theory.wait.in("s"), observed: wait }]);
  });
}

/** Mean time in the shorter of two queues chosen at random among `count`. */
function twoChoices(load: number, count: number, warmUp: number, seconds: number, seed: number) {
  const sim = new Simulation({ seed });
  const choices = sim.random("choices");
  const service = exponential(1);
  const servers = Array.from(
    { length: count },
    (_, i) => new Server(sim, { name: `server ${i}`, service, warmUp }),
  );
  let [sum, done] = [0, 0];
  arrive(sim, poisson(load * count), () => {
    const a = servers[Math.floor(choices() * count)];
    const b = servers[Math.floor(choices() * count)];
    (a.inSystem <= b.inSystem ? a : b).submit({}, (job) => {
      if (job.arrived < warmUp) return;
      sum += sim.now - job.arrived;
      done++;
    });
  });
  sim.run({ until: warmUp + seconds });
  for (const server of servers) assertLess(server.observed().littleGap, 1e-9);
  return sum / done;
}

for (const [load, warmUp, seconds] of [[0.9, 50, 100], [0.99, 200, 400]] as const) {
  Deno.test(`Server: power of two choices at load ${load} meets the mean field`, () => {
    // Replications, because the whole fleet swings slowly: batches of one run would be too sure.
    const observed = replications(10, (seed) => twoChoices(load, 400, warmUp, seconds, seed));
    // Mitzenmacher 1996: the mean time is the sum of load^(2^i - 2), for infinitely many servers.
    let theory = 0;
    for (let i = 1; i < 20; i++) theory += load ** (2 ** i - 2);
    agree([{ quantity: "response (s)", theory, observed }]);
    assert(observed.standardError < 0.03 * theory, "the check is sharp");
  });
}

for (const [exponent, capacity] of [[0.8, 100], [0.8, 1000], [0.99, 100], [0.99, 1000]] as const) {
  Deno.test(`zipf(): LRU of ${capacity} of 10000 keys at ${exponent} hits as Che predicts`, () => {
    const keys = zipf(10_000, exponent);
    const random = stream(capacity, "keys");
    const cache = new Set<number>();
    const hits = new BatchMeans();
    for (let i = 0; i < 400_000; i++) {
      const key = keys.sample(random);
      const hit = cache.delete(key);
      cache.add(key);
      if (i >= 100_000) hits.add(+hit); // the cache has long been full
      if (cache.size > capacity) {
        for (const oldest of cache) {
          cache.delete(oldest);
          break;
        }
      }
    }
    const popularity = Array.from({ length: 10_000 }, (_, i) => keys.popularity(i));
    const theory = cheHitRate({ popularity, capacity }).total;
    const { mean, standardError } = hits.estimate();
    // Che is itself an approximation: 0.1 points for that, three standard errors for chance.
    assertLess(Math.abs(mean - theory), 0.001 + 3 * standardError, `${mean} for ${theory}`);
  });
}

/**
 * Share that a token bucket accepts of Poisson arrivals: workload balking in M/D/1, for which the
 * work below the limit is distributed as in an unlimited queue (Takács 1967), up to a factor.
 */
function accepted(load: number, burst: number): number {
  let g = 0;
  for (let k = 0, factorial = 1; k < burst; k++, factorial *= k) {
    const x = load * (burst - 1 - k);
    g += (-x) ** k / factorial * Math.exp(x);
  }
  return g / (1 + load * g);
}

for (const [load, burst] of [[0.8, 1], [0.8, 5], [1.5, 1], [1.5, 5], [1, 10]] as const) {
  Deno.test(`TokenBucket: burst ${burst} at ${load} of its rate accepts as theory says`, () => {
    const runs = Array.from({ length: 20 }, (_, seed) => {
      const sim = new Simulation({ seed: `${seed} ${burst}` });
      const bucket = new TokenBucket({ ratePerSecond: 10, burst });
      const counts = [0, 0];
      arrive(sim, poisson(10 * load), () => counts[+bucket.take(sim.now * 1000)]++);
      sim.run({ until: 2000 });
      return counts[1] / (counts[0] + counts[1]);
    });
    agree([{
      quantity: "accepted (share)",
      theory: accepted(load, burst),
      observed: estimate(runs),
    }]);
  });
}

Deno.test("Server: a leaky bucket that shapes delays as M/D/1 and sends at equal distances", () => {
  const sim = new Simulation({ seed: 3 });
  const bucket = new Server(sim, { name: "leak", service: deterministic(0.1), warmUp: 100 });
  let last = -Infinity;
  let closest = Infinity;
  arrive(sim, poisson(9), () =>
    bucket.submit({}, () => {
      closest = Math.min(closest, sim.now - last);
      last = sim.now;
    }));
  sim.run({ until: 40_000 });
  assertLess(Math.abs(closest - 0.1), 1e-9);
  const theory = md1(work(9, deterministic(0.1))).wait.in("s");
  agree([{ quantity: "wait (s)", theory, observed: bucket.observed().wait }]);
});
