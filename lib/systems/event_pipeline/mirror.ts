/**
 * Copies a topic to the brokers of another region, and keeps the map from offsets there to offsets here.
 *
 * Partition by partition, in order, with key, value, headers and time as they are. Offsets differ, since the copy begins
 * later and repeats what it does not know to have copied. So after each piece the mirror notes a **checkpoint**: what lies
 * before this source offset lies before that target offset. A consumer that moves begins at the target of the last
 * checkpoint at or before its place: it may see records again, and skips none.
 *
 * Simplified: checkpoints stay in memory, MirrorMaker 2 keeps them in a topic; one topic, one process.
 *
 * Source: KIP-382, MirrorMaker 2.0.
 *
 * @module
 */
import type { Kafka, Producer } from "kafkajs";

export interface Checkpoint {
  source: number;
  target: number;
}

/** From offsets of the source to offsets of the target, by partition. */
export class OffsetMap {
  #checkpoints = new Map<number, Checkpoint[]>();

  note(partition: number, checkpoint: Checkpoint): void {
    const all = this.#checkpoints.get(partition) ?? [];
    all.push(checkpoint);
    this.#checkpoints.set(partition, all);
  }

  /** Where a consumer goes on that would go on at a source offset; 0 before the first checkpoint. */
  translate(partition: number, source: number): number {
    return this.#checkpoints.get(partition)?.findLast((each) => each.source <= source)?.target ?? 0;
  }

  /** The last source offset that is copied, and all before it. */
  copiedTo(partition: number): number {
    return this.#checkpoints.get(partition)?.at(-1)?.source ?? 0;
  }
}

export interface Mirror {
  readonly offsets: OffsetMap;
  /** Records copied. */
  readonly copied: number;
  /** How old the last copied record was when it was copied. */
  readonly lagMs: number;
  stop(): Promise<void>;
}

export interface MirrorOptions {
  topic: string;
  /** Default: the same name. */
  targetTopic?: string;
  group: string;
  nowMs: () => number;
  /** Records copied together. Default: 500. */
  piece?: number;
}

/** Starts to copy; it goes on until it is stopped. */
export async function mirror(from: Kafka, to: Producer, options: MirrorOptions): Promise<Mirror> {
  const { topic, targetTopic = topic, group, nowMs, piece = 500 } = options;
  const offsets = new OffsetMap();
  const state = { copied: 0, lagMs: 0 };
  const consumer = from.consumer({
    groupId: group,
    maxWaitTimeInMs: 50,
    allowAutoTopicCreation: false,
    retry: { retries: 5 },
  });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    eachBatchAutoResolve: false,
    eachBatch: async ({ batch: { partition, messages }, resolveOffset, heartbeat }) => {
      for (let at = 0; at < messages.length; at += piece) {
        const some = messages.slice(at, at + piece), last = some.at(-1)!;
        const [{ baseOffset }] = await to.send({
          topic: targetTopic,
          messages: some.map(({ key, value, headers, timestamp }) => ({
            key,
            value,
            headers,
            timestamp,
            partition,
          })),
        });
        offsets.note(partition, {
          source: Number(last.offset) + 1,
          target: Number(baseOffset) + some.length,
        });
        state.copied += some.length;
        state.lagMs = nowMs() - Number(last.timestamp);
        resolveOffset(last.offset);
        await heartbeat();
      }
    },
  });
  return {
    offsets,
    get copied() {
      return state.copied;
    },
    get lagMs() {
      return state.lagMs;
    },
    stop: () => consumer.disconnect(),
  };
}
