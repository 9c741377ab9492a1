import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { CompressionTypes } from "kafkajs";
import { kafka } from "../../../lib/services/kafka.ts";
import { startFakeKafka } from "./fake_kafka.ts";
import { closedPort, sleep, until, withinOneRun } from "./one_run.ts";
import { isKafkaThere, receive } from "./with_kafka.ts";

const test = withinOneRun({ isThere: isKafkaThere });

test("kafka() shares one private broker, each caller with names of its own", async () => {
  await using first = await kafka();
  await using second = await kafka();
  assertMatch(
    first.description,
    /^Kafka \d+\.\d+\.\d+, private, server from (KAFKA_HOME|the PATH|the system's packages|Maven Central)$/,
  );
  assertEquals(first.brokers, second.brokers);
  assertEquals([first.brokers.length, first.nodes, first.proxies], [1, [], []]);
  assert(first.prefix !== second.prefix);
  assertMatch(first.topic("presence.changes"), /^[\w.-]+\.[0-9a-f]{8}\.presence\.changes$/);
  const topic = await first.createTopic("same");
  await second.createTopic("same");
  const names = (await second.admin.listTopics()).filter((name) => name.endsWith(".same"));
  assertEquals(names.sort(), [topic, second.topic("same")].sort());
});

test("KafkaService.producer() keeps the order of a key; consumers of a group go on where it was", async () => {
  await using log = await kafka();
  const topic = await log.createTopic("orders", { partitions: 3 });
  const producer = await log.producer();
  const send = (from: number, to: number) =>
    producer.send({
      topic,
      compression: CompressionTypes.GZIP,
      messages: Array.from({ length: to - from }, (_, i) => ({
        key: `key ${(from + i) % 5}`,
        value: String(from + i),
      })),
    });
  await send(0, 100);
  const first = await receive(await log.consumer({ groupId: "g" }), topic, 100);
  for (let key = 0; key < 5; key++) {
    const ofKey = first.filter((record) => record.key === `key ${key}`);
    assertEquals(
      ofKey.map(({ value }) => Number(value)),
      Array.from({ length: 20 }, (_, i) => 5 * i + key),
    );
    assertEquals(new Set(ofKey.map(({ partition }) => partition)).size, 1);
  }
  await send(100, 110);
  const next = await receive(await log.consumer({ groupId: "g" }), topic, 10);
  assertEquals(
    next.map(({ value }) => Number(value)).sort((a, b) => a - b),
    Array.from({ length: 10 }, (_, i) => 100 + i),
  );
});

test("KafkaService.producer() in a transaction: aborted records are not read, offsets go along", async () => {
  await using log = await kafka();
  const topic = await log.createTopic("transfers");
  const options = { transactionalId: "copy", idempotent: true, maxInFlightRequests: 1 };
  const producer = await log.producer(options);
  for (const [value, isGood] of [["one", true], ["two", false], ["three", true]] as const) {
    const transaction = await producer.transaction();
    await transaction.send({ topic, messages: [{ value }] });
    await transaction.sendOffsets({
      consumerGroupId: `${log.prefix}copiers`,
      topics: [{ topic, partitions: [{ partition: 0, offset: value === "one" ? "1" : "7" }] }],
    });
    await (isGood ? transaction.commit() : transaction.abort());
    if (value === "two") {
      const groupId = `${log.prefix}copiers`;
      const [{ partitions }] = await log.admin.fetchOffsets({ groupId, topics: [topic] });
      assertEquals(partitions[0].offset, "1");
    }
  }
  const records = await receive(await log.consumer({ groupId: "readers" }), topic, 2);
  assertEquals(records.map(({ value }) => value), ["one", "three"]);
});

test("KafkaService.createTopic() passes settings on, and the broker's refusal", async () => {
  await using log = await kafka();
  const topic = await log.createTopic("facts", { config: { "cleanup.policy": "compact" } });
  const { resources: [{ configEntries }] } = await log.admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: 2, name: topic, configNames: ["cleanup.policy"] }],
  });
  assertEquals(configEntries.map(({ configValue }) => configValue), ["compact"]);
  await assertRejects(
    () => log.createTopic("facts2", { replicas: 3 }),
    Error,
    "Topic creation errors",
  );
});

test("KafkaService.producer() to a topic that nobody made is an error, not a new topic", async () => {
  await using log = await kafka();
  const producer = await log.producer({ retry: { retries: 1 } });
  await assertRejects(
    () => producer.send({ topic: log.topic("tpyo"), messages: [{ value: "x" }] }),
    Error,
    "This server does not host this topic-partition",
  );
});

