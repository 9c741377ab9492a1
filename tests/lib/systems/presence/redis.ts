/** A Redis for tests: private, or ignored on a laptop that has none; in CI it must be there. */
import type { ServiceNode } from "lib/services/acquire.ts";
import { redis, type RedisService } from "lib/services/redis.ts";
import { findRedis } from "lib/services/redis_server.ts";

/** A test that gets a Redis of its own. */
export function testWithRedis(
  name: string,
  body: (cache: RedisService & { node: ServiceNode }) => Promise<void>,
): void {
  Deno.test({
    name,
    ignore: findRedis().length === 0 && Deno.env.get("CI") === undefined,
    async fn() {
      await using cache = await redis({ own: true });
      await body(cache);
    },
  });
}

/** Waits until a condition holds; fails after 60 s. */
export async function eventually(what: string, holds: () => boolean | Promise<boolean>) {
  const endMs = performance.now() + 60_000;
  while (!await holds()) {
    if (performance.now() > endMs) throw new Error(`Not within 60 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
