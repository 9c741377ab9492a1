import { assertEquals } from "@std/assert";
import { createRequire } from "node:module";
import "../../../lib/services/kafka_client.ts";

interface Runner {
  running: boolean;
  fetchManager: { start(): Promise<void>; getFetchers(): unknown[] };
}

Deno.test("fetchers that begin after their consumer has ended end as well", async () => {
  const Runner = createRequire(import.meta.url)("kafkajs/src/consumer/runner") as new (
    options: object,
  ) => Runner;
  let asked = 0;
  const logger: object = { namespace: () => logger, info() {}, debug() {} };
  const runner = new Runner({
    logger,
    consumerGroup: {
      getNodeIds: () => [1, 2],
      get groupId() {
        // Each fetch names the group; unmended this would go on for ever, and nobody could end it.
        if (++asked > 1000) throw new RangeError("it asks without an end");
        return "group";
      },
    },
    instrumentationEmitter: { emit() {} },
    concurrency: 1,
    onCrash() {},
  });
  runner.running = false;
  await runner.fetchManager.start();
  assertEquals([runner.fetchManager.getFetchers().length, asked], [2, 2]);
});
