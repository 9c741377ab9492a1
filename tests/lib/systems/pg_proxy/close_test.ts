import { assertEquals } from "@std/assert";
import { PgProxy } from "lib/systems/pg_proxy/pg_proxy.ts";

Deno.test("PgProxy.close() ends, whoever comes while it closes and says nothing", async () => {
  for (let round = 0; round < 12; round++) {
    const proxy = await PgProxy.start({
      upstream: { hostname: "127.0.0.1", port: 1 },
      mode: "transaction",
      tenants: [{ user: "ann", database: "shop", password: "x", max: 1 }],
    });
    const address = { hostname: "127.0.0.1", port: proxy.port };
    const coming = Array.from({ length: 6 }, () => Deno.connect(address).catch(() => undefined));
    await coming[round % coming.length];
    const late = Promise.withResolvers<string>();
    const timer = setTimeout(() => late.resolve("still open"), 20_000);
    assertEquals(await Promise.race([proxy.close().then(() => "closed"), late.promise]), "closed");
    clearTimeout(timer);
    for (const client of coming) (await client)?.close();
  }
});
