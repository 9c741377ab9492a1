import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { Interrupted, type Task } from "lib/sim/process.ts";
import { type Process, Simulation, SimulationError } from "lib/sim/simulation.ts";

Deno.test("Simulation.spawn() starts after what is due already, in order", () => {
  const sim = new Simulation();
  const seen: string[] = [];
  sim.schedule(0, () => seen.push("event"));
  for (const name of ["a", "b"]) {
    sim.spawn(function* () {
      seen.push(`${name}1`);
      yield 1;
      seen.push(`${name}2`);
    });
  }
  assertEquals(seen, []);
  sim.run();
  assertEquals(seen, ["event", "a1", "b1", "a2", "b2"]);
});

Deno.test("Task.wake() hands a value to a parked process, once", () => {
  const sim = new Simulation();
  const task = sim.spawn(function* () {
    return ((yield) as number) + sim.now;
  });
  assertEquals(task.wake(1), false, "not parked yet");
  sim.schedule(3, () => assertEquals([task.wake(40), task.wake(50)], [true, false]));
  sim.run();
  assertEquals([task.state, task.value, task.wake()], ["done", 43, false]);
});

Deno.test("Task.join() returns at once for a task that has ended", () => {
  const sim = new Simulation();
  const quick = sim.spawn(function* () {
    yield 0;
    return "x";
  });
  const joined = sim.spawn(function* () {
    yield 5;
    return [yield* quick.join(), sim.now];
  });
  sim.run();
  assertEquals(joined.value, ["x", 5]);
});

Deno.test("Task.join() throws what the process threw, and the run goes on", () => {
  const sim = new Simulation();
  const failing = sim.spawn(function* () {
    yield 1;
    throw new Error("disk full");
  });
  const joined = sim.spawn(function* () {
    try {
      yield* failing.join();
      return "no error";
    } catch (error) {
      return (error as Error).message;
    }
  });
  sim.run();
  assertEquals([joined.value, failing.state], ["disk full", "failed"]);
});

Deno.test("Simulation.run() fails when a process fails that nobody joins", () => {
  const sim = new Simulation();
  sim.spawn(function* () {
    yield 1;
    throw new Error("disk full");
  });
  assertThrows(() => sim.run(), SimulationError, "disk full");
});

for (const delay of [-1, NaN, "soon" as unknown as number]) {
  Deno.test(`Process: yielding ${delay} fails the run`, () => {
    const sim = new Simulation();
    sim.spawn(function* () {
      yield 1;
      yield delay;
    });
    const error = assertThrows(() => sim.run(), SimulationError);
    assertStringIncludes(error.message, `delay must be finite and 0 s or more: received ${delay}`);
  });
}

Deno.test("Task.interrupt() throws where the process waits and runs its finally blocks", () => {
  const sim = new Simulation();
  const seen: string[] = [];
  function* wait(): Process {
    try {
      yield 100;
    } finally {
      seen.push(`released at ${sim.now}`);
    }
  }
  const sleeping = sim.spawn(wait());
  const parked = sim.spawn(function* () {
    try {
      yield;
    } catch (error) {
      seen.push((error as Error).message);
      yield 1;
    }
    return "recovered";
  });
  sim.schedule(2, () => {
    sleeping.interrupt();
    parked.interrupt(new Error("go home"));
  });
  assertEquals(sim.run().now, 3);
  assertEquals(seen, ["released at 2", "go home"]);
  assertEquals([sleeping.state, parked.state, parked.value], ["interrupted", "done", "recovered"]);
  assert(sleeping.error instanceof Interrupted);
});

Deno.test("Task.interrupt() wins over a wake at the same instant, and a late interrupt is nothing", () => {
  const sim = new Simulation();
  const task: Task<unknown> = sim.spawn(function* () {
    return yield;
  });
  sim.schedule(1, () => {
    task.wake("woken");
    task.interrupt();
  });
  sim.run();
  assertEquals([task.state, task.value], ["interrupted", undefined]);
  task.interrupt();
  assertEquals(sim.run().pending, 0);
});

Deno.test("Task.interrupt() rethrown after some clean-up time is no failure of the run", () => {
  const sim = new Simulation();
  const task = sim.spawn(function* () {
    try {
      yield 10;
    } catch (error) {
      yield 1;
      throw error;
    }
  });
  sim.schedule(1, () => task.interrupt());
  sim.run();
  assertEquals(task.state, "interrupted");
});

Deno.test("Task.interrupt() before the first step means that nothing of the process runs", () => {
  const sim = new Simulation();
  const task = sim.spawn(function* () {
    assert(false, "must not run");
    yield 1;
  });
  task.interrupt();
  sim.run();
  assertEquals(task.state, "interrupted");
});

Deno.test("Task.kill() runs finally blocks only, and cannot be caught", () => {
  const sim = new Simulation();
  const seen: string[] = [];
  const task = sim.spawn(function* () {
    for (;;) {
      try {
        yield 10;
      } catch {
        seen.push("caught");
      } finally {
        seen.push("finally");
      }
    }
  });
  sim.schedule(1, () => task.kill());
  assertEquals(sim.run().now, 1);
  assertEquals([seen, task.state], [["finally"], "interrupted"]);
});

Deno.test("Task.kill() of the process that runs ends it at its next yield", () => {
  const sim = new Simulation();
  const seen: number[] = [];
  const task = sim.spawn(function* () {
    for (;;) {
      seen.push(sim.now);
      if (seen.length === 3) sim.current!.kill();
      yield 1;
    }
  });
  sim.run();
  assertEquals([seen, task.state], [[0, 1, 2], "interrupted"]);
});

Deno.test("Task.join() of an interrupted joiner does not wake it later", () => {
  const sim = new Simulation();
  const slow = sim.spawn(function* () {
    yield 5;
  });
  const joiner = sim.spawn(function* () {
    try {
      yield* slow.join();
    } catch {
      return yield; // parked again: nobody but us may wake it
    }
  });
  sim.schedule(1, () => joiner.interrupt());
  sim.schedule(9, () => joiner.wake("by us"));
  sim.run();
  assertEquals(joiner.value, "by us");
});
