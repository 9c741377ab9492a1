import { assert, assertEquals, assertLess, assertStringIncludes, assertThrows } from "@std/assert";
import { arrive, poisson } from "lib/sim/arrivals.ts";
import { within } from "lib/sim/combine.ts";
import { deterministic, exponential } from "lib/sim/distribution.ts";
import { type Job, Refused } from "lib/sim/job.ts";
import { fair, lifo, priority } from "lib/sim/queue.ts";
import { Server, type ServerOptions } from "lib/sim/server.ts";
import { Simulation } from "lib/sim/simulation.ts";

/** A server with service of 1 s, and what became of each request submitted to it. */
function setUp(options: Partial<ServerOptions> = {}) {
  const sim = new Simulation();
  const server = new Server(sim, { service: deterministic(1), ...options });
  const seen: string[] = [];
  const note = (name: string) => (job: Job) => seen.push(`${name} ${job.state} ${sim.now}`);
  return { sim, server, seen, note };
}

Deno.test("Server.submit() serves one after the other, several at once with several servers", () => {
  for (const [servers, ends] of [[1, [1, 2, 3]], [2, [1, 1, 2]]] as const) {
    const { sim, server, seen, note } = setUp({ servers });
    for (const name of ["a", "b", "c"]) server.submit({}, note(name));
    assertEquals([server.busy, server.inSystem], [servers, 3]);
    sim.run();
    assertEquals(seen, ends.map((end, i) => `${"abc"[i]} served ${end}`));
  }
});

Deno.test("Server.submit() takes disciplines, own service times and flows", () => {
  const order = (options: Partial<ServerOptions>) => {
    const { sim, server, seen } = setUp(options);
    const requests = [["x", 0, "a"], ["u", 9, "a"], ["v", 1, "a"], ["w", 5, "b"]] as const;
    for (const [name, priority, flow] of requests) {
      server.submit({ priority, flow, seconds: 1 }, () => seen.push(name));
    }
    sim.run();
    return seen.join("");
  };
  assertEquals(order({}), "xuvw");
  assertEquals(order({ queue: lifo() }), "xwvu");
  assertEquals(order({ queue: priority() }), "xvwu");
  assertEquals(order({ queue: fair() }), "xuwv");
});

Deno.test("Server.submit() refuses when the waiting room is full, and when load is shed", () => {
  const { sim, server, seen, note } = setUp({
    waitingRoom: 1,
    admit: (server, request) => request.priority !== 9 || server.inSystem === 0,
  });
  server.submit({ priority: 9 }, note("idle"));
  server.submit({ priority: 9 }, note("batch"));
  server.submit({}, note("waits"));
  server.submit({}, note("late"));
  assertEquals(seen, ["batch shed 0", "late full 0"]);
  sim.run();
  assertEquals(seen.slice(2), ["idle served 1", "waits served 2"]);
  const { arrived, served, refused, littleGap } = server.observed();
  assertEquals([arrived, served, refused], [4, 2, 2]);
  assertLess(littleGap, 1e-12);
});

Deno.test("Server.submit() lets a request without patience leave, not one in service", () => {
  const { sim, server, seen, note } = setUp();
  server.submit({ patience: 0.1 }, note("a"));
  server.submit({ patience: 0.5 }, note("b"));
  server.submit({ patience: 5 }, note("c"));
  sim.run();
  assertEquals(seen, ["b impatient 0.5", "a served 1", "c served 2"]);
  assertEquals(sim.now, 2, "the timer of c's patience is gone");
  const { abandoned, littleGap, inQueue } = server.observed();
  assertEquals([abandoned, littleGap < 1e-12, inQueue], [1, true, (0.5 + 1) / 2]);
});

Deno.test("Server.withdraw() frees a place in the queue, or a server at once", () => {
  const { sim, server, seen, note } = setUp();
  const [a, b] = ["a", "b", "c"].map((name) => server.submit({}, note(name)));
  sim.schedule(0.25, () => {
    server.withdraw(b);
    server.withdraw(a);
    server.withdraw(a); // nothing to take back any more
  });
  sim.run();
  assertEquals(seen, ["b withdrawn 0.25", "a withdrawn 0.25", "c served 1.25"]);
  assertLess(server.observed().littleGap, 1e-12);
});