test("kafka() with proxy: latency, a cut that the producer mends, a blackhole that heals", async () => {
  await using log = await kafka({ proxy: true });
  const topic = await log.createTopic("calls");
  const producer = await log.producer();
  const send = async (value: string) => {
    const startMs = performance.now();
    await producer.send({ topic, messages: [{ value }] });
    return performance.now() - startMs;
  };
  await send("warm");
  const [proxy] = log.proxies;
  proxy.set({ latencyMs: 40 });
  assert(await send("slow") >= 80);
  proxy.heal();
  proxy.drop();
  await send("after a cut");
  proxy.set({ blackhole: true });
  let isSent = false;
  const sending = send("held back").then(() => isSent = true);
  await sleep(300);
  assertEquals(isSent, false);
  proxy.heal();
  await sending;
  const records = await receive(await log.consumer({ groupId: "g" }), topic, 4);
  assertEquals(records.map(({ value }) => value), ["warm", "slow", "after a cut", "held back"]);
});

test("kafka() at given addresses removes its own names at the end, and no others", async () => {
  await using host = await kafka();
  const kept = await host.createTopic("kept");
  const guest = await kafka({ addresses: `127.0.0.1:${closedPort()},${host.brokers[0]}` });
  assertEquals([guest.from, guest.nodes], ["KAFKA_BROKERS", []]);
  assertMatch(guest.description, /^Kafka \d\.\d or newer, at KAFKA_BROKERS$/);
  const topic = await guest.createTopic("going");
  const producer = await guest.producer();
  await producer.send({ topic, messages: [{ value: "x" }] });
  await receive(await guest.consumer({ groupId: "g" }), topic, 1);
  await guest.close();
  const topics = await host.admin.listTopics();
  assertEquals([topics.includes(kept), topics.includes(topic)], [true, false]);
  const { groups } = await host.admin.listGroups();
  assertEquals(groups.filter(({ groupId }) => groupId.startsWith(guest.prefix)), []);
});

test("KafkaNode.pause() holds records up; kill() and restart() keep what was acknowledged", async () => {
  await using log = await kafka({ own: true });
  const [node] = log.nodes;
  const topic = await log.createTopic("beats");
  const producer = await log.producer();
  const send = (value: string) => producer.send({ topic, acks: -1, messages: [{ value }] });
  await send("before");
  await node.pause();
  const waiting = send("while paused");
  await sleep(200);
  assertEquals((await node.status()).state, "paused");
  await node.resume();
  await waiting;
  await node.kill();
  // The producer tries for several seconds; where the machine has other work, a broker may take more to start.
  const refused = until("it is sent", () => send("while dead").then(() => true, () => false));
  await node.restart();
  await refused;
  const records = await receive(await log.consumer({ groupId: "g" }), topic, 3);
  assertEquals(records.map(({ value }) => value), ["before", "while paused", "while dead"]);
});

test("KafkaService.close() does not wait for a broker that does not answer", async () => {
  const log = await kafka({ own: true });
  const topic = await log.createTopic("frozen");
  const producer = await log.producer({ retry: { retries: 2 } });
  const consumer = await log.consumer({ groupId: "g" });
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({ eachMessage: () => Promise.resolve() });
  await log.nodes[0].pause();
  const lost = assertRejects(() => producer.send({ topic, messages: [{ value: "x" }] }));
  const startMs = performance.now();
  await log.close();
  assert(performance.now() - startMs < 9000, "before a request were given up");
  await lost;
  await until(
    "the broker is gone",
    () =>
      Deno.connect({ port: Number(log.brokers[0].split(":")[1]) })
        .then((connection) => (connection.close(), false), () => true),
  );
});

Deno.test("kafka() where nobody listens fails at once, with the ways to get one", async () => {
  const addresses = `kafka://ann:s3cret@127.0.0.1:${closedPort()}`;
  const startMs = performance.now();
  const error = await assertRejects(
    () => kafka({ addresses }),
    Error,
    "Cannot use Kafka: KAFKA_BROKERS must be the addresses of brokers that answer: received kafka://ann:***@127.0.0.1",
  );
  assertMatch(
    error.message,
    /refused.*Three ways to get one: .*KAFKA_BROKERS.*KAFKA_HOME.*task setup/i,
  );
  assert(!error.message.includes("s3cret"));
  assert(performance.now() - startMs < 4500, "before a silent broker were given up");
});

Deno.test("kafka() refuses brokers that are too old", async () => {
  using fake = startFakeKafka({ 0: 7, 1: 10 });
  await assertRejects(
    () => kafka({ addresses: `127.0.0.1:${fake.port}` }),
    Error,
    "Cannot use Kafka: version must be 2.4 or newer: received an older one at 127.0.0.1",
  );
});

Deno.test("kafka() gives up on a server that accepts and never answers", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepted = listener.accept();
  await assertRejects(
    () => kafka({ addresses: `127.0.0.1:${listener.addr.port}` }),
    Error,
    "no answer within 5000 ms",
  );
  (await accepted).close();
});

Deno.test("kafka() refuses a number of brokers that is none", async () => {
  for (const brokers of [0, 1.5, 8]) {
    await assertRejects(
      () => kafka({ brokers }),
      RangeError,
      `Cannot start Kafka: brokers must be 1 to 7: received ${brokers}`,
    );
  }
});
