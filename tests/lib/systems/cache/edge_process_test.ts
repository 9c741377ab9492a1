import { assertEquals } from "@std/assert";
import { redis } from "lib/services/redis.ts";
import { type EdgeOptions, startEdge } from "lib/systems/cache/edge_process.ts";

/** The origin answers nobody until as many have asked as are expected, and a little later, for whoever is too many. */
async function loadsOf(version: EdgeOptions["version"], expected: number): Promise<number> {
  await using service = await redis();
  const { promise: answers, resolve: answer } = Promise.withResolvers<void>();
  let timer = setTimeout(answer, 60_000);
  let loads = 0;
  await using origin = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async () => {
    if (++loads === expected) {
      clearTimeout(timer);
      timer = setTimeout(answer, 500);
    }
    await answers;
    return new Response("page");
  });
  const { url: redisUrl, prefix } = service;
  const originUrl = `http://127.0.0.1:${origin.addr.port}`;
  const options = { version, originUrl, redisUrl, prefix, ttlMs: 60_000 };
  const edges = await Promise.all([startEdge(options), startEdge(options)]);
  const asks = Array.from(
    { length: 40 },
    async (_, n) => await (await fetch(`${edges[n % 2].url}/hot`)).text(),
  );
  assertEquals(new Set(await Promise.all(asks)), new Set(["page"]));
  clearTimeout(timer);
  for (const edge of edges) await edge.stop();
  return loads;
}

Deno.test("startEdge() loads for every request, once a process, or once in all", async () => {
  for (const [version, expected] of [["plain", 40], ["coalesced", 2], ["leased", 1]] as const) {
    assertEquals(await loadsOf(version, expected), expected, version);
  }
});
