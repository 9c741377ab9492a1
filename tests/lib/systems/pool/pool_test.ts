import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { stream } from "lib/sim/random.ts";
import type { Lease } from "lib/systems/pool/lease.ts";
import { type Leak, Pool, type PoolOptions } from "lib/systems/pool/pool.ts";
import { ManualClock } from "lib/systems/pool/pool_clock.ts";
import { PoolError } from "lib/systems/pool/pool_error.ts";

interface Connection {
  id: number;
  isOpen: boolean;
}

function bench(options: Partial<PoolOptions<Connection>> = {}) {
  const clock = new ManualClock();
  const all: Connection[] = [];
  const pool = new Pool<Connection>({
    create: () => {
      const connection = { id: all.length, isOpen: true };
      all.push(connection);
      return Promise.resolve(connection);
    },
    destroy: (connection) => connection.isOpen = false,
    max: 2,
    clock,
    ...options,
  });
  return { pool, clock, all, open: () => all.filter(({ isOpen }) => isOpen).length };
}

/** Lets everything that was resolved run. */
async function settle(): Promise<void> {
  for (let n = 0; n < 10; n++) await null;
}

function reasonOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(() => "lent", (error) => error instanceof PoolError ? error.reason : "other");
}

Deno.test("Pool serves first come first served, the lowest priority first", async () => {
  const { pool } = bench({ max: 1 });
  const held = await pool.acquire();
  const order: string[] = [];
  const work = async (name: string, priority: number) => {
    const lease = await pool.acquire({ priority });
    order.push(name);
    lease.release();
  };
  const all = [work("a", 1), work("b", 1), work("urgent", 0), work("c", 1)];
  assertEquals(pool.stats().waiting, 4);
  held.release();
  await Promise.all(all);
  assertEquals(order, ["urgent", "a", "b", "c"]);
  await pool.drain();
});

Deno.test("Pool times out exactly those who waited too long, and grants them nothing", async () => {
  const { pool, clock } = bench({ max: 1, timeoutMs: 100 });
  const held = await pool.acquire();
  const early = reasonOf(pool.acquire());
  clock.advance(60);
  const late = reasonOf(pool.acquire());
  const patient = reasonOf(pool.acquire({ timeoutMs: 10_000 }));
  clock.advance(55); // 115 ms after the first, 55 after the second
  assertEquals(await early, "timeout");
  assertEquals(pool.stats().waiting, 2);
  clock.advance(60);
  assertEquals(await late, "timeout");
  held.release();
  assertEquals(await patient, "lent");
  assertEquals(pool.stats().refused.timeout, 2);
});

Deno.test("Pool.acquire() that is aborted leaves the queue and is granted nothing", async () => {
  const { pool } = bench({ max: 1 });
  const held = await pool.acquire();
  const aborter = new AbortController();
  const aborted = reasonOf(pool.acquire({ signal: aborter.signal }));
  const next = pool.acquire();
  aborter.abort();
  assertEquals(await aborted, "aborted");
  held.release();
  (await next).release();
  assertEquals(pool.stats().inUse, 0);
  assertEquals(await reasonOf(pool.acquire({ signal: aborter.signal })), "aborted");
});

Deno.test("Pool refuses at once when too many wait", async () => {
  const { pool } = bench({ max: 1, maxQueue: 2 });
  await pool.acquire();
  const waiting = [pool.acquire(), pool.acquire()];
  const error = await assertRejects(() => pool.acquire(), PoolError);
  assertEquals(
    error.message,
    "Cannot acquire: at most 2 may wait: received 1 of 1 in use, 2 waiting",
  );
  assertEquals(waiting.length, 2);
});

Deno.test("Pool: a resource that cannot be created fails one waiter, not the next", async () => {
  let tries = 0;
  const create = () =>
    ++tries === 1 ? Promise.reject(new Error("refused")) : Promise.resolve({ id: 1, isOpen: true });
  const { pool } = bench({ max: 1, create });
  const [first, second] = [pool.acquire(), pool.acquire()];
  const error = await assertRejects(() => first, PoolError, "a resource must be created");
  assertEquals((error.cause as Error).message, "refused");
  assertEquals((await second).resource.id, 1);
  const { inUse, creating } = pool.stats();
  assertEquals([inUse, creating], [1, 0]);
});

Deno.test("Pool: create that throws is a create that fails", async () => {
  const { pool } = bench({
    create: () => {
      throw new Error("no address");
    },
  });
  assertEquals(await reasonOf(pool.acquire()), "broken");
});

