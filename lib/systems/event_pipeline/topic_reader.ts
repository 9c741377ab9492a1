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
import type { Admin, EachBatchPayload, Kafka } from "kafkajs";
import { type EventRecord, recordOf } from "./record.ts";

/** How long a reading waits for the next record, in milliseconds. */
const SILENCE_MS = 90_000;

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

/** What is left to read of a topic. */
class Rest {
  /** By partition: the next offset to read. */
  readonly next = new Map<number, number>();
  /** By partition that is not done: not read any more. */
  readonly #to = new Map<number, number>();
  readonly #options: ReadOptions;
  #isFound = false;
  #heardMs = performance.now();
  count = 0;

  constructor(options: ReadOptions, bounds: Awaited<ReturnType<typeof boundsOf>>) {
    this.#options = options;
    for (const { partition, low, high } of bounds) {
      const from = Math.max(low, options.from?.get(partition) ?? low);
      const to = Math.min(high, options.to?.get(partition) ?? high);
      // What is not to be read is passed over.
      this.next.set(partition, from < to ? from : high);
      if (from < to) this.#to.set(partition, to);
    }
  }

  get isDone(): boolean {
    return this.#isFound || this.#to.size === 0;
  }

  get isSilent(): boolean {
    return performance.now() - this.#heardMs > SILENCE_MS;
  }

  async take({ batch }: EachBatchPayload): Promise<void> {
    const { partition } = batch, to = this.#to.get(partition);
    if (to === undefined || this.isDone) return;
    const { until, each } = this.#options;
    // A seek that comes late repeats what was read.
    const from = this.next.get(partition)!;
    let records = batch.messages.map((message) => recordOf(batch.topic, partition, message))
      .filter(({ offset }) => offset >= from && offset < to);
    const last = until === undefined ? -1 : records.findIndex(until);
    if (last !== -1) records = records.slice(0, last + 1);
    if (records.length > 0) {
      this.next.set(partition, records.at(-1)!.offset + 1);
      this.#heardMs = Infinity;
      await each(records);
      this.#heardMs = performance.now();
      this.count += records.length;
    }
    this.#isFound = last !== -1;
    if (Number(batch.lastOffset()) >= to - 1) this.#to.delete(partition);
  }

  toString(): string {
    return [...this.#to].map(([partition, to]) =>
      `${this.next.get(partition)} to ${to} of ${partition}`
    )
      .join(", ");
  }
}

/**
 * Reads a topic; resolves to the number of records. A reader that fails, as when a broker goes, is followed by another
 * that goes on where it was.
 *
 * @throws {Error} what `each` throws; or when nothing has come for 90 s, with what is missing
 */
export async function readTopic(
  client: Kafka,
  topic: string,
  options: ReadOptions,
): Promise<number> {
  const admin = client.admin();
  await admin.connect();
  const bounds = await boundsOf(admin, topic).finally(() => admin.disconnect());
  const rest = new Rest(options, bounds);
  let reason: unknown;
  while (!rest.isDone) {
    if (rest.isSilent) {
      throw new Error(
        `Cannot read ${topic}: its next record must come within ${
          SILENCE_MS / 1000
        } s: missing ${rest}`,
        { cause: reason },
      );
    }
    reason = await readOn(client, topic, options.group, rest);
  }
  return rest.count;
}

/** One reader, until all is read, it fails or is silent; resolves to its error. Rejects with what `each` throws. */
async function readOn(
  client: Kafka,
  topic: string,
  groupId: string,
  rest: Rest,
): Promise<unknown> {
  const consumer = client.consumer({
    groupId,
    maxWaitTimeInMs: 100,
    allowAutoTopicCreation: false,
  });
  const { promise: end, resolve, reject } = Promise.withResolvers<unknown>();
  const watch = setInterval(() => rest.isSilent && resolve(undefined), 1000);
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    if (!payload.restart) resolve(payload.error);
  });
  const eachBatch = async (payload: EachBatchPayload) => {
    await rest.take(payload).catch(reject);
    if (rest.isDone) resolve(undefined);
  };
  const start = async () => {
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({ autoCommit: false, eachBatch });
    for (const [partition, offset] of rest.next) {
      if (offset > 0) consumer.seek({ topic, partition, offset: String(offset) });
    }
  };
  try {
    start().catch(resolve);
    return await end;
  } finally {
    clearInterval(watch);
    await consumer.disconnect();
  }
}
