/**
 * A log on disk: records appended in order, each with an offset that is its own for ever, read from any offset on.
 *
 * A log is a row of segments. Only the last one, the active, is written; it is closed when it is full or old enough.
 * Closed segments are what retention deletes, by age or by size, and what compaction rewrites. `flush()` makes durable
 * what was appended: one sync for as many records as you like. Opening a log after a crash cuts off a torn tail and goes
 * on behind it.
 *
 * Simplified: one process writes; time comes from the records and from the caller; new files are not made durable in
 * their folder by a sync of the folder. Replication is not here.
 *
 * | operation | time |
 * | --- | --- |
 * | `append` | O(bytes) |
 * | `read` | O(log segments + log index + bytes) |
 * | `compact` | O(bytes of the log), memory for its keys |
 *
 * @example
 * ```ts
 * import { Log } from "./log.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const folder = await Deno.makeTempDir();
 * using log = Log.open(folder);
 * log.append([{ key: "ann", value: "online", timestampMs: 0 }]);
 * assertEquals(log.append([{ key: "bob", value: "online", timestampMs: 1 }]), 1);
 * log.flush();
 * assertEquals(log.read(1).map(({ offset }) => offset), [1]);
 * ```
 *
 * Source: Kreps, Narkhede, Rao, "Kafka: a Distributed Messaging System for Log Processing", NetDB 2011.
 *
 * @module
 */
import { CorruptBatchError, readHeader } from "./batch_header.ts";
import { batchesOf, compact, finishCompaction, recordsOf, replace } from "./compact.ts";
import { type ProducerBatch, ProducerState } from "./producer_state.ts";
import { encode, type LogRecord, type NewRecord } from "./record_batch.ts";
import { type OpenFile, Segment } from "./segment.ts";

export interface LogOptions {
  /** A segment is closed before it grows beyond this. Default: 1 GiB, as Kafka's. */
  segmentBytes?: number;
  /** … or once the next record is so much younger than its first. Default: 7 days. */
  segmentMs?: number;
  /** Age at which `retain()` deletes. Default: never. */
  retentionMs?: number;
  /** Size to which `retain()` trims. Default: no limit. */
  retentionBytes?: number;
  /** Largest batch. Default: 1,048,588, as Kafka's `max.message.bytes`. */
  maxBatchBytes?: number;
  /** How long `compact()` keeps tombstones. Default: a day. */
  deleteRetentionMs?: number;
  /** `"compact"`: keys are required. Default: `"delete"`. */
  cleanup?: "delete" | "compact";
  /** Default: 4096. */
  indexIntervalBytes?: number;
  /** Opens the files that are written; a test's disk may be full. */
  openFile?: OpenFile;
}

export interface AppendOptions {
  compression?: "none" | "gzip";
  /** Numbers of an idempotent producer: the same batch again is acknowledged, and not appended. */
  producer?: ProducerBatch;
}

/** A batch larger than the log takes. */
export class RecordTooLargeError extends RangeError {
  override name = "RecordTooLargeError";
}

/** An offset that the log does not have, or no longer. */
export class OffsetOutOfRangeError extends RangeError {
  override name = "OffsetOutOfRangeError";
}

const DAY_MS = 86_400_000;

export class Log implements Disposable {
  readonly folder: string;
  readonly options: Required<Omit<LogOptions, "openFile">> & Pick<LogOptions, "openFile">;
  /** Bytes of a torn tail that opening cut off. */
  readonly cutBytes: number;
  #segments: Segment[];
  #producers = new ProducerState();