Deno.test("Server.serve() returns the job, throws Refused, and withdraws when interrupted", () => {
  const { sim, server } = setUp({ waitingRoom: 1 });
  const results: unknown[] = [];
  const ask = (patience?: number) =>
    sim.spawn(function* () {
      try {
        const job = yield* server.serve({ patience });
        results.push([job.started, sim.now]);
      } catch (error) {
        results.push((error as Refused).reason ?? (error as Error).name);
      }
    });
  ask();
  ask(0.5);
  ask();
  sim.schedule(0.6, () =>
    sim.spawn(function* () {
      try {
        yield* within(sim, 0.1, server.serve());
      } catch (error) {
        results.push(`${(error as Error).name} ${sim.now}`);
      }
    }));
  sim.run();
  assertEquals(results, ["full", "impatient", "TimedOut 0.7", [0, 1]]);
  assertEquals([server.inSystem, server.observed().abandoned], [0, 2]);
});

Deno.test("Server.observed() cuts the warm-up and says so; Little's law survives the cut", () => {
  const sim = new Simulation({ seed: 4 });
  const server = new Server(sim, { service: exponential(1), warmUp: 50 });
  arrive(sim, poisson(0.95), () => server.submit());
  sim.run({ until: 50 });
  assertEquals([server.observed().since, server.observed().served], [50, 0]);
  sim.run({ until: 200 });
  const { since, littleGap, served, warnings } = server.observed();
  assertEquals(since, 50);
  assertEquals(served === server.sojourns.count && served > 50, true);
  assertLess(littleGap, 1e-12);
  assert(warnings.length <= 1);
});

Deno.test("Server.observed() labels an overloaded queue instead of naming a steady state", () => {
  const sim = new Simulation({ seed: 4 });
  const server = new Server(sim, { service: exponential(1) });
  arrive(sim, poisson(1.5), () => server.submit());
  sim.run({ until: 5000 });
  const { warnings, load, utilization } = server.observed();
  assertEquals(warnings.length, 1);
  assertStringIncludes(warnings[0], `no steady state: load is ${load.toPrecision(3)}`);
  assert(load > 1.4 && utilization > 0.99);
});

Deno.test("Server.observed() warns of a run that is too short", () => {
  const { sim, server } = setUp();
  for (let i = 0; i < 5; i++) sim.schedule(2 * i, () => server.submit());
  sim.run();
  assertEquals(server.observed().warnings, ["short run: 5 requests measured"]);
});

Deno.test("Server.service may change while the run goes on", () => {
  const { sim, server, seen, note } = setUp();
  sim.schedule(10, () => server.service = deterministic(4));
  sim.schedule(0, () => server.submit({}, note("fast")));
  sim.schedule(10, () => server.submit({}, note("slow")));
  sim.run();
  assertEquals(seen, ["fast served 1", "slow served 14"]);
});

Deno.test("Server: bad options are refused by name", () => {
  const create = (options: Partial<ServerOptions>) => () => setUp({ name: "disk", ...options });
  assertThrows(
    create({ servers: 0 }),
    RangeError,
    "Cannot create disk: servers must be an integer",
  );
  assertThrows(
    create({ waitingRoom: NaN }),
    RangeError,
    "waitingRoom must be 0 or more: received NaN",
  );
});

Deno.test("Server.submit() under overload: the last in wait less than the first in, as lifo promises", () => {
  const median = (queue?: ServerOptions["queue"]) => {
    const sim = new Simulation({ seed: 2 });
    const server = new Server(sim, { service: deterministic(1), queue });
    arrive(sim, poisson(1.3), () => server.submit({ patience: 20 }));
    sim.run({ until: 3000 });
    assertLess(server.observed().littleGap, 1e-9);
    return server.sojourns.percentile(50);
  };
  assertLess(5 * median(lifo()), median());
});
