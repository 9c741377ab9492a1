/**
 * A consumer that says what it promises: when it notes its place, and what happens to a record that fails.
 *
 * | semantics | order | after a crash in between |
 * | --- | --- | --- |
 * | at most once | place, then effect | the effect is missing |
 * | at least once | effect, then place | the effect comes twice |
 * | effectively once | both in one transaction of the database | neither, or both |
 * | transactional | records out and place in one transaction of Kafka | neither, or both, for `read_committed` readers |
 *
 * Records are handled in pieces of a batch. When a piece fails, its records are handled one by one; one that fails goes to
 * the next **retry topic**, each of which waits longer, and after the last to the **dead-letter topic**, with the error
 * and where it came from. So a poisonous record never blocks its partition. A place is the offset of the next record.
 *
 * Of the transactional kind, each partition has a producer of its own, made anew with each generation under the same id.
 * That ends what another owner has left open and fences one that is held for dead and is not; only then is the place
 * read, and what lies before it has been done.
 *
 * Simplified: a record that went to a retry topic is handled later than those behind it, so order by key is lost for it.
 * One producer a member would do where offsets carry the generation (KIP-447), which kafkajs does not send.
 *
 * @module
 */
import type {
  Admin,
  Consumer,
  EachBatchPayload,
  Kafka,
  Message,
  Producer,
  Transaction,
} from "kafkajs";
import type { Sql, Statements } from "../../services/postgres_client.ts";
import { type BackPressure, DepthBrake } from "./depth_brake.ts";
import { type EventRecord, recordOf } from "./record.ts";

export type Semantics = "at-most-once" | "at-least-once" | "effectively-once" | "transactional";

/** What a handler works with. */
export interface Handling {
  /** Of effectively once: the transaction that the effect belongs into. */
  sql?: Statements;
  /** Of transactional: sends within the transaction. */
  send?: (topic: string, messages: Message[]) => Promise<void>;
}

export interface ConsumeOptions {
  topic: string;
  group: string;
  handler: (records: readonly EventRecord[], handling: Handling) => Promise<void>;
  /** Default: at least once. */
  semantics?: Semantics;
  /** Records handled together. Default: 100. */
  piece?: number;
  /** Of effectively once: where `consumer_place` is. */
  sql?: Sql;
  /** For retries and dead letters. */
  producer?: Producer;
  /** Delay of each retry topic, `TOPIC.retry.MSms`; the topics must be there. Default: none. */
  retryDelaysMs?: readonly number[];
  /** The topic for records that fail for good. Default: they stop the consumer. */
  deadLetters?: string;
  /** Default: 10,000. */
  sessionMs?: number;
  /** The queue that the handler fills: while it is full, nothing is read. */
  backPressure?: BackPressure;
  /** Called between the effect of a piece and its place, or the other way round: where a crash hurts. */
  between?: () => void | Promise<void>;
  /** For retries. Default: the records' own time, so that none waits. */
  nowMs?: () => number;
}

/** A consumer at work. */
export interface Consuming {
  readonly consumer: Consumer;
  readonly counts: { handled: number; skipped: number; retried: number; dead: number };
  readonly brake: DepthBrake;
  /** Ends it; what it is handling is finished. */
  stop(): Promise<void>;
}

/** Makes the table of places of effectively once consumers. */
export async function createPlaces(sql: Sql): Promise<void> {
  await sql`create table if not exists consumer_place (
    "group" text, topic text, partition int, next bigint not null,
    primary key ("group", topic, partition))`;
}

/** The retry topics of a topic, in order. */
export function retryTopics(topic: string, delaysMs: readonly number[]): string[] {
  return delaysMs.map((ms) => `${topic}.retry.${ms}ms`);
}

/** Of a partition in a generation: its producer, and the next offset that has had no effect. */
interface Owned {
  producer: Producer;
  place: number;
}

