import { assertEquals, assertThrows } from "@std/assert";
import { Refused } from "lib/sim/job.ts";
import { lifo } from "lib/sim/queue.ts";
import { Resource } from "lib/sim/resource.ts";
import { Simulation } from "lib/sim/simulation.ts";

function setUp(options: Partial<ConstructorParameters<typeof Resource>[1]> = {}) {
  const sim = new Simulation();
  const pool = new Resource(sim, { capacity: 1, name: "pool", ...options });
  const seen: string[] = [];
  /** Holds one for a second. */
  const hold = (name: string, patience?: number) =>
    sim.spawn(function* () {
      try {
        yield* pool.use(function* () {
          seen.push(`${name} ${sim.now}`);
          yield 1;
        }, { patience });
      } catch (error) {
        seen.push(`${name} ${(error as Refused).reason ?? (error as Error).message} ${sim.now}`);
      }
    });
  return { sim, pool, seen, hold };
}

Deno.test("Resource.acquire() never exceeds its capacity and serves in order", () => {
  const { sim, pool, seen, hold } = setUp({ capacity: 2 });
  for (const name of "abcde") hold(name);
  sim.run();
  assertEquals(seen, ["a 0", "b 0", "c 1", "d 1", "e 2"]);
  assertEquals([pool.held.max, pool.held.value, pool.waiting.max], [2, 0, 3]);
});

Deno.test("Resource.acquire() takes a discipline", () => {
  const { sim, seen, hold } = setUp({ queue: lifo() });
  for (const name of "abc") hold(name);
  sim.run();
  assertEquals(seen, ["a 0", "c 1", "b 2"]);
});

Deno.test("Resource.acquire() refuses when too many wait or patience ends", () => {
  const { sim, seen, hold } = setUp({ waitingRoom: 1 });
  hold("a");
  hold("b", 0.5);
  hold("c");
  sim.schedule(0.75, () => hold("d", 5));
  sim.run();
  assertEquals(seen, ["a 0", "c full 0", "b impatient 0.5", "d 1"]);
});

Deno.test("Resource.use() releases when its work fails or is interrupted", () => {
  const { sim, pool, seen, hold } = setUp();
  const broken = sim.spawn(function* () {
    try {
      yield* pool.use(function* () {
        yield 1;
        throw new Error("query failed");
      });
    } catch (error) {
      seen.push((error as Error).message);
    }
  });
  const killed = sim.spawn(() =>
    pool.use(function* () {
      yield 100;
    })
  );
  hold("next");
  sim.schedule(3, () => killed.interrupt());
  sim.run();
  assertEquals([seen, broken.state], [["query failed", "next 3"], "done"]);
  assertEquals(pool.held.value, 0);
});

Deno.test("Resource.release() hands over to the next also when a waiter dies as it is granted", () => {
  const { sim, pool, seen, hold } = setUp();
  hold("a");
  const unlucky = hold("b");
  hold("c");
  sim.schedule(1, () => unlucky.interrupt(new Error("killed"))); // the instant of a's release
  sim.schedule(0, () => sim.schedule(1, () => seen.push(`held ${pool.held.value}`)));
  sim.run();
  assertEquals(seen.filter((line) => /^[abc] \d/.test(line)), ["a 0", "c 1"]);
  assertEquals(pool.held.value, 0);
});

Deno.test("Resource.acquire() of one granted and interrupted at the same instant passes it on", () => {
  const { sim, pool, seen, hold } = setUp();
  sim.spawn(function* () {
    yield* pool.acquire();
    yield 1;
    pool.release(); // grants to b …
    unlucky.interrupt(new Error("killed")); // … who never sees it
  });
  const unlucky = hold("b");
  hold("c");
  sim.run();
  assertEquals(seen, ["b killed 1", "c 1"]);
  assertEquals(pool.held.value, 0);
});

Deno.test("Resource.release() refuses what is not held", () => {
  const { pool } = setUp();
  assertThrows(() => pool.release(), RangeError, "Cannot release pool: held must be 1 or more");
  assertThrows(() => setUp({ capacity: 0 }), RangeError, "capacity must be an integer above 0");
});
