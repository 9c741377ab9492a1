/**
 * A Redis for a notebook: yours by `REDIS_URL`, else a private one that ends with the run.
 *
 * The client is ioredis, configured as in production: it gives up a connect after 2 s, a command after 5 s or 3
 * reconnects, and reconnects with a growing delay of at most 1 s, 30 times. Keys carry a prefix that no other notebook
 * and no other run has; `close()` removes them from a Redis that is yours.
 *
 * @example
 * ```ts
 * import { redis } from "./redis.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await using cache = await redis();
 * await cache.client.set("greeting", "hello");
 * assertEquals(await cache.client.get("greeting"), "hello");
 * ```
 *
 * @module
 */
import { Redis, type RedisOptions } from "ioredis";
import { acquire, type Acquired, type ServiceNode } from "./acquire.ts";
import { FaultProxy } from "./fault_proxy.ts";
import { notebookName, withoutPassword } from "./namespace.ts";
import { MINIMUM_REDIS, type RedisConfig, WAYS_TO_GET_REDIS } from "./redis_server.ts";
import { isAtLeast } from "./version.ts";

export interface RedisRequest {
  /** The address of a server of yours. Default: `REDIS_URL`. */
  url?: string;
  /** A private server for this notebook alone, that it may stop, kill, pause and flush. */
  own?: boolean;
  /** Settings of a private server's redis.conf, for example `{ maxmemory: "64mb" }`; not of the one at `REDIS_URL`. */
  config?: RedisConfig;
  /** Put a fault proxy between the clients and the server. */
  proxy?: boolean;
}

/** A Redis and its clients. */
export interface RedisService extends AsyncDisposable {
  readonly client: Redis;
  /** Where clients connect; behind the proxy where there is one. */
  readonly url: string;
  readonly version: string;
  /** How the server was found. */
  readonly from: "REDIS_URL" | "PATH" | "wheel";
  /** For the reader: version and origin. */
  readonly description: string;
  /** Put before every key by the client. What is not a key (channels, patterns of SCAN) needs it by hand. */
  readonly prefix: string;
  /** The server's process, where it is this notebook's own. */
  readonly node?: ServiceNode;
  readonly proxy?: FaultProxy;
  /** A further connected client, for example for SUBSCRIBE; closed with the service. */
  connect(options?: RedisOptions): Promise<Redis>;
  /** Closes all clients and gives the server back. */
  close(): Promise<void>;
}

const CLIENT_OPTIONS: RedisOptions = {
  lazyConnect: true,
  connectTimeout: 2000,
  disconnectTimeout: 500,
  commandTimeout: 5000,
  maxRetriesPerRequest: 3,
  retryStrategy: (attempt) => attempt > 30 ? null : Math.min(50 * 2 ** (attempt - 1), 1000),
};

function newClient(url: string, options: RedisOptions): Redis {
  const client = new Redis(url, { ...CLIENT_OPTIONS, ...options });
  // Without a listener ioredis prints every failed attempt; a command that fails says so itself.
  client.on("error", () => {});
  return client;
}

/** Connects once, without retries, so that a wrong address is an error at once. */
async function readVersion(url: string): Promise<string> {
  let reason = "";
  const probe = newClient(url, {
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
    enableReadyCheck: false,
    commandTimeout: 2000,
  });
  probe.on("error", (error) => reason ||= error.message);
  try {
    await probe.connect();
    const info = await probe.info("server");
    return info.match(/redis_version:(\S+)/)?.[1] ?? "unknown";
  } catch (error) {
    throw new Error(
      `Cannot use Redis: REDIS_URL must be the address of one that answers: received ${
        withoutPassword(url)
      } (${reason || (error as Error).message}). ${WAYS_TO_GET_REDIS}`,
    );
  } finally {
    probe.disconnect();
  }
}

interface Server {
  url: string;
  version: string;
  from: RedisService["from"];
  acquired?: Acquired;
}

async function findServer(request: RedisRequest): Promise<Server> {
  const { own = false, config, url = Deno.env.get("REDIS_URL") } = request;
  // A server that may be killed or reconfigured is never the user's.
  if (url !== undefined && url !== "" && !own && config === undefined) {
    const version = await readVersion(url);
    if (!isAtLeast(version, MINIMUM_REDIS)) {
      throw new Error(
        `Cannot use Redis: version must be ${MINIMUM_REDIS} or newer: received ${version} at ${
          withoutPassword(url)
        }. ${WAYS_TO_GET_REDIS}`,
      );
    }
    return { url, version, from: "REDIS_URL" };
  }
  const acquired = await acquire("redis", { config }, own);
  const { version, from, nodes: [{ hostname, port }] } = acquired.started;
  return {
    url: `redis://${hostname}:${port}`,
    version,
    from: from as RedisService["from"],
    acquired,
  };
}

async function removeKeys(client: Redis, prefix: string): Promise<void> {
  const pattern = `${prefix.replace(/[\\*?[\]]/g, "\\$&")}*`;
  for await (const keys of client.scanStream({ match: pattern, count: 1000 })) {
    if (keys.length > 0) await client.unlink(keys);
  }
}

async function quit(client: Redis): Promise<void> {
  if (client.status === "ready") {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise((done) => timer = setTimeout(done, 500));
    await Promise.race([client.quit().catch(() => {}), late]);
    clearTimeout(timer);
  }
  client.disconnect();
}

/**
 * Connects to a Redis, starting a private one if need be.
 *
 * @throws {Error} when there is none, it does not answer, or it is older than 6.2, with the ways to get one
 */
export function redis(
  request: RedisRequest & { own: true; proxy: true },
): Promise<RedisService & { node: ServiceNode; proxy: FaultProxy }>;
export function redis(
  request: RedisRequest & { own: true },
): Promise<RedisService & { node: ServiceNode }>;
export function redis(
  request: RedisRequest & { proxy: true },
): Promise<RedisService & { proxy: FaultProxy }>;
export function redis(request?: RedisRequest): Promise<RedisService>;
export async function redis(request: RedisRequest = {}): Promise<RedisService> {
  const server = await findServer(request);
  const prefix = `${notebookName()}:${crypto.randomUUID().slice(0, 8)}:`;
  const clients: Redis[] = [];
  let proxy: FaultProxy | undefined;
  let closing: Promise<void> | undefined;

  const url = new URL(server.url);
  const connect = async (options: RedisOptions = {}) => {
    const client = newClient(url.href, { keyPrefix: prefix, ...options });
    clients.push(client);
    await client.connect();
    return client;
  };
  const end = async () => {
    if (server.from === "REDIS_URL") {
      const cleaner = newClient(server.url, {});
      await removeKeys(cleaner, prefix).catch(() => {});
      await quit(cleaner);
    }
    await Promise.all(clients.map(quit));
    await proxy?.close();
    await server.acquired?.release();
  };
  const close = () => closing ??= end();

  try {
    if (request.proxy) {
      proxy = await FaultProxy.start({ hostname: url.hostname, port: Number(url.port || 6379) });
      url.host = `${proxy.hostname}:${proxy.port}`;
    }
    const client = await connect();
    const origin = server.from === "REDIS_URL"
      ? "at REDIS_URL"
      : `private, redis-server from the ${server.from === "PATH" ? "PATH" : "Python wheel"}`;
    return {
      client,
      url: url.href,
      version: server.version,
      from: server.from,
      description: `Redis ${server.version}, ${origin}`,
      prefix,
      node: request.own ? server.acquired?.nodes[0] : undefined,
      proxy,
      connect,
      close,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
