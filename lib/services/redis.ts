/**
 * A Redis for a notebook: yours by `REDIS_URL`, else a private one that ends with the run.
 *
 * One private server is shared by the notebooks of a run. Several are always the notebook's own, which may stop, kill
 * and pause them: a primary with replicas, servers that know nothing of another, or a cluster (`redis_cluster.ts`). Keys
 * carry a prefix that no other notebook and no other run has; `close()` removes them from a Redis that is yours. The
 * client is ioredis (`redis_client.ts`).
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
import type { Redis, RedisOptions } from "ioredis";
import { FaultProxy } from "./fault_proxy.ts";
import { newClient, newPrefix, quit, removeKeys, withAdmin } from "./redis_client.ts";
import { openCluster, type RedisClusterService } from "./redis_cluster.ts";
import { linkReplica, type RedisNode, replication } from "./redis_node.ts";
import {
  checkCounts,
  findRedisServers,
  type FoundRedis,
  isOwnRedis,
  ORIGINS,
  type RedisOrigin,
  type RedisRequest,
} from "./redis_request.ts";

/** A Redis and its clients. */
export interface RedisService extends AsyncDisposable {
  readonly client: Redis;
  /** Where clients connect; behind the proxy where there is one. */
  readonly url: string;
  readonly version: string;
  /** How the server was found. */
  readonly from: RedisOrigin;
  /** For the reader: version and origin. */
  readonly description: string;
  /** Put before every key by the client. What is not a key (channels, patterns of SCAN) needs it by hand. */
  readonly prefix: string;
  /** The servers, where they are this notebook's own; the primary first. */
  readonly nodes: readonly RedisNode[];
  /** The first of them. */
  readonly node?: RedisNode;
  readonly proxy?: FaultProxy;
  /** A further connected client of the first server, for example for SUBSCRIBE; closed with the service. */
  connect(options?: RedisOptions): Promise<Redis>;
  /** Closes all clients and gives the server back. */
  close(): Promise<void>;
}

function describe({ version, from }: FoundRedis, request: RedisRequest): string {
  const { replicas = 0, independent = 1 } = request;
  const shape = independent > 1
    ? `, ${independent} independent servers`
    : replicas > 0
    ? ` with ${replicas} replica${replicas > 1 ? "s" : ""}`
    : "";
  return `Redis ${version}${shape}, ${ORIGINS[from]}`;
}

/**
 * Connects to a Redis, starting a private one if need be.
 *
 * @throws {Error} when there is none, it does not answer, or it is older than 6.2, with the ways to get one
 */
export function redis(request: RedisRequest & { cluster: number }): Promise<RedisClusterService>;
export function redis(
  request: RedisRequest & { own: true; proxy: true },
): Promise<RedisService & { node: RedisNode; proxy: FaultProxy }>;
export function redis(
  request: RedisRequest & { own: true },
): Promise<RedisService & { node: RedisNode }>;
export function redis(
  request: RedisRequest & { proxy: true },
): Promise<RedisService & { proxy: FaultProxy }>;
export function redis(request?: RedisRequest): Promise<RedisService>;
export async function redis(
  request: RedisRequest = {},
): Promise<RedisService | RedisClusterService> {
  checkCounts(request);
  const found = await findRedisServers(request);
  const { acquired, from } = found;
  if (request.cluster) {
    return await openCluster(acquired!, { proxy: request.proxy, origin: ORIGINS[from] });
  }
  const prefix = newPrefix();
  const clients: Redis[] = [];
  const proxies: FaultProxy[] = [];
  const links: FaultProxy[] = [];
  let closing: Promise<void> | undefined;

  const open = async (url: string, options: RedisOptions = {}) => {
    const client = newClient(url, { keyPrefix: prefix, ...options });
    clients.push(client);
    await client.connect();
    return client;
  };
  /** The address that clients use; a proxy is put before it where one is asked for. */
  const enter = async (direct: string) => {
    const url = new URL(direct);
    if (!request.proxy) return url.href;
    const { hostname, port } = url;
    const proxy = await FaultProxy.start({ hostname, port: Number(port || 6379) });
    proxies.push(proxy);
    url.host = `${proxy.hostname}:${proxy.port}`;
    return url.href;
  };
  const end = async () => {
    if (from === "REDIS_URL") {
      await withAdmin(found.urls[0], (client) => removeKeys(client, prefix)).catch(() => {});
    }
    await Promise.all(clients.map(quit));
    await Promise.all([...proxies, ...links].map((each) => each.close()));
    await acquired?.release();
  };
  const close = () => closing ??= end();

  try {
    const urls: string[] = [];
    for (const direct of found.urls) urls.push(await enter(direct));
    const servers = isOwnRedis(request) ? acquired!.nodes : [];
    if (request.proxy && request.replicas) {
      const [primary, ...replicas] = servers;
      for (const replica of replicas) links.push(await linkReplica(primary, replica));
    }
    const opened = await Promise.all(urls.map((url) => open(url)));
    const nodes = servers.map((server, i) =>
      Object.assign(server, {
        url: urls[i],
        client: opened[i],
        proxy: proxies.at(i),
        // The first server is the primary.
        link: i === 0 ? undefined : links.at(i - 1),
        ...replication(server),
      })
    );
    return {
      client: opened[0],
      url: urls[0],
      version: found.version,
      from,
      description: describe(found, request),
      prefix,
      nodes,
      node: nodes.at(0),
      proxy: proxies.at(0),
      connect: (options?: RedisOptions) => open(urls[0], options),
      close,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
