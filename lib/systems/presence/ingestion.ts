/**
 * The reader of the log: takes statements out of Kafka, in order, and hands them to a sink.
 *
 * A sink takes a batch of one partition, all or nothing, and says from which offset to go on: the
 * end of the batch, or an earlier one when it finds that something before the batch is missing. A
 * batch that fails is tried again until it succeeds, and only then committed; so everything reaches
 * the sink at least once, and sinks must not mind seeing it twice. Readers with different groups do
 * not wait for each other: the live view need not be as slow as the database.
 *
 * What cannot be read is counted and passed over: one poisoned record must not stop all users of
 * its partition.
 *
 * Simplified: a change that is in the cache but was not published when the reader died is told by
 * the next change of that user, or when the watcher reconnects.
 *
 * @module
 */
import type { Consumer, EachBatchPayload } from "kafkajs";
import type { KafkaService } from "../../services/kafka.ts";
import { delays } from "../../structures/backoff.ts";
import type { Bus } from "./bus.ts";
import { parseEvent, type PresenceEvent } from "./event.ts";
import type { PresenceStore } from "./store.ts";

/** Statements of one partition with their places in the log. */
export interface Batch {
  partition: number;
  firstOffset: number;
  /** After the last record, also one that could not be read. */
  nextOffset: number;
  events: readonly { offset: number; event: PresenceEvent }[];
}

/** Takes batches; see the module. */
export interface Sink {
  write(batch: Batch): Promise<number>;
}

export interface IngestionOptions {
  /** The topic's full name, and the group that shares its partitions. */
  topic: string;
  groupId: string;
  sink: Sink;
  random: () => number;
}

/** A running reader. */
export class Ingestion {
  readonly stats = { batches: 0, events: 0, rejected: 0, retries: 0, rewinds: 0 };
  /** The last thing that the sink complained of. */
  complaint: unknown;
  #consumer: Consumer;
  #options: IngestionOptions;
  #stopped = false;

  private constructor(consumer: Consumer, options: IngestionOptions) {
    this.#consumer = consumer;
    this.#options = options;
  }

  static async start(kafka: KafkaService, options: IngestionOptions): Promise<Ingestion> {
    const consumer = await kafka.consumer({ groupId: options.groupId });
    const ingestion = new Ingestion(consumer, options);
    await consumer.subscribe({ topic: options.topic, fromBeginning: true });
    await consumer.run({
      eachBatchAutoResolve: false,
      eachBatch: (payload) => ingestion.#take(payload),
    });
    return ingestion;
  }

  /** Ends after the batch that the sink has in hand; one that fails is not tried again. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#consumer.disconnect();
  }

  async #take({ batch, resolveOffset, heartbeat, isRunning, isStale }: EachBatchPayload) {
    const { partition, messages } = batch;
    if (messages.length === 0) return;
    const events = messages.flatMap(({ offset, value }) => {
      try {
        return { offset: Number(offset), event: parseEvent(JSON.parse(`${value}`), -Infinity) };
      } catch {
        this.stats.rejected++;
        return [];
      }
    });
    const nextOffset = Number(messages.at(-1)!.offset) + 1;
    const part = { partition, firstOffset: Number(messages[0].offset), nextOffset, events };
    const beating = setInterval(() => heartbeat().catch(() => {}), 1000);
    const waits = delays("full", { baseMs: 50, capMs: 1000 }, this.#options.random);
    let reached: number | undefined;
    try {
      while (reached === undefined) {
        if (this.#stopped || !isRunning() || isStale()) return;
        reached = await this.#options.sink.write(part).catch((error) => {
          this.stats.retries++;
          this.complaint = error;
          return undefined;
        });
        if (reached === undefined) {
          await new Promise((done) => setTimeout(done, waits.next().value));
        }
      }
    } finally {
      clearInterval(beating);
    }
    if (reached < nextOffset) {
      this.stats.rewinds++;
      this.#consumer.seek({ topic: batch.topic, partition, offset: String(reached) });
      return;
    }
    this.stats.batches++;
    this.stats.events += events.length;
    resolveOffset(batch.lastOffset());
  }
}

/** Writes into the cache and publishes what changes. */
export function cacheSink(store: PresenceStore, bus: Bus, nowMs: () => number): Sink {
  return {
    async write({ events, nextOffset }) {
      const now = nowMs();
      const written = await Promise.all(events.map(({ event }) => store.apply(event, now)));
      for (const { diff } of written) if (diff) bus.publish(diff);
      return nextOffset;
    },
  };
}

/** One sink after the other, each only when those before it have the batch. */
export function oneAfterTheOther(...sinks: readonly Sink[]): Sink {
  return {
    async write(batch) {
      let reached = batch.nextOffset;
      for (const sink of sinks) reached = Math.min(reached, await sink.write(batch));
      return reached;
    },
  };
}