Deno.test("Pool with backoff keeps waiters while it cannot create, and tries ever less", async () => {
  let tries = 0;
  const backoff = { baseMs: 100, capMs: 1000, random: () => 0.999 };
  const { pool, clock } = bench({
    max: 5,
    timeoutMs: 5000,
    backoff,
    create: () => {
      tries++;
      return Promise.reject(new Error("refused"));
    },
  });
  const all = Array.from({ length: 20 }, () => reasonOf(pool.acquire()));
  await settle();
  assertEquals(tries, 5, "as many as there may be");
  for (let n = 0; n < 600; n++) {
    clock.advance(10);
    await settle();
  }
  assert(tries < 5 + 5 * 10, `${tries} tries in 6 s`);
  assertEquals(new Set(await Promise.all(all)), new Set(["timeout"]));
});

Deno.test("Pool.resize() below what is lent destroys what comes back", async () => {
  const { pool, open } = bench({ max: 4 });
  const leases = await Promise.all([1, 2, 3, 4].map(() => pool.acquire()));
  pool.resize(2);
  const waiting = pool.acquire();
  leases[0].release();
  leases[1].release();
  await settle();
  assertEquals([open(), pool.stats().inUse, pool.stats().waiting], [2, 2, 1]);
  leases[2].release();
  await waiting;
  assertEquals([open(), pool.stats().inUse], [2, 2]);
  pool.resize(3);
  await pool.acquire();
  assertEquals(open(), 3);
  assertThrows(() => pool.resize(0), RangeError, "max must be an integer above 0: received 0");
});

Deno.test("Pool.configure() lets more wait, and other times for those who come after", async () => {
  const { pool, clock } = bench({ max: 1, maxQueue: 1, timeoutMs: 100 });
  const held = await pool.acquire();
  clock.advance(35);
  const first = reasonOf(pool.acquire()); // its deadline moves house with it
  assertEquals(await reasonOf(pool.acquire()), "full");
  pool.configure({ maxQueue: 3, timeoutMs: 1000 });
  const [second, third] = [reasonOf(pool.acquire()), reasonOf(pool.acquire())];
  assertEquals(await reasonOf(pool.acquire()), "full");
  clock.advance(90);
  assertEquals(pool.stats().waiting, 3);
  clock.advance(30);
  assertEquals([await first, pool.stats().waiting], ["timeout", 2]);
  pool.configure({ maxQueue: 1 });
  assertEquals(await reasonOf(pool.acquire()), "full", "whoever waits already stays");
  held.release();
  assertEquals(await second, "lent");
  clock.advance(1000);
  assertEquals(await third, "timeout");
  const { max, maxQueue, timeoutMs } = pool.stats();
  assertEquals([max, maxQueue, timeoutMs], [1, 1, 1000]);
});

Deno.test("Pool.configure() that is refused changes nothing", () => {
  const { pool } = bench({ max: 2, maxQueue: 3, timeoutMs: 100 });
  for (const limits of [{ max: 5, timeoutMs: 0 }, { max: 5, maxQueue: -1 }, { max: 0.5 }]) {
    assertThrows(() => pool.configure(limits), RangeError);
    const { max, maxQueue, timeoutMs } = pool.stats();
    assertEquals([max, maxQueue, timeoutMs], [2, 3, 100]);
  }
});

Deno.test("Lease.release() twice gives back once", async () => {
  const { pool } = bench({ max: 2 });
  const [one, two] = [await pool.acquire(), await pool.acquire()];
  one.release();
  one.release();
  assertEquals([pool.stats().idle, pool.stats().inUse], [1, 1]);
  const again = await pool.acquire();
  one.release(); // an old lease is not the new one
  assertEquals(pool.stats().inUse, 2);
  assert(again.resource !== two.resource);
});

Deno.test("Pool destroys what is broken or no longer valid", async () => {
  const { pool, all, open } = bench({ max: 1, validate: ({ isOpen }) => isOpen });
  const lease = await pool.acquire();
  lease.release({ broken: true });
  assertEquals(open(), 0);
  (await pool.acquire()).release();
  all[1].isOpen = false; // the server hung up while it was idle
  const { resource } = await pool.acquire();
  assertEquals([resource.id, all.length], [2, 3]);
});

Deno.test("Pool reports a leak with its tag, and the next one with the line that forgot it", async () => {
  const leaks: Leak[] = [];
  const { pool, clock } = bench({ max: 3, leakMs: 1000, onLeak: (leak) => leaks.push(leak) });
  async function forgetful() {
    await pool.acquire({ tag: "GET /cart" });
  }
  await forgetful();
  clock.advance(2000);
  assertEquals([leaks.length, leaks[0].tag, leaks[0].stack], [1, "GET /cart", undefined]);
  await forgetful();
  clock.advance(2000);
  assertEquals(leaks.length, 2, "each is reported once");
  assert(leaks[1].stack!.includes("forgetful"), leaks[1].stack);
  const { leaked, oldestLeaseMs } = pool.stats();
  assertEquals([leaked, oldestLeaseMs], [2, 4000]);
});

