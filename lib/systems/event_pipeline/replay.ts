/**
 * Replays a topic into its downstream: from an offset or a time to a time, at a rate that the downstream can bear.
 *
 * The range is worked out first, and shown by a dry run. Every partition is read in order; the records are handed over
 * with the word that this is a replay, so that side effects stay muted. The downstream must take a record twice, since a
 * replay that is broken off begins again.
 *
 * @module
 */
import type { Kafka } from "kafkajs";
import { TokenBucket } from "../../structures/token_bucket.ts";
import type { EventRecord } from "./record.ts";
import { boundsOf, readTopic } from "./topic_reader.ts";

export interface ReplayOptions {
  topic: string;
  /** In each partition. Default: the first that is there. */
  fromOffset?: number;
  /** The first record of this time or later. */
  fromTimeMs?: number;
  /** Nothing of this time or later. Default: all that is there now. */
  toTimeMs?: number;
  /** Records a second. Default: as fast as it goes. */
  ratePerSecond?: number;
  /** Says what would be done, and does nothing. */
  dryRun?: boolean;
  apply: (records: readonly EventRecord[], how: { isReplay: true }) => Promise<void>;
  onProgress?: (done: number, total: number) => void;
  /** A group that nobody else uses. */
  group: string;
  nowMs: () => number;
}

export interface ReplayReport {
  /** Records in the range. */
  total: number;
  /** Records handed over. */
  done: number;
  partitions: { partition: number; from: number; to: number }[];
}

async function rangeOf(client: Kafka, options: ReplayOptions): Promise<ReplayReport["partitions"]> {
  const { topic, fromOffset, fromTimeMs, toTimeMs } = options;
  const admin = client.admin();
  await admin.connect();
  try {
    const at = async (timeMs: number | undefined) => {
      if (timeMs === undefined) return new Map<number, number>();
      const found = await admin.fetchTopicOffsetsByTimestamp(topic, timeMs);
      return new Map(found.map(({ partition, offset }) => [partition, Number(offset)]));
    };
    const [bounds, starts, ends] = [
      await boundsOf(admin, topic),
      await at(fromTimeMs),
      await at(toTimeMs),
    ];
    return bounds.map(({ partition, low, high }) => {
      const to = Math.min(high, ends.get(partition) ?? high);
      const from = Math.max(low, fromOffset ?? low, starts.get(partition) ?? low);
      return { partition, from: Math.min(from, to), to };
    });
  } finally {
    await admin.disconnect();
  }
}

/** Replays a topic; resolves to what was in the range and what was done. */
export async function replay(client: Kafka, options: ReplayOptions): Promise<ReplayReport> {
  const { topic, ratePerSecond, dryRun = false, apply, onProgress, group, nowMs } = options;
  const partitions = await rangeOf(client, options);
  const total = partitions.reduce((sum, { from, to }) => sum + to - from, 0);
  if (dryRun) return { total, done: 0, partitions };
  const bucket = ratePerSecond === undefined
    ? undefined
    : new TokenBucket({ ratePerSecond, burst: Math.max(1, ratePerSecond / 10) });
  const most = ratePerSecond === undefined ? Infinity : Math.max(1, Math.floor(ratePerSecond / 10));
  let done = 0;
  const each = async (records: EventRecord[]) => {
    for (let from = 0; from < records.length; from += Math.min(most, 1000)) {
      const some = records.slice(from, from + Math.min(most, 1000));
      while (bucket !== undefined && !bucket.take(nowMs(), some.length)) {
        await new Promise((go) => setTimeout(go, bucket.waitMs(nowMs(), some.length)));
      }
      await apply(some, { isReplay: true });
      onProgress?.(done += some.length, total);
    }
  };
  await readTopic(client, topic, {
    group,
    each,
    from: new Map(partitions.map(({ partition, from }) => [partition, from])),
    to: new Map(partitions.map(({ partition, to }) => [partition, to])),
  });
  return { total, done, partitions };
}
