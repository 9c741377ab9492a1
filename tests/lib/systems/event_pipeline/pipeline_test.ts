import { assert, assertEquals, assertRejects } from "@std/assert";
import { kafka, type KafkaService } from "lib/services/kafka.ts";
import { postgres } from "lib/services/postgres.ts";
import { stream } from "lib/sim/random.ts";
import { consume, createPlaces, retryTopics } from "lib/systems/event_pipeline/consume.ts";
import { lagOf, totalLag } from "lib/systems/event_pipeline/lag.ts";
import { mirror } from "lib/systems/event_pipeline/mirror.ts";
import { runMirror } from "lib/systems/event_pipeline/mirror_process.ts";
import {
  checksumOf,
  createBalances,
  dropBalances,
  messageOf,
  payments,
  project,
} from "lib/systems/event_pipeline/payments.ts";
import { plane, restartable } from "lib/systems/event_pipeline/plane.ts";
import { type EventRecord, textOf } from "lib/systems/event_pipeline/record.ts";
import { runReplay } from "lib/systems/event_pipeline/replay_process.ts";
import { readTopic } from "lib/systems/event_pipeline/topic_reader.ts";
import { frame, SchemaRegistry } from "lib/systems/schema_registry/registry.ts";
import { until, withinOneRun } from "../../services/one_run.ts";
import { isKafkaThere } from "../../services/with_kafka.ts";

const test = withinOneRun({ isThere: isKafkaThere });

async function readAll(service: KafkaService, topic: string): Promise<EventRecord[]> {
  const all: EventRecord[] = [];
  const group = `${service.prefix}${crypto.randomUUID()}`;
  await readTopic(service.client, topic, { group, each: (records) => void all.push(...records) });
  return all;
}

test("consume() tries again later, and puts aside what never succeeds", async () => {
  await using service = await kafka();
  const topic = await service.createTopic("work");
  const delays = [1, 20];
  for (const name of retryTopics("work", delays)) await service.createTopic(name);
  const deadLetters = await service.createTopic("work.dlq");
  const producer = await service.producer();
  const messages = Array.from({ length: 30 }, (_, n) => ({ key: "k", value: String(n) }));
  await producer.send({ topic, messages });
  const seen = new Map<string, number>();
  const consuming = await consume(service.client, {
    topic,
    group: `${service.prefix}work`,
    producer,
    retryDelaysMs: delays,
    deadLetters,
    piece: 10,
    nowMs: Date.now,
    // deno-lint-ignore require-await -- as a handler is
    handler: async (records) => {
      if (records.length > 1 && records.some((record) => /^[57]$/.test(textOf(record)))) {
        throw new Error("one of them is bad");
      }
      for (const record of records) {
        const text = textOf(record), tries = (seen.get(text) ?? 0) + 1;
        seen.set(text, tries);
        if (text === "5" || (text === "7" && tries < 2)) throw new Error(`cannot do ${text}`);
      }
    },
  });
  await until(
    "all are through",
    () => consuming.counts.dead === 1 && consuming.counts.handled === 29,
  );
  await consuming.stop();
  assertEquals([seen.size, seen.get("5"), seen.get("7")], [30, 3, 2]);
  const [dead] = await readAll(service, deadLetters);
  assertEquals([textOf(dead), dead.headers.error, dead.headers.attempt], ["5", "cannot do 5", "3"]);
  assertEquals(dead.headers.source, `${topic}/0/5`);
  assert(dead.headers.stack.includes("pipeline_test.ts"));
});

test("consume() stops reading while the queue behind it is full, and keeps its partitions", async () => {
  await using service = await kafka();
  const topic = await service.createTopic("pressed", { partitions: 2 });
  const producer = await service.producer();
  const messages = Array.from({ length: 400 }, (_, n) => ({ key: `k${n % 9}`, value: String(n) }));
  await producer.send({ topic, messages });
  const queue: string[] = [], done = new Set<string>();
  let deepest = 0, joins = 0, isOpen = false;
  const worker = setInterval(() => {
    if (isOpen) { for (const text of queue.splice(0, 20)) done.add(text); }
  }, 5);
  const consuming = await consume(service.client, {
    topic,
    group: `${service.prefix}pressed`,
    piece: 10,
    backPressure: { depth: () => queue.length, high: 50, low: 10 },
    // deno-lint-ignore require-await -- as a handler is
    handler: async (records) => {
      queue.push(...records.map(textOf));
      deepest = Math.max(deepest, queue.length);
    },
  });
  consuming.consumer.on(consuming.consumer.events.GROUP_JOIN, () => joins++);
  await until("both partitions stand", () => consuming.brake.stops === 2);
  assertEquals([done.size, queue.length >= 50], [0, true]);
  isOpen = true;
  await until("all are done", () => done.size === 400);
  await consuming.stop();
  clearInterval(worker);
  assert(deepest < 50 + 2 * 10, `${deepest} in the queue`);
  assert(joins <= 1, "it never lost its partitions");
});

