/**
 * The table of pools in etcd, and how a change reaches the proxies: one canary first, then all, or back.
 *
 * Every proxy follows two kinds of keys: `pools/SERVICE`, and `canary/PROXY/SERVICE`, which stands above it. A change is
 * written for one proxy, watched for a while there, and then written for all, or taken back. No change may make the sum
 * of all `max` exceed what the server accepts less a reserve: that one is refused before anybody sees it. `primary`
 * holds the address of the primary: whoever fails over writes it, and each proxy cuts the old one off.
 *
 * Services that share a role share its pool, which is as large, and whose queue as long, as their lines together; each
 * has its own time to wait and its own priority. A line that cannot be read, or that no pool can keep, changes nothing.
 *
 * @module
 */
import type { PgProxy, Upstream } from "./pg_proxy.ts";
import type { ServiceShare } from "./tenant_pool.ts";

/** A line of the table. */
export interface PoolRow extends ServiceShare {
  /** `user@database` at the proxy. */
  dbRole: string;
}

/** What is needed of etcd's client. */
export interface ControlStore {
  put(key: string, value: string): Promise<unknown>;
  get(key: string): Promise<{ value: string } | undefined>;
  delete(key: string): Promise<unknown>;
  range(keys: { prefix: string }): Promise<{ pairs: { key: string; value: string }[] }>;
  watch(
    keys: { prefix: string },
    options: { signal: AbortSignal },
  ): Promise<AsyncIterable<{ type: "put" | "delete"; pair: { key: string; value: string } }>>;
}

export interface Budget {
  /** What the server accepts. */
  maxConnections: number;
  /** Kept back for operators. Default: 10. */
  reserved?: number;
}

/** How a change went at the canary. */
export interface CanaryReading {
  waitP99Ms: number;
  errors: number;
}

/** @throws {RangeError} when the pools of all services together exceed the budget, naming them */
export function checkBudget(rows: readonly PoolRow[], { maxConnections, reserved = 10 }: Budget) {
  const sum = rows.reduce((total, { max }) => total + max, 0);
  if (sum <= maxConnections - reserved) return;
  const services = rows.map(({ service, max }) => `${service} ${max}`).join(", ");
  throw new RangeError(
    `Cannot change pools: their sum must be at most ${
      maxConnections - reserved
    }, ${maxConnections} less ${reserved} in reserve: received ${sum} (${services})`,
  );
}

/** The table as it is in the store. */
export async function readPools(store: ControlStore): Promise<PoolRow[]> {
  const { pairs } = await store.range({ prefix: "pools/" });
  return pairs.map(({ value }) => JSON.parse(value));
}

/** Makes a proxy do what the store says, until the signal aborts; resolves once it follows. */
export async function follow(
  store: ControlStore,
  { proxy, name, signal, onChange }: {
    proxy: PgProxy;
    name: string;
    signal: AbortSignal;
    onChange?: (what: string) => void;
  },
): Promise<void> {
  const canary = `canary/${name}/`;
  const general = new Map<string, PoolRow>();
  const own = new Map<string, PoolRow>();
  const share = (dbRole: string | undefined) => {
    const tenant = proxy.tenants.get(dbRole ?? "");
    const rows = [...new Map([...general, ...own]).values()].filter((row) => row.dbRole === dbRole);
    if (tenant === undefined || rows.length === 0) return;
    tenant.share(rows);
    onChange?.(rows.map(({ service, max }) => `${service}: ${max}`).join(", "));
  };
  const take = (type: "put" | "delete", key: string, value: string) => {
    if (key === "primary" && type === "put") {
      proxy.reroute(JSON.parse(value) as Upstream);
      onChange?.(`primary: ${value}`);
    }
    const rows = key.startsWith("pools/") ? general : key.startsWith(canary) ? own : undefined;
    if (rows === undefined) return;
    const service = key.slice(key.lastIndexOf("/") + 1);
    const before = rows.get(service);
    const row: PoolRow | undefined = type === "put" ? JSON.parse(value) : undefined;
    if (row === undefined) rows.delete(service);
    else rows.set(service, row);
    try {
      for (
        const dbRole of new Set([
          before?.dbRole,
          (own.get(service) ?? general.get(service))?.dbRole,
        ])
      ) share(dbRole);
    } catch (error) {
      if (before === undefined) rows.delete(service);
      else rows.set(service, before);
      throw error;
    }
  };
  const tryToTake: typeof take = (type, key, value) => {
    try {
      take(type, key, value);
    } catch (error) {
      onChange?.(`refused ${key}: ${(error as Error).message}`);
    }
  };
  // First the watch, then the state: a change in between is seen twice rather than never.
  const events = await store.watch({ prefix: "" }, { signal });
  for (const prefix of ["pools/", canary]) {
    for (const { key, value } of (await store.range({ prefix })).pairs) {
      tryToTake("put", key, value);
    }
  }
  const primary = await store.get("primary");
  if (primary !== undefined) tryToTake("put", "primary", primary.value);
  (async () => {
    for await (const { type, pair } of events) tryToTake(type, pair.key, pair.value);
  })().catch((error) => onChange?.(`lost the store: ${(error as Error).message}`));
}

/**
 * Tries a change at one proxy and then rolls it out, or takes it back.
 *
 * `observe` looks at the canary for as long as it takes, 5 s say, and tells how it fared; after the change it is handed
 * the new row, so that it can wait until the canary follows it.
 *
 * @throws {RangeError} when the budget does not allow the change
 */
export async function rollOut(
  store: ControlStore,
  { change, canary, budget, observe, isGood }: {
    change: PoolRow;
    canary: string;
    budget: Budget;
    observe: (row?: PoolRow) => Promise<CanaryReading>;
    isGood: (before: CanaryReading, after: CanaryReading) => boolean;
  },
): Promise<{ verdict: "rolled out" | "rolled back"; before: CanaryReading; after: CanaryReading }> {
  const rows = await readPools(store);
  checkBudget([...rows.filter(({ service }) => service !== change.service), change], budget);
  const value = JSON.stringify(change);
  const key = `canary/${canary}/${change.service}`;
  const before = await observe();
  await store.put(key, value);
  const after = await observe(change);
  const verdict = isGood(before, after) ? "rolled out" : "rolled back";
  if (verdict === "rolled out") await store.put(`pools/${change.service}`, value);
  await store.delete(key);
  return { verdict, before, after };
}
