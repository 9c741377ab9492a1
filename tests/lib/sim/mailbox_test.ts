import { assertEquals } from "@std/assert";
import { Mailbox } from "lib/sim/mailbox.ts";
import { Simulation } from "lib/sim/simulation.ts";

Deno.test("Mailbox keeps order through many puts and takes", () => {
  const sim = new Simulation();
  const inbox = new Mailbox<number>(sim);
  const seen: number[] = [];
  sim.spawn(function* () {
    for (;;) {
      seen.push(yield* inbox.take());
      if (seen.length % 50 === 0) yield 1;
    }
  });
  for (let i = 0; i < 1000; i++) sim.schedule(i / 100, () => inbox.put(i));
  sim.run();
  assertEquals(seen, Array.from({ length: 1000 }, (_, i) => i));
  assertEquals(inbox.size, 0);
});

Deno.test("Mailbox serves takers in the order in which they wait", () => {
  const sim = new Simulation();
  const inbox = new Mailbox<string>(sim);
  const seen: string[] = [];
  for (const name of ["first", "second"]) {
    sim.spawn(function* () {
      seen.push(`${name} ${yield* inbox.take()}`);
    });
  }
  sim.schedule(1, () => ["a", "b", "c"].forEach((item) => inbox.put(item)));
  sim.run();
  assertEquals([seen, inbox.size], [["first a", "second b"], 1]);
});

Deno.test("Mailbox loses no message to a taker that is interrupted, before or as it gets one", () => {
  for (const order of ["interrupt first", "put first"]) {
    const sim = new Simulation();
    const inbox = new Mailbox<string>(sim);
    const gone = sim.spawn(function* () {
      yield* inbox.take();
    });
    sim.schedule(1, () => {
      if (order === "put first") inbox.put("a");
      gone.interrupt();
      if (order !== "put first") inbox.put("a");
      inbox.put("b");
    });
    const heir = sim.spawn(function* () {
      yield 2;
      return [yield* inbox.take(), yield* inbox.take()];
    });
    sim.run();
    assertEquals(heir.value, ["a", "b"], order);
  }
});
