import { assert, assertEquals, assertThrows } from "@std/assert";
import { Pool } from "lib/systems/pool/pool.ts";
import { ManualClock } from "lib/systems/pool/pool_clock.ts";
import { adversary, deadlockFree, schedules } from "lib/systems/pool/schedules.ts";

// HikariCP wiki, "About Pool Sizing": Tn x (Cm - 1) + 1.
for (const [tasks, each] of [[3, 4], [8, 3], [2, 2], [5, 2]]) {
  Deno.test(`schedules() of ${tasks} x ${each}: one connection fewer than the formula deadlocks`, () => {
    const enough = deadlockFree(tasks, each);
    const few = schedules({ tasks, each, pool: enough - 1 });
    assertEquals(few.deadlock, Array(tasks).fill(each - 1));
    assert(few.deadlocked > 0n && few.deadlocked < few.interleavings);
    const free = schedules({ tasks, each, pool: enough });
    assertEquals([free.deadlock, free.deadlocked], [undefined, 0n]);
    assertEquals(adversary({ tasks, each, pool: enough - 1 }), true);
    assertEquals(adversary({ tasks, each, pool: enough }), false);
  });
}

Deno.test("schedules() counts all interleavings where nothing can block", () => {
  // Two tasks of three steps each: 6! / (3! 3!).
  assertEquals(schedules({ tasks: 2, each: 2, pool: 4 }).interleavings, 20n);
  assertEquals(schedules({ tasks: 1, each: 9, pool: 9 }).interleavings, 1n);
});

Deno.test("adversary() agrees with the search, and a real pool with both", async () => {
  for (let tasks = 1; tasks <= 4; tasks++) {
    for (let each = 1; each <= 3; each++) {
      for (let pool = 1; pool <= 9; pool++) {
        const isStuck = adversary({ tasks, each, pool });
        assertEquals(schedules({ tasks, each, pool }).deadlock !== undefined, isStuck);
        assertEquals(await isRealPoolStuck(tasks, each, pool), isStuck, `${tasks} ${each} ${pool}`);
      }
    }
  }
});

/** Each task takes all but its last, in turn, before any takes its last. */
async function isRealPoolStuck(tasks: number, each: number, max: number): Promise<boolean> {
  const create = () => Promise.resolve({});
  const pool = new Pool({ create, max, clock: new ManualClock() });
  let finished = 0;
  const begun: Promise<void>[] = [];
  const gate = Promise.withResolvers<void>();
  for (let task = 0; task < tasks; task++) {
    begun.push((async () => {
      const leases = [];
      for (let n = 0; n < each - 1; n++) leases.push(await pool.acquire());
      await gate.promise;
      leases.push(await pool.acquire());
      for (const lease of leases) lease.release();
      finished++;
    })());
    for (let n = 0; n < 20; n++) await null;
  }
  gate.resolve();
  for (let n = 0; n < 200; n++) await null;
  return finished < tasks;
}

Deno.test("schedules() refuses what is too large or no number", () => {
  assertThrows(() => schedules({ tasks: 20, each: 4, pool: 3 }), RangeError, "at most 2000000");
  assertThrows(() => schedules({ tasks: 2, each: 0, pool: 3 }), RangeError, "each must be");
});
