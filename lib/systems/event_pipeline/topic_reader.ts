/**
 * Reads a topic from one place to another, once, without being part of a group's work.
 *
 * The end is fixed when the reading begins, so that it ends although producers go on; a partition is done when its
 * record before the end has come.
 *
 * Simplified: topics that transactions write to end with marks that readers never see; `until` is for those.
 *
 * @module
 */
import type { Admin, Kafka } from "kafkajs";
import { type EventRecord, recordOf } from "./record.ts";

export interface ReadOptions {
  /** By partition. Default: the first offsets that are there. */
  from?: ReadonlyMap<number, number>;
  /** By partition, not read any more. Default: where the topic ends now. */
  to?: ReadonlyMap<number, number>;
  /** Ends the reading behind the record for which it holds. */
  until?: (record: EventRecord) => boolean;
  /** Gets pieces of a partition in order. */
  each: (records: EventRecord[]) => Promise<void> | void;
  /** Called with a name for the reader's group; it must be one that nobody else uses. */
  group: string;
}

/** Asks again while brokers are electing, loading or have not heard: what kafkajs marks as passing, for 30 s at most. */
export async function askAgain<T>(ask: () => Promise<T>): Promise<T> {
  for (let tries = 1;; tries++) {
    try {
      return await ask();
    } catch (error) {
      if (tries === 300 || (error as { retriable?: boolean }).retriable !== true) throw error;
      await new Promise((done) => setTimeout(done, 100));
    }
  }
}

/** First and next offset of each partition. */
export async function boundsOf(
  admin: Admin,
  topic: string,
): Promise<{ partition: number; low: number; high: number }[]> {
  const offsets = await askAgain(() => admin.fetchTopicOffsets(topic));
  return offsets
    .map(({ partition, low, high }) => ({ partition, low: Number(low), high: Number(high) }))
    .sort((a, b) => a.partition - b.partition);
}

/** Reads a topic; resolves to the number of records. */
export async function readTopic(
  client: Kafka,
  topic: string,
  options: ReadOptions,
): Promise<number> {
  const admin = client.admin();
  await admin.connect();
  const bounds = await boundsOf(admin, topic).finally(() => admin.disconnect());
  const open = new Map<number, number>();
  const start = new Map<number, number>();
  for (const { partition, low, high } of bounds) {
    const from = Math.max(low, options.from?.get(partition) ?? low);
    const to = Math.min(high, options.to?.get(partition) ?? high);
    start.set(partition, from);
    if (from < to) open.set(partition, to);
  }
  if (open.size === 0) return 0;
  const consumer = client.consumer({
    groupId: options.group,
    maxWaitTimeInMs: 100,
    allowAutoTopicCreation: false,
  });
  const done = Promise.withResolvers<void>();
  let count = 0, isDone = false;
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    if (!payload.restart) done.reject(payload.error);
  });
  await consumer.connect();
  try {
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch }) => {
        const to = open.get(batch.partition);
        if (to === undefined || isDone) return;
        const from = start.get(batch.partition)!;
        let records = batch.messages.map((each) => recordOf(topic, batch.partition, each))
          .filter(({ offset }) => offset >= from && offset < to);
        const last = options.until === undefined ? -1 : records.findIndex(options.until);
        if (last !== -1) records = records.slice(0, last + 1);
        if (records.length > 0) {
          // A seek that comes late repeats what was read.
          start.set(batch.partition, records.at(-1)!.offset + 1);
          await options.each(records);
        }
        count += records.length;
        if (Number(batch.lastOffset()) >= to - 1) open.delete(batch.partition);
        isDone = last !== -1 || open.size === 0;
        if (isDone) done.resolve();
      },
    });
    for (const { partition, low, high } of bounds) {
      // What is not to be read is passed over.
      const offset = open.has(partition) ? start.get(partition)! : high;
      if (offset > low) consumer.seek({ topic, partition, offset: String(offset) });
    }
    await done.promise;
  } finally {
    await consumer.disconnect();
  }
  return count;
}