test("readTopic() ends with what its reader throws", async () => {
  await using service = await kafka();
  const topic = await service.createTopic("refused");
  const producer = await service.producer();
  await producer.send({ topic, messages: [{ value: "a" }, { value: "b" }] });
  const reading = readTopic(service.client, topic, {
    group: `${service.prefix}refusing`,
    each: (records) => {
      throw new Error(`cannot take ${textOf(records[0])}`);
    },
  });
  await assertRejects(() => reading, Error, "cannot take a");
});

test("consume() effectively once skips what its database has already", async () => {
  await using service = await kafka();
  await using database = await postgres();
  const { sql } = database;
  await createPlaces(sql);
  await sql`create table done (value text)`;
  const topic = await service.createTopic("once", { partitions: 2 });
  const producer = await service.producer({ idempotent: true });
  const messages = Array.from({ length: 50 }, (_, n) => ({ key: `k${n}`, value: String(n) }));
  await producer.send({ topic, messages });
  const group = `${service.prefix}once`;
  const start = () =>
    consume(service.client, {
      topic,
      group,
      semantics: "effectively-once",
      sql,
      piece: 7,
      handler: async (records, { sql }) => {
        for (const record of records) await sql!`insert into done values (${textOf(record)})`;
      },
    });
  const first = await start();
  await until("all are done", () => first.counts.handled >= 50);
  await until("the group knows", async () => await totalLag(service.admin, group, topic) === 0);
  await first.stop();
  await until("it has left the group", async () => {
    const { groups: [{ state }] } = await service.admin.describeGroups([group]);
    return state === "Empty";
  });
  // As if the places in Kafka had been lost.
  await service.admin.resetOffsets({ groupId: group, topic, earliest: true });
  const second = await start();
  await until("all come again", () => second.counts.skipped >= 50);
  await until("the group knows", async () => await totalLag(service.admin, group, topic) === 0);
  assertEquals((await lagOf(service.admin, group, topic)).map(({ next, high }) => next - high), [
    0,
    0,
  ]);
  await second.stop();
  assertEquals(await sql`select count(*), count(distinct value) as values from done`, [
    { count: 50, values: 50 },
  ]);
});

test("the replay script rebuilds the balances, twice over, without an e-mail", async () => {
  await using service = await kafka();
  await using database = await postgres();
  const { sql, url } = database;
  await createBalances(sql);
  const topic = await service.createTopic("payments", { partitions: 3 });
  const producer = await service.producer();
  await producer.send({ topic, messages: payments(500, 20, stream(1, "payments")).map(messageOf) });
  await project(sql, await readAll(service, topic), { isReplay: false });
  const expected = await checksumOf(sql);
  await dropBalances(sql);
  const args = ["--brokers", service.brokers[0], "--topic", topic, "--database", url];
  const dry = await runReplay([...args, "--dry-run"]);
  assertEquals([dry.total, dry.done, await checksumOf(sql)], [500, 0, "empty"]);
  for (let run = 0; run < 2; run++) {
    const report = await runReplay([...args, "--rate", "5000"]);
    assertEquals([report.total, report.done], [500, 500]);
    assert(report.said.endsWith("500 of 500\n"));
    assertEquals(await checksumOf(sql), expected);
  }
  assertEquals(await sql`select count(*) from email`, [{ count: 500 }]);
  const part = await runReplay([...args, "--from-offset", "100", "--to-time", "9999999999999"]);
  assert(part.done > 0 && part.done < 500);
  await assertRejects(
    () => runReplay([...args, "--rate", "fast"]),
    Error,
    "--rate must be a number: received fast",
  );
  await assertRejects(
    () => runReplay([]),
    Error,
    "--brokers, --topic and --database must be given",
  );
});

test("mirror() copies in order, and its offset map skips nothing", async () => {
  await using service = await kafka();
  const [source, target] = [
    await service.createTopic("source", { partitions: 2 }),
    await service.createTopic("target", { partitions: 2 }),
  ];
  const producer = await service.producer();
  // What is there before makes the offsets differ.
  await producer.send({
    topic: target,
    messages: [0, 1].map((partition) => ({ partition, value: "old" })),
  });
  const copying = await mirror(service.client, producer, {
    topic: source,
    targetTopic: target,
    group: `${service.prefix}mirror`,
    nowMs: Date.now,
    piece: 30,
  });
  for (let n = 0; n < 400; n += 100) {
    const messages = Array.from(
      { length: 100 },
      (_, i) => ({ key: `k${i % 7}`, value: String(n + i) }),
    );
    await producer.send({ topic: source, messages });
  }
  await until("all are copied", () => copying.copied === 400);
  await copying.stop();
  const [theirs, ours] = [await readAll(service, source), await readAll(service, target)];
  for (const partition of [0, 1]) {
    const values = (records: EventRecord[]) =>
      records.filter((record) => record.partition === partition).map(textOf);
    const copied = values(ours).slice(1);
    assertEquals(copied, values(theirs));
    for (let place = 0; place <= copied.length; place++) {
      const moved = copying.offsets.translate(partition, place);
      assert(moved - 1 <= place, "nothing is skipped");
      assert(place - (moved - 1) < 100, "and not much is repeated");
    }
    assertEquals(copying.offsets.copiedTo(partition), copied.length);
  }
});