Deno.test("Pool.drain() serves those who wait, refuses the next, and destroys all", async () => {
  const { pool, open } = bench({ max: 1 });
  const held = await pool.acquire();
  const waiting = pool.use(() => "served");
  let isDrained = false;
  const drained = pool.drain().then(() => isDrained = true);
  assertEquals(await reasonOf(pool.acquire()), "closed");
  held.release();
  assertEquals(await waiting, "served");
  await drained;
  assertEquals([isDrained, open()], [true, 0]);
});

Deno.test("Pool.drain() ends when the last one comes back broken, or cannot be created", async () => {
  const one = bench({ max: 1 });
  const held = await one.pool.acquire();
  const drained = one.pool.drain();
  held.release({ broken: true });
  await drained;
  const failed = Promise.withResolvers<Connection>();
  const two = bench({ max: 1, create: () => failed.promise });
  const waiting = reasonOf(two.pool.acquire());
  const over = two.pool.drain();
  failed.reject(new Error("refused"));
  assertEquals(await waiting, "broken");
  await over;
});

Deno.test("Pool.use() gives back when the body throws", async () => {
  const { pool } = bench();
  await assertRejects(() => pool.use(() => Promise.reject(new Error("mine"))), Error, "mine");
  assertEquals(pool.stats().inUse, 0);
});

Deno.test("Pool keeps its invariants through any course of events", async () => {
  for (let seed = 0; seed < 40; seed++) {
    const random = stream(seed, "pool");
    let failing = 0;
    let lent = 0;
    const held = new Set<Lease<Connection>>();
    const holders = new Set<Connection>();
    const resolved: number[] = [];
    let asked = 0;
    let id = 0;
    const create = async () => {
      await null;
      if (random() < failing) throw new Error("refused");
      return { id: id++, isOpen: true };
    };
    const { pool, clock } = bench({ max: 3, maxQueue: 6, timeoutMs: 80, create });
    let most = 3;
    const acquire = async (signal?: AbortSignal) => {
      const ask = asked++;
      try {
        const lease = await pool.acquire({ signal, priority: Math.floor(random() * 2) });
        assert(!holders.has(lease.resource), "no resource has two holders");
        assert(lease.resource.isOpen, "what is destroyed is not lent");
        holders.add(lease.resource);
        held.add(lease);
        lent++;
      } catch (error) {
        assert(error instanceof PoolError);
      }
      resolved.push(ask);
    };
    for (let step = 0; step < 300; step++) {
      const dice = random();
      if (dice < 0.45) {
        const aborter = new AbortController();
        acquire(aborter.signal);
        if (random() < 0.2) aborter.abort();
      } else if (dice < 0.8) {
        const [lease] = held;
        if (lease !== undefined) {
          held.delete(lease);
          holders.delete(lease.resource);
          lease.release(random() < 0.1 ? { broken: true } : undefined);
        }
      } else if (dice < 0.9) clock.advance(random() * 60);
      else if (dice < 0.95) pool.resize(most = 1 + Math.floor(random() * 4));
      else failing = random() < 0.5 ? 0 : 0.5;
      if (random() < 0.7) await settle();
      const { inUse, idle, creating, waiting } = pool.stats();
      assert(inUse + idle + creating <= Math.max(most, inUse + creating), `seed ${seed}`);
      assert(idle + inUse <= Math.max(most, inUse), `seed ${seed}: ${idle} idle`);
      assert(waiting <= 6);
      assert(waiting === 0 || idle === 0, `seed ${seed}: who waits is served`);
    }
    failing = 0;
    clock.advance(1000);
    await settle();
    assertEquals(resolved.length, asked, "each is resolved exactly once");
    assert(lent > 20);
    for (const lease of held) lease.release();
    await pool.drain();
  }
});

Deno.test("Pool refuses options that make no sense", () => {
  const create = () => Promise.resolve(1);
  assertThrows(() => new Pool({ create, max: 0 }), RangeError, "max must be an integer above 0");
  assertThrows(() => new Pool({ create, max: 1, maxQueue: -1 }), RangeError, "maxQueue must be");
  assertThrows(() => new Pool({ create, max: 1, timeoutMs: 0 }), RangeError, "timeoutMs must be");
});
