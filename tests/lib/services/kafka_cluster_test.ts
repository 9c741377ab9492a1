import { assertEquals, assertRejects } from "@std/assert";
import { kafka, type KafkaService } from "../../../lib/services/kafka.ts";
import { knowsTopic } from "../../../lib/services/kafka_wire.ts";
import { until, withinOneRun } from "./one_run.ts";
import { isKafkaThere, receive } from "./with_kafka.ts";

const test = withinOneRun({ isThere: isKafkaThere });

/** Leader and in-sync replicas of a topic's first partition, as the controller sees them. */
async function readPartition(
  log: KafkaService,
  topic: string,
): Promise<{ leader: number; isr: number[] }> {
  const { topics } = await log.admin.fetchTopicMetadata({ topics: [topic] });
  return topics[0].partitions[0];
}

test("kafka({ brokers: 3 }) loses no acknowledged record with one broker; with two it refuses", async () => {
  await using log = await kafka({ brokers: 3 });
  assertEquals([log.brokers.length, log.nodes.map(({ brokerId }) => brokerId)], [3, [1, 2, 3]]);
  const topic = await log.createTopic("orders");
  for (const { hostname, port } of log.nodes) {
    const known = await Promise.all(
      [topic, `${topic}.not`].map((name) => knowsTopic({ hostname, port }, name, 5000)),
    );
    assertEquals(known, [true, false], "each broker knows the topic that was made, and no other");
  }
  const { leader, isr } = await readPartition(log, topic);
  assertEquals(isr.length, 3);
  const [first, second] = [leader, leader % 3 + 1].map((id) => log.nodes[id - 1]);

  // One record after the other, so that each is acknowledged or refused before the next.
  const producer = await log.producer();
  const acknowledged: string[] = [];
  let isWriting = true;
  const writer = (async () => {
    for (let i = 0; isWriting; i++) {
      const messages = [{ value: String(i) }];
      await producer.send({ topic, acks: -1, messages })
        .then(() => acknowledged.push(String(i)), () => {});
    }
  })();
  await until("records are written", () => acknowledged.length >= 20);
  await first.kill();
  const atKill = acknowledged.length;
  await until("another broker leads", () => acknowledged.length >= atKill + 20);
  isWriting = false;
  await writer;
  // The broker that is asked may hear of it later.
  await until(
    "it is known to lead",
    async () => (await readPartition(log, topic)).leader !== first.brokerId,
  );

  // Two in-sync replicas are asked for: with one broker left, a write is refused.
  await second.kill();
  const send = (value: string) => producer.send({ topic, acks: -1, messages: [{ value }] });
  await until("a write is refused for that", async () => {
    const error = await assertRejects(() => send("refused"), Error);
    // Until the last broker leads, there is another reason.
    return error.message.includes("fewer in-sync replicas than required");
  });
  await Promise.all([first.restart(), second.restart()]);
  await until("a write is taken again", () => send("last").then(() => true, () => false));
  acknowledged.push("last");

  const kept = new Set<string>();
  const consumer = await log.consumer({ groupId: "check" });
  for (const { value } of await receive(consumer, topic, "last")) kept.add(value!);
  assertEquals(acknowledged.filter((value) => !kept.has(value)), [], "what was lost");
  await until(
    "all replicas have caught up",
    async () => (await readPartition(log, topic)).isr.length === 3,
  );
});