  private constructor(folder: string, options: LogOptions) {
    this.folder = folder;
    this.options = {
      segmentBytes: 1 << 30,
      segmentMs: 7 * DAY_MS,
      retentionMs: Infinity,
      retentionBytes: Infinity,
      maxBatchBytes: 1_048_588,
      deleteRetentionMs: DAY_MS,
      cleanup: "delete",
      indexIntervalBytes: 4096,
      ...options,
    };
    Deno.mkdirSync(folder, { recursive: true });
    finishCompaction(folder);
    const bases = [...Deno.readDirSync(folder)]
      .filter(({ name }) => /^\d{20}\.log$/.test(name))
      .map(({ name }) => Number(name.slice(0, 20)))
      .sort((a, b) => a - b);
    this.#segments = (bases.length > 0 ? bases : [0]).map((base) => this.#segmentAt(base));
    const active = this.#active;
    if (bases.length === 0) {
      this.cutBytes = 0;
      return;
    }
    this.#segments.forEach((segment, i) => {
      if (segment === active) return;
      segment.load();
      segment.nextOffset = bases[i + 1];
    });
    this.cutBytes = active.recover();
    this.#learnProducers();
  }

  /** Opens the log of a folder, made where there is none; a torn tail is cut off. */
  static open(folder: string, options: LogOptions = {}): Log {
    return new Log(folder, options);
  }

  #segmentAt(baseOffset: number): Segment {
    return new Segment(this.folder, baseOffset, this.options);
  }

  #learnProducers(): void {
    for (const segment of this.#segments) {
      if (segment.size === 0) continue;
      try {
        for (const { producer, count, baseOffset } of segment.headers()) {
          if (producer !== undefined) this.#producers.note(producer, count, baseOffset);
        }
      } catch (error) {
        if (!(error instanceof CorruptBatchError)) throw error;
      }
    }
  }

  get #active(): Segment {
    return this.#segments.at(-1)!;
  }

  /** The first offset that is still here. */
  get startOffset(): number {
    return this.#segments[0].baseOffset;
  }

  /** The offset that the next record gets. */
  get endOffset(): number {
    return this.#active.nextOffset;
  }

  /** Bytes of all segments. */
  get bytes(): number {
    return this.#segments.reduce((sum, { size }) => sum + size, 0);
  }

  /** From the oldest to the active one. */
  get segments(): readonly Readonly<
    Pick<Segment, "baseOffset" | "nextOffset" | "size" | "path" | "maxTimestampMs">
  >[] {
    return this.#segments;
  }

  /**
   * Appends records as one batch; returns the offset of the first.
   *
   * @throws {RecordTooLargeError} when the batch is larger than the log takes; nothing is appended
   * @throws {OutOfOrderSequenceError | ProducerFencedError} when a producer's numbers do not fit
   */
  append(records: readonly NewRecord[], { compression, producer }: AppendOptions = {}): number {
    if (this.options.cleanup === "compact" && records.some(({ key }) => key === null)) {
      throw new TypeError("Cannot append record: its key must be there in a compacted log");
    }
    if (producer !== undefined) {
      const offset = this.#producers.duplicateOf(producer, records.length);
      if (offset !== undefined) return offset;
    }
    const baseOffset = this.endOffset;
    const bytes = encode(records, { baseOffset, compression, producer });
    const { maxBatchBytes, segmentBytes, segmentMs } = this.options;
    if (bytes.length > maxBatchBytes) {
      throw new RecordTooLargeError(
        `Cannot append batch: it must be at most ${maxBatchBytes} bytes: received ${bytes.length}`,
      );
    }
    const { size, firstTimestampMs } = this.#active;
    const isOld = records[0].timestampMs - firstTimestampMs >= segmentMs;
    if (size > 0 && (isOld || size + bytes.length > segmentBytes)) this.roll();
    this.#active.append(bytes, readHeader(bytes)!);
    if (producer !== undefined) this.#producers.note(producer, records.length, baseOffset);
    return baseOffset;
  }

  /** Makes durable what was appended. */
  flush(): void {
    this.#active.sync();
  }

  /** Closes the active segment, unless it is empty, and begins another. */
  roll(): void {
    if (this.#active.size === 0) return;
    this.#active.close();
    this.#segments.push(this.#segmentAt(this.endOffset).create());
  }

  /**
   * Records from an offset on, whole batches of up to so many bytes, but at least one batch; none at the end.
   *
   * @throws {OffsetOutOfRangeError} before the start, or behind the end
   * @throws {CorruptBatchError} when the batch of the offset is damaged
   */
  read(offset: number, maxBytes: number = 1 << 20): LogRecord[] {
    if (!(offset >= this.startOffset && offset <= this.endOffset)) {
      throw new OffsetOutOfRangeError(
        `Cannot read log: offset must be ${this.startOffset} to ${this.endOffset}: received ${offset}`,
      );
    }
    for (let i = this.#indexOf(offset); i < this.#segments.length; i++) {
      if (this.#segments[i].size === 0) continue;
      const records = this.#segments[i].read(offset, maxBytes);
      if (records.length > 0) return records;
    }
    return [];
  }

  /** The segment of an offset: the last that begins at or before it. */
  #indexOf(offset: number): number {
    let low = 0, high = this.#segments.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#segments[middle].baseOffset <= offset) low = middle + 1;
      else high = middle;
    }
    return Math.max(0, low - 1);
  }

  /** All records from an offset on. */
  *records(from: number = this.startOffset): Generator<LogRecord> {
    for (let records; (records = this.read(from)).length > 0;) {
      yield* records;
      from = records.at(-1)!.offset + 1;
    }
  }

  /** The first offset whose batch has a record of this time or later; the end where there is none. */
  offsetAt(timestampMs: number): number {
    for (const segment of this.#segments) {
      if (segment.maxTimestampMs < timestampMs) continue;
      for (const { maxTimestampMs, baseOffset } of segment.headers()) {
        if (maxTimestampMs >= timestampMs) return baseOffset;
      }
    }
    return this.endOffset;
  }

  /** Deletes closed segments that are too old, or too many bytes; returns how many. */
  retain(nowMs: number): number {
    const { retentionMs, retentionBytes } = this.options;
    let count = 0, bytes = this.bytes;
    for (const { size, maxTimestampMs } of this.#segments.slice(0, -1)) {
      const isOld = nowMs - maxTimestampMs > retentionMs;
      if (!isOld && bytes - size < retentionBytes) break;
      bytes -= size;
      count++;
    }
    for (const segment of this.#segments.splice(0, count)) segment.remove();
    return count;
  }

  /** Deletes closed segments that hold nothing from an offset on; returns how many. */
  deleteBefore(offset: number): number {
    const count = this.#segments.slice(0, -1).filter(({ nextOffset }) => nextOffset <= offset)
      .length;
    for (const segment of this.#segments.splice(0, count)) segment.remove();
    return count;
  }

  /** Of each key keeps the last record only, in closed segments; no offset changes. */
  compact(nowMs: number): void {
    const { folder, options: { deleteRetentionMs, segmentBytes, indexIntervalBytes } } = this;
    const settings = { folder, nowMs, deleteRetentionMs, segmentBytes, indexIntervalBytes };
    const kept = compact(this.#segments.slice(0, -1), this.#active, settings);
    this.#segments = [...kept, this.#active];
  }

  /** A closed segment as it would be with other values, for `replaceSegment()`; no offset changes. */
  rewritten(baseOffset: number, change: (record: LogRecord) => LogRecord): Uint8Array[] {
    const segment = this.#segments[this.#closedAt(baseOffset)];
    return [...batchesOf(recordsOf(segment, segment.nextOffset).map(change).toArray())];
  }

  /** Puts batches in the place of a closed segment, at once or not at all. */
  replaceSegment(baseOffset: number, batches: readonly Uint8Array[]): void {
    const i = this.#closedAt(baseOffset), { folder, options: { indexIntervalBytes } } = this;
    this.#segments[i] = replace([this.#segments[i]], batches, { folder, indexIntervalBytes });
  }

  #closedAt(baseOffset: number): number {
    const i = this.#segments.slice(0, -1).findIndex((segment) => segment.baseOffset === baseOffset);
    if (i >= 0) return i;
    throw new RangeError(`Cannot change segment: a closed one must begin at ${baseOffset}`);
  }

  /** Makes all durable and closes the files. */
  close(): void {
    this.#active.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
