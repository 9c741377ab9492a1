import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  checkBudget,
  type ControlStore,
  follow,
  type PoolRow,
  rollOut,
} from "lib/systems/pg_proxy/control.ts";
import { PgProxy } from "lib/systems/pg_proxy/pg_proxy.ts";

/** Keys in memory, with watches, as etcd has them. */
function fakeStore(): ControlStore {
  const values = new Map<string, string>();
  const watchers = new Set<(event: Event) => void>();
  interface Event {
    type: "put" | "delete";
    pair: { key: string; value: string };
  }
  const tell = (event: Event) => watchers.forEach((watcher) => watcher(event));
  return {
    put: (key, value) => {
      values.set(key, value);
      tell({ type: "put", pair: { key, value } });
      return Promise.resolve();
    },
    get: (key) => {
      const value = values.get(key);
      return Promise.resolve(value === undefined ? undefined : { value });
    },
    delete: (key) => {
      values.delete(key);
      tell({ type: "delete", pair: { key, value: "" } });
      return Promise.resolve();
    },
    range: ({ prefix }) =>
      Promise.resolve({
        pairs: [...values].filter(([key]) => key.startsWith(prefix))
          .map(([key, value]) => ({ key, value })),
      }),
    watch: (_keys, { signal }) => {
      const events: Event[] = [];
      let wake = () => {};
      watchers.add((event) => {
        events.push(event);
        wake();
      });
      signal.addEventListener("abort", () => wake());
      return Promise.resolve((async function* () {
        while (!signal.aborted) {
          if (events.length > 0) yield events.shift()!;
          else await new Promise<void>((done) => wake = done);
        }
      })());
    },
  };
}

const row = (service: string, max: number): PoolRow => ({
  service,
  dbRole: `${service}@shop`,
  max,
  maxQueue: 100,
  timeoutMs: 1000,
  priority: 0,
});
const BUDGET = { maxConnections: 100 };

Deno.test("checkBudget() refuses a sum beyond the server, and names the services", () => {
  checkBudget([row("checkout", 50), row("reports", 40)], BUDGET);
  assertThrows(
    () => checkBudget([row("checkout", 50), row("reports", 41)], BUDGET),
    RangeError,
    "at most 90, 100 less 10 in reserve: received 91 (checkout 50, reports 41)",
  );
});

async function bench() {
  const store = fakeStore();
  const aborter = new AbortController();
  const proxies: Record<string, PgProxy> = {};
  const told: string[] = [];
  for (const name of ["a", "b"]) {
    proxies[name] = await PgProxy.start({
      upstream: { hostname: "127.0.0.1", port: 1 },
      mode: "transaction",
      tenants: [{ user: "checkout", database: "shop", password: "x", max: 5 }],
    });
    const onChange = (what: string) => told.push(what);
    await follow(store, { proxy: proxies[name], name, signal: aborter.signal, onChange });
  }
  const settle = () => new Promise((done) => setTimeout(done, 0));
  const sizes = async () => {
    await settle();
    return Object.values(proxies).map((proxy) => proxy.tenant("checkout@shop").pool.stats().max);
  };
  const close = async () => {
    aborter.abort();
    await settle();
    for (const proxy of Object.values(proxies)) await proxy.close();
  };
  return { store, proxies, sizes, told, close };
}

Deno.test("rollOut() changes the canary alone, then all, or takes it back", async () => {
  const { store, sizes, close } = await bench();
  await store.put("pools/checkout", JSON.stringify(row("checkout", 10)));
  assertEquals(await sizes(), [10, 10]);
  const seen: number[][] = [];
  const change = (max: number, waitP99Ms: number) =>
    rollOut(store, {
      change: row("checkout", max),
      canary: "b",
      budget: BUDGET,
      observe: async (row) => {
        assertEquals(row?.max, seen.length % 2 === 0 ? undefined : max);
        seen.push(await sizes());
        return { waitP99Ms: seen.length % 2 === 1 ? 1 : waitP99Ms, errors: 0 };
      },
      isGood: (before, after) => after.waitP99Ms <= 2 * before.waitP99Ms,
    });
  assertEquals((await change(6, 1)).verdict, "rolled out");
  assertEquals(await sizes(), [6, 6]);
  assertEquals((await change(2, 50)).verdict, "rolled back");
  assertEquals(await sizes(), [6, 6]);
  assertEquals(seen, [[10, 10], [10, 6], [6, 6], [6, 2]]);
  await assertRejects(() => change(91, 1), RangeError, "received 91 (checkout 91)");
  await close();
});

Deno.test("follow() makes a pool of all services that share its role, with queue and time", async () => {
  const { store, proxies, sizes, close } = await bench();
  const put = (row: PoolRow) => store.put(`pools/${row.service}`, JSON.stringify(row));
  const limits = async () => {
    await sizes();
    const { max, maxQueue, timeoutMs } = proxies.a.tenant("checkout@shop").pool.stats();
    return [max, maxQueue, timeoutMs];
  };
  await put({ ...row("checkout", 4), maxQueue: 7, timeoutMs: 250 });
  assertEquals(await limits(), [4, 7, 250]);
  await put({ ...row("carts", 3), dbRole: "checkout@shop", maxQueue: 5, timeoutMs: 400 });
  assertEquals(await limits(), [7, 12, 400]);
  await put(row("carts", 3)); // it gets a role of its own
  assertEquals(await limits(), [4, 7, 250]);
  await put(row("checkout", 4));
  assertEquals(await limits(), [4, 100, 1000]);
  await store.delete("pools/checkout");
  assertEquals(await limits(), [4, 100, 1000], "a pool outlives its line");
  await close();
});

Deno.test("follow() passes over a line that cannot be read or kept, and goes on", async () => {
  const { store, sizes, told, close } = await bench();
  await store.put("pools/checkout", JSON.stringify(row("checkout", 8)));
  await store.put("pools/checkout", "{");
  await store.put("pools/checkout", JSON.stringify(row("checkout", 0)));
  await store.put("primary", "nowhere");
  assertEquals(await sizes(), [8, 8]);
  const refused = told.filter((what) => what.startsWith("refused"));
  assertEquals(refused.length, 6);
  assertEquals(refused.filter((what) => what.includes("max must be an integer above 0")).length, 2);
  await store.put("pools/checkout", JSON.stringify(row("checkout", 6)));
  assertEquals(await sizes(), [6, 6]);
  await close();
});
