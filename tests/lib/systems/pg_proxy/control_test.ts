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
  for (const name of ["a", "b"]) {
    proxies[name] = await PgProxy.start({
      upstream: { hostname: "127.0.0.1", port: 1 },
      mode: "transaction",
      tenants: [{ user: "checkout", database: "shop", password: "x", max: 5 }],
    });
    await follow(store, { proxy: proxies[name], name, signal: aborter.signal });
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
  return { store, proxies, sizes, close };
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
      observe: async () => {
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
