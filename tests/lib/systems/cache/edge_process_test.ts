import { assertEquals } from "@std/assert";
import { redis } from "lib/services/redis.ts";
import { type EdgeOptions, startEdge } from "lib/systems/cache/edge_process.ts";

async function loadsOf(version: EdgeOptions["version"]): Promise<number> {
  await using service = await redis();
  let loads = 0;
  await using origin = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async () => {
    loads++;
    await new Promise((done) => setTimeout(done, 500));
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
  for (const edge of edges) await edge.stop();
  return loads;
}

Deno.test("startEdge() loads for every request, once a process, or once in all", async () => {
  assertEquals(await loadsOf("plain"), 40);
  assertEquals(await loadsOf("coalesced"), 2);
  assertEquals(await loadsOf("leased"), 1);
});
