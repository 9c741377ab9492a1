import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { isHere, servicesOf } from "../../scripts/setup/services.ts";
import { listProcesses } from "lib/services/processes.ts";
import { withProjectCopy } from "./project_copy.ts";
import { waitForNone } from "./wait_for_none.ts";

const PATH = Deno.env.get("PATH")!;
const isCi = Deno.env.get("CI") !== undefined;
const KEPT = ["redis", "kafka", "postgres", "etcd"] as const;
const ignore = !isCi && !KEPT.every(isHere);

/** Prints the addresses that a notebook gets that asks for no more than the service. */
const NOTEBOOK = `import { kafka } from "lib/services/kafka.ts";
import { etcd } from "lib/services/etcd.ts";
import { postgres } from "lib/services/postgres.ts";
import { redis } from "lib/services/redis.ts";
await using cache = await redis();
await using log = await kafka();
await using database = await postgres();
await using store = await etcd();
const lines = [cache.url, log.brokers.join(), new URL(database.url).host, store.endpoints[0]];
await Deno.stdout.write(new TextEncoder().encode(lines.join("\\n")));`;

async function isListening(address: string): Promise<boolean> {
  const port = Number(address.match(/127\.0\.0\.1:(\d+)/)![1]);
  return await Deno.connect({ port }).then((connection) => (connection.close(), true), () => false);
}

Deno.test({
  name: "services up, status, down: notebooks of editors and the lab use what is up",
  ignore,
  fn: () =>
    withProjectCopy(async ({ root, run }) => {
      const services = async (...args: string[]) =>
        (await run("scripts/services.ts", args, { PATH })).text.trimEnd();
      let addresses: string[] = [];
      try {
        assertMatch(await services("status"), /No services are up/);
        const one = await services("up", "redis");
        assertMatch(one, /^# Redis \d+\.\d+\.\d+ \(\w+\)\nREDIS_URL=redis:\/\/127\.0\.0\.1:\d+$/m);
        const all = await services("up");
        assert(all.includes(one.slice(one.indexOf("# Redis"))), "what is up stays where it is");
        assertMatch(all, /^# Kafka .*\nKAFKA_BROKERS=127\.0\.0\.1:\d+$/m);
        assertMatch(all, /^# etcd .*\nETCD_ENDPOINTS=http:\/\/\S+$/m);
        assertMatch(all, /^# PostgreSQL .*\nDATABASE_URL=postgres:\/\/\S+$/m);
        assertEquals(await services("up"), all.slice(all.indexOf("# Redis")), "idempotent");
        assertMatch(
          await services("status"),
          /^redis-1 +running +pid \d+\nkafka-1 +running +pid \d+\npostgres-1 +.*\netcd-1 +running +pid \d+$/,
        );

        const script = join(root, "notebook.ts");
        await Deno.writeTextFile(script, NOTEBOOK);
        const { text } = await run(script, [], { PATH });
        addresses = text.split("\n");
        assertEquals(addresses.length, KEPT.length, text);
        for (const address of addresses) assert(all.includes(address), `${address} in ${all}`);
      } finally {
        assertEquals(await services("down"), "Services are down.");
      }
      assertEquals(await services("down"), "No services were up.");
      assertEquals(await Promise.all(addresses.map(isListening)), KEPT.map(() => false));
    }, { hasServices: true }),
});

Deno.test({
  name: "services down ends what a killed supervisor left",
  ignore,
  fn: () =>
    withProjectCopy(async ({ root, run }) => {
      const services = async (...args: string[]) =>
        (await run("scripts/services.ts", args, { PATH })).text.trimEnd();
      const up = await services("up", "redis");
      const folder = join(root, ".workshop", "services");
      const { pid } = JSON.parse(await Deno.readTextFile(join(folder, "supervisor.json")));
      Deno.kill(pid, "SIGKILL");
      // Until it is gone, its port still takes calls.
      await waitForNone(
        () => listProcesses().filter((process) => process.pid === pid).map(String),
        "the supervisor ends",
      );
      assertEquals(await isListening(up), true);
      assertMatch(await services("status"), /No services are up/);
      assertEquals(await services("down"), "Services are down.");
      assertEquals(await isListening(up), false);
    }, { hasServices: true }),
});

Deno.test("services: an unknown action or name is wrong usage", () =>
  withProjectCopy(async ({ run }) => {
    const wrong = async (...args: string[]) => {
      const { code, text } = await run("scripts/services.ts", args, { PATH });
      assertEquals(code, 2, text);
      return text;
    };
    assertMatch(await wrong("start"), /must be one of up, down, status: received start/);
    assertMatch(
      await wrong("down", "redis"),
      /must be one of up, down, status: received down redis/,
    );
    assertMatch(
      await wrong("up", "redsi"),
      /a name must be one of redis, kafka, .*: received redsi/,
    );
  }));

Deno.test("servicesOf() finds what a notebook calls, not what it names", () => {
  assertEquals(servicesOf('"const cache = await redis({ own: true });\\n"'), ["redis"]);
  assertEquals(servicesOf("Promise.all([postgres(), kafka()])"), ["kafka", "postgres"]);
  assertEquals(servicesOf("say(`redis()` is …; cache.redis(); startRedis(); postgresUrl())"), []);
});
