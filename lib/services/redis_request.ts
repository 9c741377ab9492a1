/**
 * What a notebook may ask of Redis, and the servers that it means: yours by its address, else private ones.
 *
 * @module
 */
import { acquire, type Acquired } from "./acquire.ts";
import { withoutPassword } from "./namespace.ts";
import { readServerInfo } from "./redis_client.ts";
import { MINIMUM_REDIS, type RedisConfig, WAYS_TO_GET_REDIS } from "./redis_server.ts";
import { isAtLeast } from "./version.ts";

export interface RedisRequest {
  /** The address of a server of yours. Default: `REDIS_URL`. */
  url?: string;
  /** A private server for this notebook alone, that it may stop, kill, pause and flush. */
  own?: boolean;
  /** Replicas of the first server; all of them are own. */
  replicas?: number;
  /** Servers that know nothing of another; all of them are own. */
  independent?: number;
  /** Masters of a Redis Cluster; all of them are own. */
  cluster?: number;
  /** Settings of a private server's redis.conf, for example `{ maxmemory: "64mb" }`; not of the one at `REDIS_URL`. */
  config?: RedisConfig;
  /** Put a fault proxy between the clients and each server, and between a primary and each replica. */
  proxy?: boolean;
}

/** How a server was found. */
export type RedisOrigin = "REDIS_URL" | "PATH" | "wheel";

/** Each origin as readers see it. */
export const ORIGINS: Record<RedisOrigin, string> = {
  REDIS_URL: "at REDIS_URL",
  PATH: "private, redis-server from the PATH",
  wheel: "private, redis-server from the Python wheel",
};

/** By shape, how many servers there may be. */
const COUNTS = { replicas: [0, 16], independent: [1, 16], cluster: [3, 16] } as const;

/** @throws {RangeError} for a number of servers that is none, or for two shapes at once */
export function checkCounts(request: RedisRequest): void {
  const asked = (Object.keys(COUNTS) as (keyof typeof COUNTS)[])
    .filter((name) => request[name] !== undefined);
  for (const name of asked) {
    const [value, [least, most]] = [request[name]!, COUNTS[name]];
    if (Number.isInteger(value) && value >= least && value <= most) continue;
    throw new RangeError(
      `Cannot start Redis: ${name} must be ${least} to ${most}: received ${value}`,
    );
  }
  if (asked.length < 2) return;
  throw new RangeError(
    "Cannot start Redis: its shape must be one of replicas, independent, cluster: received " +
      asked.join(" and "),
  );
}

/** Whether the servers are for this notebook alone. */
export function isOwnRedis(request: RedisRequest): boolean {
  const { own = false, replicas = 0, independent = 1, cluster = 0 } = request;
  return own || replicas > 0 || independent > 1 || cluster > 0;
}

/** Servers, and how they were found. */
export interface FoundRedis {
  version: string;
  from: RedisOrigin;
  /** Without a proxy. */
  urls: string[];
  acquired?: Acquired;
}

async function findYours(url: string): Promise<FoundRedis> {
  const { redis_version: version = "unknown", redis_mode: mode } = await readServerInfo(url);
  const shown = withoutPassword(url);
  if (!isAtLeast(version, MINIMUM_REDIS)) {
    throw new Error(
      `Cannot use Redis: version must be ${MINIMUM_REDIS} or newer: received ${version} at ${shown}. ` +
        WAYS_TO_GET_REDIS,
    );
  }
  if (mode === "cluster") {
    throw new Error(
      `Cannot use Redis: REDIS_URL must be a server that holds all keys: received one of a cluster at ${shown}`,
    );
  }
  return { version, from: "REDIS_URL", urls: [url] };
}

/** The servers that a request means; private ones are started. */
export async function findRedisServers(request: RedisRequest): Promise<FoundRedis> {
  const { replicas, independent, cluster, config, url = Deno.env.get("REDIS_URL") } = request;
  const own = isOwnRedis(request);
  // A server that may be killed or reconfigured is never the user's.
  if (url !== undefined && url !== "" && !own && config === undefined) return await findYours(url);
  const shape = own ? { replicas, independent, cluster, config } : { config };
  const acquired = await acquire("redis", shape, own);
  const { version, from, nodes } = acquired.started;
  const urls = nodes.map(({ hostname, port }) => `redis://${hostname}:${port}`);
  return { version, from: from as RedisOrigin, urls, acquired };
}
