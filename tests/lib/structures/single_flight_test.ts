import { assertEquals, assertRejects } from "@std/assert";
import { SingleFlight } from "lib/structures/single_flight.ts";

Deno.test("SingleFlight.run() loads once for 1,000 concurrent callers of a key", async () => {
  const flight = new SingleFlight<string>();
  const gate = Promise.withResolvers<string>();
  let loads = 0;
  const callers = Array.from({ length: 1000 }, () =>
    flight.run("alice", () => {
      loads++;
      return gate.promise;
    }));
  const other = flight.run("bob", () => "away");
  assertEquals(flight.size, 2);
  gate.resolve("online");
  assertEquals(new Set(await Promise.all(callers)), new Set(["online"]));
  assertEquals(await other, "away");
  assertEquals(loads, 1);
});

Deno.test("SingleFlight.run() keeps nothing once a load has settled", async () => {
  const flight = new SingleFlight<number>();
  let loads = 0;
  const load = () => Promise.resolve(++loads);
  assertEquals(await flight.run("alice", load), 1);
  assertEquals(flight.size, 0);
  assertEquals(await flight.run("alice", load), 2);
});

Deno.test("SingleFlight.run() gives a failure to every waiter, and the next call tries anew", async () => {
  const flight = new SingleFlight<number>();
  let loads = 0;
  const fails = () => {
    loads++;
    throw new Error("store is down");
  };
  const waiters = [1, 2, 3].map(() => flight.run("alice", fails));
  for (const waiter of waiters) await assertRejects(() => waiter, Error, "store is down");
  assertEquals(loads, 1);
  assertEquals(await flight.run("alice", () => 5), 5);
});

Deno.test("SingleFlight.forget() parts later callers from the load under way", async () => {
  const flight = new SingleFlight<string>();
  const gates = [Promise.withResolvers<string>(), Promise.withResolvers<string>()];
  let loads = 0;
  const load = () => gates[loads++].promise;
  const before = flight.run("alice", load);
  flight.forget("alice");
  const after = flight.run("alice", load);
  gates[0].resolve("old");
  assertEquals(await before, "old");
  const joined = flight.run("alice", load); // the old load's end must not free the new one's place
  gates[1].resolve("new");
  assertEquals([await after, await joined, loads], ["new", "new", 2]);
});
