import {
  assert,
  assertEquals,
  assertNotEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { Simulation, SimulationError } from "lib/sim/simulation.ts";
import { Trace } from "lib/sim/trace.ts";

Deno.test("Simulation.schedule() orders by time, then by the order of the calls", () => {
  const sim = new Simulation();
  const seen: string[] = [];
  const note = (name: string) => seen.push(`${name} ${sim.now}`);
  sim.schedule(2, note, "late");
  sim.schedule(1, note, "first");
  sim.schedule(1, note, "second");
  sim.schedule(0, () => sim.schedule(1, note, "third"));
  sim.run();
  assertEquals(seen, ["first 1", "second 1", "third 1", "late 2"]);
});

for (const delay of [-1, -1e-12, NaN, Infinity, -Infinity]) {
  Deno.test(`Simulation.schedule() refuses a delay of ${delay}`, () => {
    const sim = new Simulation();
    assertThrows(
      () => sim.schedule(delay, () => {}),
      RangeError,
      `Cannot schedule event: delay must be finite and 0 s or more: received ${delay}`,
    );
  });
}

Deno.test("Simulation.run() stops at the horizon, keeps what lies past it, and goes on", () => {
  const sim = new Simulation({ seed: 9 });
  const seen: number[] = [];
  for (const delay of [1, 2, 2.5, 7]) sim.schedule(delay, () => seen.push(sim.now));
  const { now, events, pending, stopped, seed } = sim.run({ until: 2 });
  assertEquals([now, events, pending, stopped, seed], [2, 2, 2, "horizon", 9]);
  assertEquals(seen, [1, 2], "an event at the horizon still happens");
  assertThrows(() => sim.run({ until: 1 }), RangeError, "until must be 2 s, the present, or later");
  assertThrows(() => sim.run({ until: NaN }), RangeError, "received NaN");
  assertEquals(sim.run().stopped, "empty");
  assertEquals([sim.now, seen], [7, [1, 2, 2.5, 7]]);
});

Deno.test("Simulation.run() moves time to the horizon also when nothing is left", () => {
  const sim = new Simulation();
  assertEquals(sim.run({ until: 5 }).now, 5);
  assertEquals(sim.now, 5);
});

Deno.test("Simulation.stop() ends the run after the present event", () => {
  const sim = new Simulation();
  sim.schedule(1, () => sim.stop());
  sim.schedule(1, () => assert(false, "must not happen"));
  const { now, pending, stopped } = sim.run({ until: 10 });
  assertEquals([now, pending, stopped], [1, 1, "stop"]);
});

Deno.test("Simulation.cancel() is true once, for pending timers only", () => {
  const sim = new Simulation();
  const fired = sim.schedule(1, () => {});
  const cancelled = sim.schedule(2, () => assert(false, "was cancelled"));
  assertEquals([sim.cancel(cancelled), sim.cancel(cancelled)], [true, false]);
  assertEquals(sim.run().events, 1);
  assertEquals(sim.cancel(fired), false);
});

Deno.test("Simulation.run() catches a process that never lets time pass", () => {
  const sim = new Simulation({ seed: 3, maxPerInstant: 1000 });
  sim.spawn(function* () {
    yield 2;
    for (;;) yield 0;
  });
  const error = assertThrows(() => sim.run({ until: 10 }), SimulationError);
  assertStringIncludes(
    error.message,
    "Cannot go on with the simulation at 2 s, event 1002, seed 3: " +
      "virtual time must pass: received 1000 events at one instant",
  );
});

Deno.test("Simulation.run() catches delays that shrink towards an instant", () => {
  const sim = new Simulation({ maxPerInstant: 1000 });
  sim.spawn(function* () {
    for (let delay = 1;; delay /= 2) yield delay;
  });
  assertThrows(() => sim.run({ until: 10 }), SimulationError, "virtual time must pass");
});

Deno.test("Simulation.run() without horizon gives up on a model that never runs dry", () => {
  const sim = new Simulation();
  sim.spawn(function* () {
    for (;;) yield 1;
  });
  assertThrows(() => sim.run({ maxEvents: 50 }), SimulationError, "name a horizon");
  assertEquals(sim.now, 49, "the start at 0 s, then a step a second");
});

Deno.test("Simulation.run() names time, seed, cause and the steps that led to a failure", () => {
  const trace = new Trace();
  const sim = new Simulation({ seed: 77, trace });
  sim.schedule(1, () => trace.note(sim.now, "a", "wrote 1"));
  sim.schedule(1.5, () => trace.note(sim.now, "b", "unrelated"));
  sim.schedule(2, () => {
    trace.note(sim.now, "a", "read 0");
    throw new Error("stale read");
  });
  const error = assertThrows(() => sim.run(), SimulationError);
  assertEquals(error.message.split("\n"), [
    "Cannot go on with the simulation at 2 s, event 3, seed 77: stale read",
    "1.000000 s a: wrote 1",
    "2.000000 s a: read 0",
  ]);
  assertEquals((error.cause as Error).message, "stale read");
});

Deno.test("Simulation.random() refuses a name that is taken", () => {
  const sim = new Simulation();
  sim.random("arrivals");
  assertThrows(() => sim.random("arrivals"), RangeError, 'received "arrivals" twice');
});

Deno.test("Simulation.run() has the same fingerprint for the same events only", () => {
  const run = (delays: number[]) => {
    const sim = new Simulation();
    for (const delay of delays) sim.schedule(delay, () => {});
    return sim.run().fingerprint;
  };
  assertEquals(run([1, 2, 3]), run([1, 2, 3]));
  assertNotEquals(run([1, 2, 3]), run([1, 2, 3.0000001]));
  assertNotEquals(run([1, 2, 3]), run([1, 2, 3, 3]));
  assertNotEquals(run([1, 2]), run([2, 1]), "which event came first counts too");
});
