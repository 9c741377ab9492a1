/**
 * How far a consumer group is behind, by partition.
 *
 * @module
 */
import type { Admin } from "kafkajs";
import { askAgain, boundsOf } from "./topic_reader.ts";

export interface PartitionLag {
  partition: number;
  /** Records that wait. */
  records: number;
  /** The place of the group: the next offset. */
  next: number;
  /** The end of the partition. */
  high: number;
}

/** The lag of a group; a partition without a place is behind from its start. */
export async function lagOf(admin: Admin, group: string, topic: string): Promise<PartitionLag[]> {
  const [bounds, [{ partitions }]] = await Promise.all([
    boundsOf(admin, topic),
    askAgain(() => admin.fetchOffsets({ groupId: group, topics: [topic] })),
  ]);
  const places = new Map(partitions.map(({ partition, offset }) => [partition, Number(offset)]));
  return bounds.map(({ partition, low, high }) => {
    const place = places.get(partition) ?? -1, next = place === -1 ? low : place;
    return { partition, next, high, records: Math.max(0, high - next) };
  });
}

/** Records that wait in all partitions. */
export async function totalLag(admin: Admin, group: string, topic: string): Promise<number> {
  return (await lagOf(admin, group, topic)).reduce((sum, { records }) => sum + records, 0);
}