test("the mirror script says what it would copy, and copies it once", async () => {
  await using service = await kafka();
  const topic = await service.createTopic("near", { partitions: 2 });
  const target = await service.createTopic("far", { partitions: 2 });
  const producer = await service.producer();
  const messages = Array.from({ length: 90 }, (_, n) => ({ key: `k${n % 7}`, value: String(n) }));
  await producer.send({ topic, messages });
  await producer.send({ topic: target, messages: [{ partition: 0, value: "old" }] });
  const [broker] = service.brokers, group = `${service.prefix}script`;
  const args = ["--from", broker, "--to", broker, "--topic", topic, "--target", target];
  const dry = await runMirror([...args, "--dry-run"]);
  assertEquals([dry.total, dry.copied, dry.places], [90, 0, []]);
  const report = await runMirror([...args, "--group", group, "--once"]);
  assertEquals([report.total, report.copied], [90, 90]);
  assert(report.said.endsWith("90 copied\n"));
  const [first, second] = report.places;
  assertEquals([first.target - first.source, second.target - second.source], [1, 0]);
  assertEquals((await readAll(service, target)).length, 91);
  const again = await runMirror([...args, "--group", group, "--once"]);
  assertEquals([again.total, again.copied], [0, 0], "it knows what it has copied");
  await assertRejects(() => runMirror([]), Error, "--from, --to and --topic must be given");
});

test("the HTTP plane checks names, schemas and sizes before anything is appended", async () => {
  await using service = await kafka();
  const registry = new SchemaRegistry(), producer = await service.producer();
  const handled: string[] = [];
  const worker = restartable(() =>
    consume(service.client, {
      topic: service.topic("order.paid.v1"),
      group: `${service.prefix}orders`,
      producer,
      deadLetters: service.topic("order.dead.v1"),
      // deno-lint-ignore require-await -- as a handler is
      handler: async (records) => {
        // All are read before any is handled: a piece with a bad one is done again.
        handled.push(...records.map(({ value }) => JSON.stringify(registry.read(value!))));
      },
    })
  );
  const groups = new Map([["orders", worker]]);
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    plane({ service, producer, registry, groups, maxBytes: 2000 }),
  );
  const ask = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(`http://127.0.0.1:${server.addr.port}${path}`, {
      method,
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    return [response.status, await response.json()];
  };
  assertEquals((await ask("POST", "/topic", { name: "orders" }))[0], 400);
  for (const name of ["order.paid.v1", "order.dead.v1"]) {
    assertEquals((await ask("POST", "/topic", { name }))[0], 201);
  }
  const paid = { name: "paid", fields: { cents: { type: "int" } } };
  assertEquals(await ask("POST", "/schema/order.paid.v1", paid), [201, { id: 1 }]);
  const worse = { name: "paid", fields: { cents: { type: "string" } } };
  assertEquals((await ask("POST", "/schema/order.paid.v1", worse))[0], 409);
  const checked = await ask("POST", "/schema/order.paid.v1/check?mode=full", worse);
  assertEquals(checked[1].violations.length, 2);
  assertEquals((await ask("GET", "/schema/1"))[1], paid);
  assertEquals((await ask("GET", "/schema/7"))[0], 404);
  const produce = (value: unknown) => ask("POST", "/produce/order.paid.v1", { key: "a", value });
  assertEquals(await produce({ cents: 5 }), [202, { partition: 0, offset: 0 }]);
  assertEquals((await produce({ cents: 0.5 }))[0], 422);
  assertEquals((await produce({ cents: 1, note: "x".repeat(3000) }))[0], 413);
  assertEquals(await produce({ cents: 6 }), [202, { partition: 0, offset: 1 }]);
  // One that goes past the plane, with a schema that nobody knows.
  await producer.send({
    topic: service.topic("order.paid.v1"),
    messages: [{ value: Buffer.from(frame(99, { cents: 7 })) }],
  });
  assertEquals(await produce({ cents: 8 }), [202, { partition: 0, offset: 3 }]);
  assertEquals((await ask("POST", "/consumer/rebalance", { group: "nobody" }))[0], 404);
  assertEquals((await ask("POST", "/consumer/rebalance", { group: "orders" }))[0], 202);
  await until("the good ones are handled", () => handled.length === 3);
  const group = `${service.prefix}orders`;
  await until("the group is through", async () => {
    const [, lag] = await ask("GET", `/lag?topic=order.paid.v1&group=${group}`);
    return lag[0].records === 0;
  });
  await worker.current()!.stop();
  assertEquals(handled, ['{"cents":5}', '{"cents":6}', '{"cents":8}']);
  const [dead] = await readAll(service, service.topic("order.dead.v1"));
  assert(dead.headers.error.includes("its id must be 1 to 1: received 99"));
  assertEquals((await ask("GET", "/nothing"))[0], 404);
});
