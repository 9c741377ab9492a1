/**
 * One piece of a log on disk: batches one after the other in `.log`, and in `.index` where some of them lie.
 *
 * Both are named after the offset of the first record, in 20 digits, as Kafka names them; `.index` holds, for a batch
 * about every 4096 bytes, its offset less the base and its position, 4 bytes each. A read looks up the nearest entry
 * before its offset, reads from there, and steps over what comes too early. Batches are only ever appended; a write that
 * fails is cut off again, so that the file ends with a whole batch.
 *
 * Opening a segment reads its headers. The last one of a log is also checked: what does not end as a whole batch with
 * the right sum is a torn tail, of a crash in the middle of a write, and is cut off. A wrong sum with whole batches behind
 * it is no torn tail: such damage stays, and is an error for who reads there.
 *
 * Simplified: no index by time; a search by time steps over headers.
 *
 * @module
 */
import { join } from "node:path";
import {
  type BatchHeader,
  checkSum,
  CorruptBatchError,
  HEADER_BYTES,
  readHeader,
} from "./batch_header.ts";
import { decode, type LogRecord } from "./record_batch.ts";

/** The part of `Deno.FsFile` that a segment writes with. */
export interface AppendFile {
  writeSync(bytes: Uint8Array): number;
  truncateSync(size: number): void;
  seekSync(offset: number, whence: Deno.SeekMode): number;
  syncDataSync(): void;
  close(): void;
}

export type OpenFile = (path: string) => AppendFile;

/** Opens a file for writing, made where there is none. */
export function openForWriting(path: string): AppendFile {
  return Deno.openSync(path, { create: true, write: true });
}

const CHUNK_BYTES = 1 << 16;

export function segmentName(baseOffset: number): string {
  return String(baseOffset).padStart(20, "0");
}

/** A batch as its header says, and where it lies. */
export interface PlacedHeader extends BatchHeader {
  position: number;
}

/** Reads a file as far as a buffer goes; returns the bytes that there are. */
function readAt(file: Deno.FsFile, position: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  file.seekSync(position, Deno.SeekMode.Start);
  let filled = 0;
  while (filled < length) {
    const size = file.readSync(bytes.subarray(filled));
    if (size === null) break;
    filled += size;
  }
  return bytes.subarray(0, filled);
}

export class Segment {
  readonly baseOffset: number;
  readonly path: string;
  /** Bytes of `.log`. */
  size = 0;
  nextOffset: number;
  /** Of all its records; -Infinity without any. */
  maxTimestampMs = -Infinity;
  /** Of the first batch, from which its age counts. */
  firstTimestampMs = Infinity;
  #indexed = 0;
  #offsets: number[] = [];
  #positions: number[] = [];
  #file: AppendFile | undefined;
  #openFile: OpenFile;
  #indexIntervalBytes: number;

  constructor(
    folder: string,
    baseOffset: number,
    options: { indexIntervalBytes?: number; openFile?: OpenFile } = {},
  ) {
    this.baseOffset = baseOffset;
    this.nextOffset = baseOffset;
    this.path = join(folder, segmentName(baseOffset));
    this.#openFile = options.openFile ?? openForWriting;
    this.#indexIntervalBytes = options.indexIntervalBytes ?? 4096;
  }

  /** Makes its file, so that its name, and so its first offset, outlasts a crash. */
  create(): this {
    this.#file ??= this.#openFile(`${this.path}.log`);
    return this;
  }

  /** Appends a batch that is encoded with its offsets. */
  append(bytes: Uint8Array, header: BatchHeader): void {
    this.#file ??= this.#openFile(`${this.path}.log`);
    this.#file.seekSync(this.size, Deno.SeekMode.Start);
    try {
      for (let done = 0; done < bytes.length;) {
        done += this.#file.writeSync(bytes.subarray(done));
      }
    } catch (error) {
      this.#file.truncateSync(this.size);
      throw error;
    }
    this.#note({ ...header, position: this.size });
    this.size += bytes.length;
  }

  /** Puts what was appended on the disk. */
  sync(): void {
    this.#file?.syncDataSync();
  }

