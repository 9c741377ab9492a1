import { assertEquals } from "@std/assert";
import { createRequire } from "node:module";
import { kafka } from "../../../lib/services/kafka.ts";
import { withinOneRun } from "./one_run.ts";
import { isKafkaThere, receive } from "./with_kafka.ts";

const test = withinOneRun({ isThere: isKafkaThere });

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

test("a reader of committed records sees none that was aborted, in whatever order they ended", async () => {
  await using log = await kafka();
  const topic = await log.createTopic("aborted");
  const producers = [];
  for (const transactionalId of ["early", "middle", "late"]) {
    producers.push(
      await log.producer({ transactionalId, idempotent: true, maxInFlightRequests: 1 }),
    );
  }
  for (let round = 0; round < 3; round++) {
    const open = [];
    for (const producer of producers) {
      open.push(await producer.transaction());
      await open.at(-1)!.send({ topic, messages: [{ value: "aborted" }] });
    }
    for (const transaction of open.toReversed()) {
      await transaction.send({ topic, messages: [{ value: "aborted" }, { value: "aborted" }] });
      await transaction.abort();
    }
    const kept = await producers[round].transaction();
    await kept.send({ topic, messages: [{ value: `kept ${round}` }] });
    await kept.commit();
  }
  const reader = await log.consumer({ groupId: "committed" });
  const received = await receive(reader, topic, "kept 2");
  assertEquals(received.map(({ value }) => value), ["kept 0", "kept 1", "kept 2"]);
});
