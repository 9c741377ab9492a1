/**
 * The Redis client of notebooks: ioredis, configured as in production.
 *
 * It gives up a connect after 2 s, a command after 5 s or 3 reconnects, and reconnects with a growing delay of at most
 * 1 s, 30 times. A cluster's client asks 16 times where a slot is, every 0.1 s, before it gives up.
 *
 * @module
 */
import { Cluster, type ClusterOptions, Redis, type RedisOptions } from "ioredis";
import { notebookName, withoutPassword } from "./namespace.ts";
import { WAYS_TO_GET_REDIS } from "./redis_server.ts";

const COMMON_OPTIONS = {
  connectTimeout: 2000,
  disconnectTimeout: 500,
  commandTimeout: 5000,
  maxRetriesPerRequest: 3,
};

function retryDelay(attempt: number): number | null {
  return attempt > 30 ? null : Math.min(50 * 2 ** (attempt - 1), 1000);
}

/** A client that is not connected yet. */
export function newClient(url: string, options: RedisOptions): Redis {
  const client = new Redis(url, {
    ...COMMON_OPTIONS,
    lazyConnect: true,
    retryStrategy: retryDelay,
    ...options,
  });
  // Without a listener ioredis prints every failed attempt; a command that fails says so itself.
  client.on("error", () => {});
  return client;
}

/** A client of a cluster, by the ports of its servers on loopback, that is not connected yet. */
export function newClusterClient(ports: readonly number[], options: ClusterOptions): Cluster {
  const client = new Cluster(ports.map((port) => ({ host: "127.0.0.1", port })), {
    lazyConnect: true,
    clusterRetryStrategy: retryDelay,
    slotsRefreshTimeout: 2000,
    ...options,
    redisOptions: { ...COMMON_OPTIONS, ...options.redisOptions },
  });
  client.on("error", () => {});
  return client;
}

/** Put before every key; without braces, so that those of a key stay its hash tag. */
export function newPrefix(): string {
  return `${notebookName().replace(/[{}]/g, "-")}:${crypto.randomUUID().slice(0, 8)}:`;
}

/** What went wrong with the server at an address of the user's. */
export function cannotUse(url: string, reason: string): Error {
  return new Error(
    `Cannot use Redis: REDIS_URL must be the address of one that answers: received ${
      withoutPassword(url)
    } (${reason}). ${WAYS_TO_GET_REDIS}`,
  );
}

/** What a server tells of itself: connects once, without retries, so that a wrong address is an error at once. */
export async function readServerInfo(url: string): Promise<Record<string, string>> {
  let reason = "";
  if (!URL.canParse(url)) throw cannotUse(url, "not an address");
  const probe = newClient(url, {
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
    enableReadyCheck: false,
    commandTimeout: 3000,
  });
  probe.on("error", (error) => reason ||= error.message);
  try {
    await probe.connect();
    const info = await probe.info("server");
    return Object.fromEntries(info.split("\r\n").map((line) => line.split(/:(.*)/s)));
  } catch (error) {
    throw cannotUse(url, reason || (error as Error).message);
  } finally {
    probe.disconnect();
  }
}

/** Asks a server a few things over a connection of their own. */
export async function withAdmin<T>(url: string, body: (client: Redis) => Promise<T>): Promise<T> {
  const client = newClient(url, {});
  try {
    return await body(client);
  } finally {
    await quit(client);
  }
}

/** Removes the keys of a notebook, and no others. */
export async function removeKeys(client: Redis, prefix: string): Promise<void> {
  const pattern = `${prefix.replace(/[\\*?[\]]/g, "\\$&")}*`;
  for await (const keys of client.scanStream({ match: pattern, count: 1000 })) {
    if (keys.length > 0) await client.unlink(keys);
  }
}

/** Half a second for what is on its way, then at once. */
export async function quit(client: Redis | Cluster): Promise<void> {
  if (client.status === "ready") {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise((done) => timer = setTimeout(done, 500));
    await Promise.race([client.quit().catch(() => {}), late]);
    clearTimeout(timer);
  }
  client.disconnect();
}