  /** Takes note of a batch: where it lies, and what it means for the whole. */
  #note({ lastOffset, baseOffset, position, maxTimestampMs, baseTimestampMs }: PlacedHeader): void {
    if (position - this.#indexed >= this.#indexIntervalBytes) {
      this.#offsets.push(baseOffset);
      this.#positions.push(position);
      this.#indexed = position;
    }
    this.nextOffset = lastOffset + 1;
    this.maxTimestampMs = Math.max(this.maxTimestampMs, maxTimestampMs);
    this.firstTimestampMs = Math.min(this.firstTimestampMs, baseTimestampMs);
  }

  /** The last indexed position at or before an offset. */
  #positionOf(offset: number): number {
    let low = 0, high = this.#offsets.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#offsets[middle] <= offset) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? 0 : this.#positions[low - 1];
  }

  /**
   * The records from an offset on, of as many whole batches as fit into the bytes, but at least one.
   *
   * A damaged batch ends them; where it is the first, it is the error.
   *
   * @throws {CorruptBatchError} when the batch of the offset is damaged
   */
  read(offset: number, maxBytes: number): LogRecord[] {
    const records: LogRecord[] = [];
    let position = this.#positionOf(offset), left = Math.max(maxBytes, HEADER_BYTES);
    using file = Deno.openSync(`${this.path}.log`);
    let isFirst = true;
    while (position < this.size && (left > 0 || isFirst)) {
      const length = Math.min(this.size - position, left + this.#indexIntervalBytes);
      const bytes = readAt(file, position, Math.max(HEADER_BYTES, length));
      let at = 0;
      try {
        for (let header; (header = readHeader(bytes, at)) !== undefined;) {
          if (header.lastOffset >= offset) {
            if (!isFirst && header.size > left) return records;
            if (bytes.length - at < header.size) {
              if (!isFirst) return records;
              left = header.size;
              break;
            }
            for (const record of decode(bytes, at).records) {
              if (record.offset >= offset && !header.isControl) records.push(record);
            }
            left -= header.size;
            isFirst = records.length === 0;
          }
          at += header.size;
        }
      } catch (error) {
        if (records.length > 0) return records;
        throw error;
      }
      if (at === 0 && bytes.length >= this.size - position) break;
      position += at;
    }
    return records;
  }

  /** The headers of all batches, in order. @throws {CorruptBatchError} where none begins */
  *headers(): Generator<PlacedHeader> {
    using file = Deno.openSync(`${this.path}.log`);
    const size = file.statSync().size;
    let position = 0, start = 0;
    let bytes: Uint8Array = new Uint8Array(0);
    while (size - position >= HEADER_BYTES) {
      if (position + HEADER_BYTES > start + bytes.length) {
        start = position;
        bytes = readAt(file, start, Math.min(CHUNK_BYTES, size - start));
      }
      const header = readHeader(bytes, position - start)!;
      if (position + header.size > size) return;
      yield { ...header, position };
      position += header.size;
    }
  }

  /** Reads the headers of a segment that was closed in good order. */
  load(): void {
    const { size } = Deno.statSync(`${this.path}.log`);
    try {
      for (const header of this.headers()) {
        this.#note(header);
        this.size = header.position + header.size;
      }
    } catch (error) {
      if (!(error instanceof CorruptBatchError)) throw error;
    }
    // What follows a damaged header cannot be found by stepping; who reads there hears of it.
    this.size = size;
  }

  /** Reads and checks the last segment of a log, and cuts off a torn tail; returns the bytes that were cut. */
  recover(): number {
    const bytes = Deno.readFileSync(`${this.path}.log`);
    const placed: PlacedHeader[] = [];
    let end = 0, position = 0;
    try {
      for (let header; (header = readHeader(bytes, position)) !== undefined;) {
        if (position + header.size > bytes.length) break;
        placed.push({ ...header, position });
        position += header.size;
        if (isWhole(bytes, placed.at(-1)!)) end = position;
      }
    } catch (error) {
      if (!(error instanceof CorruptBatchError)) throw error;
    }
    for (const header of placed) {
      if (header.position < end) this.#note(header);
    }
    this.size = end;
    if (end < bytes.length) Deno.truncateSync(`${this.path}.log`, end);
    return bytes.length - end;
  }

  /** Writes the index beside the log, both to the disk, and lets go of the file. */
  close(): void {
    if (this.#file === undefined) return;
    this.sync();
    this.#file.close();
    this.#file = undefined;
    const index = new DataView(new ArrayBuffer(this.#offsets.length * 8));
    for (let i = 0; i < this.#offsets.length; i++) {
      index.setInt32(i * 8, this.#offsets[i] - this.baseOffset);
      index.setInt32(i * 8 + 4, this.#positions[i]);
    }
    Deno.writeFileSync(`${this.path}.index`, new Uint8Array(index.buffer));
  }

  /** Removes its files. */
  remove(): void {
    this.#file?.close();
    this.#file = undefined;
    for (const end of [".log", ".index"]) {
      try {
        Deno.removeSync(this.path + end);
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
    }
  }
}

function isWhole(bytes: Uint8Array, header: PlacedHeader): boolean {
  try {
    checkSum(bytes, header.position, header);
    return true;
  } catch (error) {
    if (error instanceof CorruptBatchError) return false;
    throw error;
  }
}
