/**
 * A server in a process of its own, in front of an origin: one of several that share a Redis.
 *
 * Three versions of the same service: `plain` reads Redis and asks the origin on a miss; `coalesced` lets the requests
 * of this process share one such look; `leased` lets all processes share one.
 *
 * @module
 */
import { Redis } from "ioredis";
import { coalesce, type Handler } from "./coalesce.ts";
import { LeasedCache } from "./leased_cache.ts";

export interface EdgeOptions {
  version: "plain" | "coalesced" | "leased";
  originUrl: string;
  redisUrl: string;
  prefix: string;
  ttlMs: number;
}

/** A running edge server. */
export interface Edge {
  url: string;
  stop(): Promise<void>;
}

/** Starts an edge process; resolves when it listens. */
export async function startEdge(options: EdgeOptions): Promise<Edge> {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-prompt", import.meta.url, JSON.stringify(options)],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const { value: port } = await reader.read();
  reader.releaseLock();
  return {
    url: `http://127.0.0.1:${port}`,
    async stop() {
      process.kill("SIGTERM");
      await process.status;
    },
  };
}

function handlerOf({ version, originUrl, ttlMs }: EdgeOptions, redis: Redis): Handler {
  const fetchOrigin = async (path: string) => await (await fetch(originUrl + path)).text();
  const pathOf = (request: Request) => new URL(request.url).pathname;
  if (version === "leased") {
    const leaseMs = 60_000; // outlives any load, also on a busy machine
    const cache = new LeasedCache(redis, { ttlMs, leaseMs, random: Math.random });
    const load = async (path: string) => ({ data: await fetchOrigin(path), version: 1 });
    return coalesce(async (request) => new Response((await cache.get(pathOf(request), load)).data));
  }
  const plain: Handler = async (request) => {
    const path = pathOf(request);
    let body = await redis.get(path);
    if (body === null) {
      body = await fetchOrigin(path);
      await redis.set(path, body, "PX", ttlMs);
    }
    return new Response(body);
  };
  return version === "plain" ? plain : coalesce(plain);
}

function serve(options: EdgeOptions): void {
  const redis = new Redis(options.redisUrl, { keyPrefix: options.prefix });
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: ({ port }) => void Deno.stdout.writeSync(new TextEncoder().encode(`${port}`)),
  }, handlerOf(options, redis));
  Deno.addSignalListener("SIGTERM", async () => {
    await server.shutdown();
    redis.disconnect();
    Deno.exit(0);
  });
}

if (import.meta.main) serve(JSON.parse(Deno.args[0]));
