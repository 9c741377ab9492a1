import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { deterministic } from "lib/sim/distribution.ts";
import { LocalClock } from "lib/sim/local_clock.ts";
import { Network } from "lib/sim/network.ts";
import { Node, type NodeOptions } from "lib/sim/node.ts";
import { Resource } from "lib/sim/resource.ts";
import { Simulation } from "lib/sim/simulation.ts";

/** A node b that notes what it receives, and a that writes to it. */
function setUp(options: NodeOptions<string> = {}) {
  const sim = new Simulation();
  const network = new Network<string>(sim, { latency: deterministic(0.5) });
  const seen: string[] = [];
  const a = new Node<string>(sim, "a", { network });
  const b = new Node<string>(sim, "b", {
    network,
    receive: (message, from) => seen.push(`${message} from ${from} @${sim.now}`),
    ...options,
  });
  return { sim, network, seen, a, b };
}

Deno.test("Node.crash() ends timers, processes and messages; restart() runs its program again", () => {
  const { sim, network, seen, a, b } = setUp({
    *run() {
      seen.push(`starts @${sim.now}`);
      yield 10;
      seen.push(`still here @${sim.now}`);
    },
  });
  b.schedule(2, () => seen.push("timer"));
  for (const at of [0, 1, 4]) sim.schedule(at, () => a.send("b", `m${at}`));
  sim.schedule(1.2, () => b.crash());
  sim.schedule(3, () => b.restart());
  sim.run();
  assertEquals(seen, [
    "starts @0",
    "m0 from a @0.5",
    "starts @3",
    "m4 from a @4.5",
    "still here @13",
  ]);
  assertEquals(network.counts.dead, 1);
});

Deno.test("Node.crash() gives back what its processes held elsewhere", () => {
  const { sim, b } = setUp();
  const pool = new Resource(sim, { capacity: 1 });
  b.spawn(() =>
    pool.use(function* () {
      yield 100;
    })
  );
  sim.schedule(1, () => b.crash());
  sim.run();
  assertEquals([pool.held.value, sim.now], [0, 1]);
});

Deno.test("Node.crash() from within its own process stops it at its next yield", () => {
  const { sim, seen, b } = setUp();
  b.spawn(function* () {
    yield 1;
    b.crash();
    b.send("a", "last words");
    yield 1;
    seen.push("undead");
  });
  sim.run();
  assertEquals([seen, b.state, sim.now], [[], "down", 1]);
  assertThrows(() => b.schedule(1, () => {}), TypeError, "Cannot schedule at b: state must be up");
});

Deno.test("Node.pause() holds timers, processes and messages; resume() does them at once, in order", () => {
  const { sim, seen, a, b } = setUp({
    *run() {
      for (;;) {
        yield 2;
        seen.push(`tick @${sim.now}`);
      }
    },
  });
  b.schedule(3, () => seen.push(`timer @${sim.now}`));
  for (const at of [1, 2]) sim.schedule(at, () => a.send("b", `m${at}`));
  sim.schedule(1.2, () => b.pause());
  sim.schedule(5, () => b.resume());
  sim.run({ until: 8 });
  assertEquals(seen, [
    "m1 from a @5", // 1.5
    "tick @5", // 2
    "m2 from a @5", // 2.5
    "timer @5", // 3
    "tick @7",
  ]);
});

Deno.test("Node.pause() again while it catches up holds the rest", () => {
  const { sim, seen, b } = setUp();
  for (const name of ["one", "two", "three"]) {
    b.schedule(1, () => {
      seen.push(`${name} @${sim.now}`);
      if (name === "one") b.pause();
    });
  }
  b.pause();
  sim.schedule(2, () => b.resume());
  sim.schedule(4, () => b.resume());
  sim.run();
  assertEquals(seen, ["one @2", "two @4", "three @4"]);
});

Deno.test("Node.cancel() reaches timers that a pause holds", () => {
  const { sim, seen, b } = setUp();
  const timer = b.schedule(1, () => seen.push("cancelled"));
  b.schedule(1, () => seen.push("kept"));
  b.pause();
  sim.schedule(2, () => {
    assertEquals([b.cancel(timer), b.cancel(timer)], [true, false]);
    b.resume();
  });
  sim.run();
  assertEquals(seen, ["kept"]);
});

Deno.test("Node.pause() outlives a lease: the holder acts on it after it has ended", () => {
  // Kleppmann's counterexample to locks without fencing.
  const { sim, b } = setUp();
  const writes: number[] = [];
  const leaseEnds = 5;
  b.spawn(function* () {
    const valid = sim.now < leaseEnds;
    yield 1; // the pause falls in here
    if (valid) writes.push(sim.now);
  });
  sim.schedule(0.5, () => b.pause());
  sim.schedule(7, () => b.resume());
  sim.run();
  assertEquals(writes, [7]);
});

Deno.test("Node.schedule() counts seconds of the node's own clock", () => {
  const { sim, seen, b } = setUp({ drift: 0.25 });
  b.schedule(10, () => seen.push(`${sim.now} ${b.clock.monotonic}`));
  sim.run();
  assertEquals(seen, ["8 10"]);
});

Deno.test("Node.send() without network says so", () => {
  const node = new Node(new Simulation(), "lone");
  assertThrows(
    () => node.send("b", "x"),
    TypeError,
    "Cannot send from lone: network must be given",
  );
});

Deno.test("LocalClock: drift changes and jumps leave the past alone", () => {
  const world = { now: 0 };
  const clock = new LocalClock(world, { offset: 100, drift: 0.1 });
  world.now = 10;
  assertEquals([clock.wall, clock.monotonic], [111, 11]);
  clock.drift = -0.5;
  assertEquals([clock.wall, clock.monotonic], [111, 11]);
  world.now = 20;
  clock.jump(-50);
  assertEquals([clock.wall, clock.monotonic, clock.inWorld(1)], [66, 16, 2]);
  assertThrows(() => clock.drift = -1, RangeError, "drift must be above -1: received -1");
});

Deno.test("LocalClock: 50 ppm is 4.3 s a day", () => {
  const world = { now: 0 };
  const clock = new LocalClock(world, { drift: 50e-6 });
  world.now = 86_400;
  assertAlmostEquals(clock.wall - world.now, 4.32, 1e-9);
});