class Piecework {
  readonly counts: Consuming["counts"] = { handled: 0, skipped: 0, retried: 0, dead: 0 };
  #owned = new Map<string, Owned>();

  constructor(
    readonly client: Kafka,
    readonly consumer: Consumer,
    readonly admin: Admin,
    readonly options: ConsumeOptions,
  ) {}

  /** Handles records and notes their place, in the order that the semantics asks. */
  async handle(records: readonly EventRecord[]): Promise<void> {
    const { semantics = "at-least-once" } = this.options;
    if (semantics === "at-most-once") {
      await this.#note(records);
      await this.options.between?.();
      await this.#effect(records, {});
    } else if (semantics === "at-least-once") {
      await this.#effect(records, {});
      await this.options.between?.();
      await this.#note(records);
    } else if (semantics === "effectively-once") await this.#inDatabase(records);
    else await this.#inTransaction(records);
  }

  /** The effect of a piece; where it fails, record by record. */
  async #effect(records: readonly EventRecord[], handling: Handling): Promise<void> {
    const { handler, deadLetters, retryDelaysMs = [] } = this.options;
    try {
      await handler(records, handling);
      this.counts.handled += records.length;
    } catch (error) {
      if (deadLetters === undefined && retryDelaysMs.length === 0) throw error;
      if (records.length === 1) return await this.#sendOn(records[0], error as Error);
      for (const record of records) await this.#effect([record], handling);
    }
  }

  /** To the next retry topic, or to the dead letters. */
  async #sendOn(record: EventRecord, error: Error): Promise<void> {
    const { topic, producer, deadLetters, retryDelaysMs = [] } = this.options;
    const attempt = Number(record.headers.attempt ?? 0);
    const next = retryTopics(topic, retryDelaysMs)[attempt] ?? deadLetters;
    if (next === undefined) throw error;
    const headers = {
      ...record.headers,
      attempt: String(attempt + 1),
      error: error.message,
      stack: error.stack ?? "",
      source: record.headers.source ?? `${record.topic}/${record.partition}/${record.offset}`,
      due: String(record.timestampMs + (retryDelaysMs[attempt] ?? 0)),
    };
    const value = record.value && Buffer.from(record.value);
    await producer!.send({ topic: next, messages: [{ key: record.key, value, headers }] });
    if (next === deadLetters) this.counts.dead++;
    else this.counts.retried++;
  }

  async #note(records: readonly EventRecord[]): Promise<void> {
    const { topic, partition, offset } = records.at(-1)!;
    await this.consumer.commitOffsets([{ topic, partition, offset: String(offset + 1) }]);
  }

  /** Effect and place in one transaction; what is before the place has had its effect. */
  async #inDatabase(records: readonly EventRecord[]): Promise<void> {
    const { group, sql } = this.options;
    const { topic, partition, offset } = records.at(-1)!;
    await sql!.begin(async (sql) => {
      await sql`insert into consumer_place values (${group}, ${topic}, ${partition}, 0)
        on conflict do nothing`;
      const [{ next }] = await sql`select next from consumer_place
        where "group" = ${group} and topic = ${topic} and partition = ${partition} for update`;
      const fresh = records.filter((record) => record.offset >= next);
      this.counts.skipped += records.length - fresh.length;
      if (fresh.length === 0) return;
      await this.#effect(fresh, { sql });
      await this.options.between?.();
      await sql`update consumer_place set next = ${offset + 1}
        where "group" = ${group} and topic = ${topic} and partition = ${partition}`;
    });
    await this.#note(records);
  }

  /** Lets go of all partitions: a new generation begins. */
  async forget(): Promise<void> {
    const producers = [...this.#owned.values()].map(({ producer }) => producer);
    this.#owned.clear();
    await Promise.all(producers.map((producer) => producer.disconnect()));
  }

  /** Fences whoever had the partition before, then reads its place. */
  async #own(topic: string, partition: number): Promise<Owned> {
    const name = `${topic}/${partition}`, { group } = this.options;
    const known = this.#owned.get(name);
    if (known !== undefined) return known;
    const producer = this.client.producer({
      transactionalId: `${group}/${name}`,
      idempotent: true,
      maxInFlightRequests: 1,
      transactionTimeout: 10_000,
      allowAutoTopicCreation: false,
    });
    await producer.connect();
    const [{ partitions }] = await this.admin.fetchOffsets({ groupId: group, topics: [topic] });
    const place = Number(partitions.find((each) => each.partition === partition)?.offset ?? -1);
    const owned = { producer, place };
    this.#owned.set(name, owned);
    return owned;
  }

  async #inTransaction(records: readonly EventRecord[]): Promise<void> {
    const { topic, partition, offset } = records.at(-1)!;
    const owned = await this.#own(topic, partition);
    const fresh = records.filter((record) => record.offset >= owned.place);
    this.counts.skipped += records.length - fresh.length;
    if (fresh.length === 0) return;
    let transaction: Transaction | undefined;
    try {
      const open = transaction = await owned.producer.transaction();
      await this.#effect(fresh, {
        send: async (topic, messages) => void await open.send({ topic, messages }),
      });
      await transaction.sendOffsets({
        consumerGroupId: this.options.group,
        topics: [{ topic, partitions: [{ partition, offset: String(offset + 1) }] }],
      });
      await this.options.between?.();
      await transaction.commit();
      owned.place = offset + 1;
    } catch (error) {
      this.#owned.delete(`${topic}/${partition}`);
      await transaction?.abort().catch(() => {});
      await owned.producer.disconnect();
      // Whatever went wrong, it is tried again by who owns the partition then.
      throw new Error(`Cannot commit piece: ${(error as Error).message}`, { cause: error });
    }
  }
}

