/**
 * Compaction: of each key only the last record stays, and every record keeps its offset.
 *
 * One pass over all segments notes the last offset of each key; a second writes what survives of the closed segments, the
 * survivors of several into one, and puts it in their place. The active segment is never touched. A tombstone survives
 * for a while, so that who reads the log in the meantime hears that its key has ended.
 *
 * What is written is called `.cleaned` until it is on the disk, then `.swap`, with the range of offsets that it replaces in
 * its name. A crash before the renaming leaves a `.cleaned`, which is thrown away; one after it a `.swap`, whose
 * replacement is carried out when the log is opened.
 *
 * Simplified: the age of a tombstone counts from its own time, in Kafka from the first compaction that met it; survivors
 * are packed into new batches, which forgets their producers; the map of keys must fit into memory.
 *
 * @module
 */
import { join } from "node:path";
import { encode, type LogRecord } from "./record_batch.ts";
import { type OpenFile, Segment, segmentName } from "./segment.ts";

const CHUNK_BYTES = 1 << 20;
const BATCH_BYTES = 1 << 16;
const latin1 = new TextDecoder("latin1");

/** Where segments are, and how they are made. */
interface FileOptions {
  folder: string;
  indexIntervalBytes?: number;
  openFile?: OpenFile;
}

export interface CompactOptions extends FileOptions {
  nowMs: number;
  /** How long a tombstone stays. */
  deleteRetentionMs: number;
  segmentBytes: number;
}

export function* recordsOf(segment: Segment, end: number): Generator<LogRecord> {
  let offset = segment.baseOffset;
  while (offset < end) {
    const records = segment.read(offset, CHUNK_BYTES);
    if (records.length === 0) return;
    yield* records;
    offset = records.at(-1)!.offset + 1;
  }
}

/** A key as a text that no other key has. */
function textOf(key: Uint8Array): string {
  return latin1.decode(key);
}

/** The last offset of each key. */
function lastOffsets(segments: readonly Segment[]): Map<string, number> {
  const last = new Map<string, number>();
  for (const segment of segments) {
    for (const { key, offset } of recordsOf(segment, segment.nextOffset)) {
      if (key !== null) last.set(textOf(key), offset);
    }
  }
  return last;
}

/** Records as batches of up to 64 KiB, each at its offset. */
export function* batchesOf(records: readonly LogRecord[]): Generator<Uint8Array> {
  for (let from = 0, bytes = 0, i = 0; i < records.length; i++) {
    bytes += (records[i].key?.length ?? 0) + (records[i].value?.length ?? 0) + 16;
    if (bytes < BATCH_BYTES && i < records.length - 1) continue;
    const batch = records.slice(from, i + 1);
    yield encode(batch, {
      baseOffset: batch[0].offset,
      offsets: batch.map(({ offset }) => offset),
    });
    [from, bytes] = [i + 1, 0];
  }
}

/** A few segments that become one, and what survives of them. */
interface Group {
  segments: Segment[];
  survivors: LogRecord[];
  bytes: number;
}

function sizeOf(records: readonly LogRecord[]): number {
  return records.reduce(
    (sum, { key, value }) => sum + (key?.length ?? 0) + (value?.length ?? 0) + 16,
    0,
  );
}

/** Writes batches to a file, and puts it in the place of segments that follow each other. */
export function replace(
  segments: readonly Segment[],
  batches: Iterable<Uint8Array>,
  options: FileOptions,
): Segment {
  const { folder } = options;
  const [base, end] = [segments[0].baseOffset, segments.at(-1)!.nextOffset];
  const path = join(folder, segmentName(base));
  const file = Deno.openSync(`${path}.cleaned`, { create: true, truncate: true, write: true });
  for (const batch of batches) {
    for (let done = 0; done < batch.length;) done += file.writeSync(batch.subarray(done));
  }
  file.syncDataSync();
  file.close();
  Deno.renameSync(`${path}.cleaned`, `${path}-${segmentName(end)}.swap`);
  for (const segment of segments) segment.remove();
  Deno.renameSync(`${path}-${segmentName(end)}.swap`, `${path}.log`);
  const segment = new Segment(folder, base, options);
  segment.load();
  segment.nextOffset = end;
  return segment;
}

/** Compacts closed segments; returns those that are there instead. */
export function compact(
  closed: readonly Segment[],
  active: Segment,
  options: CompactOptions,
): Segment[] {
  const last = lastOffsets([...closed, active]);
  const isAlive = ({ key, value, offset, timestampMs }: LogRecord) =>
    key === null ||
    last.get(textOf(key)) === offset &&
      (value !== null || timestampMs + options.deleteRetentionMs > options.nowMs);
  const result: Segment[] = [];
  let group: Group = { segments: [], survivors: [], bytes: 0 };
  for (const segment of closed) {
    const survivors = recordsOf(segment, segment.nextOffset).filter(isAlive).toArray();
    const bytes = sizeOf(survivors);
    if (group.segments.length > 0 && group.bytes + bytes > options.segmentBytes) {
      result.push(replace(group.segments, batchesOf(group.survivors), options));
      group = { segments: [], survivors: [], bytes: 0 };
    }
    group.segments.push(segment);
    for (const record of survivors) group.survivors.push(record);
    group.bytes += bytes;
  }
  if (group.segments.length === 0) return result;
  return [...result, replace(group.segments, batchesOf(group.survivors), options)];
}

/** Carries out what a crash in the middle of a compaction left half done. */
export function finishCompaction(folder: string): void {
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
  for (const name of names.filter((name) => name.endsWith(".cleaned"))) {
    Deno.removeSync(join(folder, name));
  }
  for (const swap of names.filter((name) => name.endsWith(".swap"))) {
    const [base, end] = swap.slice(0, -".swap".length).split("-").map(Number);
    for (const name of names.filter((name) => /^\d{20}\.(log|index)$/.test(name))) {
      const offset = Number(name.slice(0, 20));
      if (offset >= base && offset < end) {
        Deno.removeSync(join(folder, name));
      }
    }
    Deno.renameSync(join(folder, swap), join(folder, `${segmentName(base)}.log`));
  }
}
