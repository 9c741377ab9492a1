import { assert, assertEquals, assertThrows } from "@std/assert";
import { all, first, settled, TimedOut, within } from "lib/sim/combine.ts";
import { type Process, Simulation, SimulationError } from "lib/sim/simulation.ts";

const sim = () => new Simulation();

/** Takes `after` seconds, then returns its name, or throws it where it begins with "!". */
function work(sim: Simulation, name: string, after: number, seen: string[] = []) {
  return function* (): Process<string> {
    try {
      yield after;
      if (name.startsWith("!")) throw new Error(name);
      return name;
    } finally {
      seen.push(`${name} ends at ${sim.now}`);
    }
  }();
}

/** Runs a process to its end: its result, or the message of what it threw. */
function outcome<T>(sim: Simulation, process: Process<T>): unknown {
  const task = sim.spawn(function* () {
    try {
      return yield* process;
    } catch (error) {
      return (error as Error).message;
    }
  });
  sim.run();
  return task.value;
}

Deno.test("within() returns what is in time, and cancels its own timer", () => {
  const s = sim();
  assertEquals(outcome(s, within(s, 5, work(s, "a", 2))), "a");
  assertEquals(s.now, 2);
});

Deno.test("within() interrupts what is late, and throws TimedOut", () => {
  const [s, seen] = [sim(), [] as string[]];
  assertEquals(
    outcome(s, within(s, 1, work(s, "a", 2, seen))),
    "limited process took longer than 1 s",
  );
  assertEquals([seen, s.now], [["a ends at 1"], 1]);
});

Deno.test("within() throws what the process throws", () => {
  const s = sim();
  assertEquals(outcome(s, within(s, 5, work(s, "!broken", 2))), "!broken");
});

Deno.test("within() nests: the outer limit ends the inner work", () => {
  const [s, seen] = [sim(), [] as string[]];
  assertEquals(
    outcome(s, within(s, 1, within(s, 5, work(s, "a", 9, seen)))),
    "limited process took longer than 1 s",
  );
  assertEquals(seen, ["a ends at 1"]);
});

Deno.test("all() returns results in order, whatever order they end in", () => {
  const s = sim();
  const both = all(s, [work(s, "a", 3), work(s, "b", 1), work(s, "c", 2)]);
  assertEquals(outcome(s, both), ["a", "b", "c"]);
  assertEquals(s.now, 3);
  assertEquals(outcome(s, all(s, [])), []);
});

Deno.test("all() fails with the first failure, and interrupts the rest", () => {
  const [s, seen] = [sim(), [] as string[]];
  const both = all(s, [work(s, "a", 3, seen), work(s, "!b", 1, seen)]);
  assertEquals(outcome(s, both), "!b");
  assertEquals([seen, s.now], [["!b ends at 1", "a ends at 1"], 1]);
});

Deno.test("first() returns the first success, past failures, and interrupts the rest", () => {
  const [s, seen] = [sim(), [] as string[]];
  const race = first(s, [work(s, "!a", 1, seen), work(s, "b", 2, seen), work(s, "c", 3, seen)]);
  assertEquals(outcome(s, race), "b");
  assertEquals(seen, ["!a ends at 1", "b ends at 2", "c ends at 2"]);
});

Deno.test("first() fails with the last failure when all fail", () => {
  const s = sim();
  assertEquals(outcome(s, first(s, [work(s, "!late", 2), work(s, "!early", 1)])), "!late");
  const error = assertThrows(() => {
    s.spawn(first(s, []));
    s.run();
  }, SimulationError);
  assert(error.message.includes("processes must not be empty"));
});

Deno.test("first() interrupted from outside interrupts all it has started", () => {
  const [s, seen] = [sim(), [] as string[]];
  const task = s.spawn(first(s, [work(s, "a", 5, seen), work(s, "b", 6, seen)]));
  s.schedule(1, () => task.interrupt(new TimedOut("enough")));
  s.run();
  assertEquals([seen, task.state], [["a ends at 1", "b ends at 1"], "interrupted"]);
});

Deno.test("settled() tells end from time-out, and throws nothing of the task's", () => {
  const s = sim();
  const failing = s.spawn(work(s, "!a", 2));
  const task = s.spawn(function* () {
    return [
      yield* settled(s, failing, 1),
      yield* settled(s, failing, 9),
      yield* settled(s, failing),
    ];
  });
  s.run();
  assertEquals([task.value, s.now], [[false, true, true], 2]);
});