/** How long until a record of a retry topic is due, by the header that sent it there. */
function waitOf({ headers, timestampMs }: EventRecord, nowMs?: () => number): number {
  return headers.due === undefined ? 0 : Number(headers.due) - (nowMs?.() ?? timestampMs);
}

/** Joins the group and works until it is stopped. */
export async function consume(client: Kafka, options: ConsumeOptions): Promise<Consuming> {
  const { topic, group, piece = 100, sessionMs = 10_000, retryDelaysMs = [], nowMs } = options;
  const consumer = client.consumer({
    groupId: group,
    sessionTimeout: sessionMs,
    heartbeatInterval: Math.min(500, sessionMs / 5),
    maxWaitTimeInMs: 100,
    allowAutoTopicCreation: false,
  });
  const admin = client.admin();
  const work = new Piecework(client, consumer, admin, options);
  const brake = new DepthBrake(options.backPressure);
  const handleBatch = async (payload: EachBatchPayload) => {
    const { batch, resolveOffset, heartbeat, isRunning, isStale, pause } = payload;
    const records = batch.messages.map((each) => recordOf(batch.topic, batch.partition, each));
    for (let from = 0; from < records.length; from += piece) {
      if (!isRunning() || isStale()) return;
      const some = records.slice(from, from + piece);
      const waitMs = Math.max(...some.map((record) => waitOf(record, nowMs)));
      if (waitMs > 0) {
        setTimeout(pause(), waitMs);
        return;
      }
      if (brake.isDue) return brake.hold(pause());
      await work.handle(some);
      resolveOffset(String(some.at(-1)!.offset));
      await heartbeat();
    }
  };
  if (options.semantics === "transactional") {
    await admin.connect();
    consumer.on(consumer.events.GROUP_JOIN, () => void work.forget());
  }
  await consumer.connect();
  await consumer.subscribe({
    topics: [topic, ...retryTopics(topic, retryDelaysMs)],
    fromBeginning: true,
  });
  await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch: handleBatch });
  const stop = async () => {
    brake.stop();
    await consumer.disconnect();
    await work.forget();
    await admin.disconnect();
  };
  return { consumer, counts: work.counts, brake, stop };
}
