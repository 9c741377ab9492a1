/**
 * Session 05's log against what its users would pick instead.
 *
 * - durable append: records of 1 kB in batches of 100, each batch on the disk before the next, against a real broker on
 *   the same disk through npm kafkajs (it is asked over a socket, ours is in the process), and against bare appends;
 * - small append and replay: records of 100 B in batches of 100, against Redis streams through npm ioredis, pipelined;
 * - schema check: producing through our registry, against kafkajs alone.
 *
 * @module
 */
import type { Producer } from "kafkajs";
import { kafka } from "../../lib/services/kafka.ts";
import { redis } from "../../lib/services/redis.ts";
import { Log } from "../../lib/systems/commit_log/log.ts";
import { SchemaRegistry } from "../../lib/systems/schema_registry/registry.ts";
import { print } from "../terminal.ts";
import { compare, type Comparison, save } from "./paired.ts";

const NAME = "week-01-log";
const BATCH = 100;
const DURABLE = 10_000;
const SMALL = 200_000;
const STREAMED = 50_000;

function perSecond(count: number, startMs: number): number {
  return count / (performance.now() - startMs) * 1000;
}

/** A round in a folder of its own, gone afterwards. */
async function inFolder(body: (folder: string) => number): Promise<number> {
  const folder = await Deno.makeTempDir({ dir: "out" });
  try {
    return body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function appendDurably(
  folder: string,
  records: { key: null; value: Uint8Array; timestampMs: 0 }[],
) {
  using log = Log.open(folder);
  const startMs = performance.now();
  for (let n = 0; n < DURABLE; n += BATCH) {
    log.append(records);
    log.flush();
  }
  const rate = perSecond(DURABLE, startMs);
  const count = log.records().reduce((sum, { value }) => sum + value!.length, 0);
  if (count !== DURABLE * 1000) throw new Error(`Cannot compare logs: ${count} bytes came back`);
  return rate;
}

function appendBare(folder: string, bytes: Uint8Array): number {
  using file = Deno.openSync(`${folder}/bare`, { create: true, write: true });
  const startMs = performance.now();
  for (let n = 0; n < DURABLE; n += BATCH) {
    file.writeSync(bytes);
    file.syncDataSync();
  }
  return perSecond(DURABLE, startMs);
}

async function durable(producer: Producer, topic: string): Promise<Comparison[]> {
  const value = new Uint8Array(1000).map((_, i) => i);
  const records = Array.from(
    { length: BATCH },
    () => ({ key: null, value, timestampMs: 0 as const }),
  );
  const messages = records.map(({ value }) => ({ value: Buffer.from(value) }));
  const bare = new Uint8Array(BATCH * 1000);
  const ours = () => inFolder((folder) => appendDurably(folder, records));
  const throughBroker = async () => {
    const startMs = performance.now();
    for (let n = 0; n < DURABLE; n += BATCH) await producer.send({ topic, acks: -1, messages });
    return perSecond(DURABLE, startMs);
  };
  const metric = "durable-records/s";
  return [
    await compare(NAME, {
      metric,
      peer: "Kafka 4.4.0, kafkajs 2.2.4",
      ours,
      theirs: throughBroker,
    }),
    await compare(NAME, {
      metric,
      peer: "bare write and fdatasync",
      ours,
      theirs: () => inFolder((folder) => appendBare(folder, bare)),
    }),
  ];
}

async function small(): Promise<Comparison[]> {
  await using service = await redis();
  const value = new Uint8Array(100).map((_, i) => i), text = "x".repeat(100);
  const records = Array.from({ length: BATCH }, () => ({ key: null, value, timestampMs: 0 }));
  const fill = (log: Log) => {
    for (let n = 0; n < SMALL; n += BATCH) log.append(records);
  };
  const append = () =>
    inFolder((folder) => {
      using log = Log.open(folder);
      const startMs = performance.now();
      fill(log);
      return perSecond(SMALL, startMs);
    });
  const replay = () =>
    inFolder((folder) => {
      using log = Log.open(folder);
      fill(log);
      const startMs = performance.now();
      const count = log.records().reduce((sum) => sum + 1, 0);
      if (count !== SMALL) throw new Error(`Cannot compare replays: ${count} records came back`);
      return perSecond(SMALL, startMs);
    });
  const addToStream = async () => {
    await service.client.del("stream");
    const startMs = performance.now();
    for (let n = 0; n < STREAMED; n += BATCH) {
      const pipeline = service.client.pipeline();
      for (let i = 0; i < BATCH; i++) pipeline.xadd("stream", "*", "v", text);
      await pipeline.exec();
    }
    return perSecond(STREAMED, startMs);
  };
  const readStream = async () => {
    const startMs = performance.now();
    let count = 0, from = "-";
    for (
      let page;
      (page = await service.client.xrange("stream", from, "+", "COUNT", 1000)).length;
    ) {
      count += page.length;
      from = `(${page.at(-1)![0]}`;
    }
    return perSecond(count, startMs);
  };
  const peer = "Redis streams, ioredis 5.11.1";
  return [
    await compare(NAME, { metric: "appended-100B/s", peer, ours: append, theirs: addToStream }),
    await compare(NAME, { metric: "replayed-100B/s", peer, ours: replay, theirs: readStream }),
  ];
}

async function checked(producer: Producer, topic: string): Promise<Comparison> {
  const registry = new SchemaRegistry(), name = "bench.load.v1";
  registry.register(name, {
    name: "load",
    fields: { id: { type: "int" }, note: { type: "string" } },
  });
  const values = Array.from({ length: BATCH }, (_, id) => ({ id, note: "n".repeat(970) }));
  const round = (encode: (value: unknown) => Buffer) => async () => {
    const startMs = performance.now();
    for (let n = 0; n < DURABLE; n += BATCH) {
      const messages = values.map((value) => ({ value: encode(value) }));
      await producer.send({ topic, acks: -1, messages });
    }
    return perSecond(DURABLE, startMs);
  };
  return await compare(NAME, {
    metric: "schema-checked-records/s",
    peer: "kafkajs 2.2.4 alone",
    ours: round((value) => {
      const { buffer, byteOffset, length } = registry.write(name, value);
      return Buffer.from(buffer, byteOffset, length);
    }),
    theirs: round((value) => Buffer.from(JSON.stringify(value))),
  });
}

/** Runs all comparisons. */
export async function main(): Promise<void> {
  await using service = await kafka();
  const producer = await service.producer();
  // Each batch on the disk, as ours; the second topic is as brokers are by default.
  const synced = await service.createTopic("synced", { config: { "flush.messages": "1" } });
  const usual = await service.createTopic("usual");
  await Deno.mkdir("out", { recursive: true });
  print(`${NAME}: one process, one disk; Kafka and Redis answer over loopback`);
  const comparisons = await durable(producer, synced);
  comparisons.push(...await small(), await checked(producer, usual));
  await save(NAME, comparisons);
}

if (import.meta.main) await main();
