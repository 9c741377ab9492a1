/**
 * Statements on their way from a gateway into Kafka: one topic, keyed by user.
 *
 * A key always goes to the same partition, and a gateway sends one request at a time, so what is
 * said about a user stays in order. While a request is under way the next statements gather and then
 * leave together: the batch grows with the load by itself. A statement is kept, and its request
 * repeated, until all replicas in sync have it. A repeated request may write twice; readers ignore
 * what is not newer.
 *
 * Simplified: what waits is held in memory without a bound; a product bounds it by keeping only
 * the newest statement of each source and device, and gives up history for that time.
 *
 * @module
 */
import type { Producer } from "kafkajs";
import type { KafkaService } from "../../services/kafka.ts";
import { delays } from "../../structures/backoff.ts";
import type { PresenceEvent } from "./event.ts";

/** Where a gateway hands in statements. */
export interface StatementLog {
  /** Resolves when the statement is safe. */
  append(event: PresenceEvent): Promise<void>;
  /** For how long the oldest statement that is not safe has been waiting; 0 when none is. */
  waitingMs(): number;
}

export interface ChangeLogOptions {
  nowMs: () => number;
  random: () => number;
  /** Its name without the notebook's prefix. */
  topic?: string;
  partitions?: number;
}

interface Waiting {
  event: PresenceEvent;
  sinceMs: number;
  safe: PromiseWithResolvers<void>;
}

const MOST_IN_ONE = 2000;

/** A gateway's end of the log. */
export class ChangeLog implements StatementLog {
  readonly stats = { statements: 0, requests: 0, repeated: 0 };
  readonly topic: string;
  #producer: Producer;
  #nowMs: () => number;
  #random: () => number;
  #waiting: Waiting[] = [];
  #pumping: Promise<void> | undefined;
  #closed = false;

  private constructor(topic: string, producer: Producer, { nowMs, random }: ChangeLogOptions) {
    this.topic = topic;
    this.#producer = producer;
    this.#nowMs = nowMs;
    this.#random = random;
  }

  /** Makes the topic where there is none, and connects. */
  static async open(kafka: KafkaService, options: ChangeLogOptions): Promise<ChangeLog> {
    const { topic = "presence.changes", partitions = 4 } = options;
    const name = kafka.topic(topic);
    if (!(await kafka.admin.listTopics()).includes(name)) {
      await kafka.createTopic(topic, { partitions });
    }
    return new ChangeLog(name, await kafka.producer(), options);
  }

  append(event: PresenceEvent): Promise<void> {
    if (this.#closed) return Promise.reject(new Error("Cannot append: the log is closed"));
    const safe = Promise.withResolvers<void>();
    this.#waiting.push({ event, sinceMs: this.#nowMs(), safe });
    this.#pumping ??= this.#pump().finally(() => this.#pumping = undefined);
    return safe.promise;
  }

  waitingMs(): number {
    return this.#waiting.length === 0 ? 0 : this.#nowMs() - this.#waiting[0].sinceMs;
  }

  /** Gives up what is not safe yet. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#producer.disconnect();
    await this.#pumping;
  }

  async #pump(): Promise<void> {
    let waits = delays("full", { baseMs: 50, capMs: 1000 }, this.#random);
    while (this.#waiting.length > 0 && !this.#closed) {
      const batch = this.#waiting.slice(0, MOST_IN_ONE);
      const messages = batch.map(({ event }) => ({
        key: event.userId,
        value: JSON.stringify(event),
      }));
      this.stats.requests++;
      try {
        await this.#producer.send({ topic: this.topic, acks: -1, messages });
      } catch {
        this.stats.repeated++;
        await new Promise((done) => setTimeout(done, waits.next().value));
        continue;
      }
      waits = delays("full", { baseMs: 50, capMs: 1000 }, this.#random);
      this.#waiting.splice(0, batch.length);
      this.stats.statements += batch.length;
      for (const { safe } of batch) safe.resolve();
    }
    if (!this.#closed) return;
    for (const { safe } of this.#waiting.splice(0)) {
      safe.reject(new Error("Cannot append: the log was closed before the statement was safe"));
    }
  }
}
