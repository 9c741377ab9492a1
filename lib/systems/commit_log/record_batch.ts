/**
 * Kafka's record batch, version 2, byte for byte: what producers send, brokers store and consumers get.
 *
 * A header of 61 bytes is followed by records, each a length and zigzag varints for all that is small: the distance of
 * its timestamp and offset from the header's, the sizes of key, value and headers. A CRC-32C covers everything from the
 * attributes on, so that a broker may assign the offset, which lies before, without a new sum. gzip takes the records as
 * one piece. `decode()` gives views of the bytes that it was given, no copies, where they were not compressed.
 *
 * Simplified: gzip only, since Kafka's other codecs (snappy, lz4, zstd) need libraries; no control batches of our own.
 *
 * @example
 * ```ts
 * import { decode, encode } from "./record_batch.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = encode([{ key: "ann", value: "hello", timestampMs: 5 }], { baseOffset: 7 });
 * const { records, size } = decode(bytes);
 * assertEquals([size, records[0].offset], [bytes.length, 7]);
 * assertEquals(new TextDecoder().decode(records[0].value!), "hello");
 * ```
 *
 * Source: Kafka, Message Format, "Record Batch".
 *
 * @module
 */
import { gunzipSync, gzipSync } from "node:zlib";
import { crc32c } from "../../structures/crc32c.ts";
import {
  ATTRIBUTES_AT,
  type BatchHeader,
  checkSum,
  CorruptBatchError,
  CRC_AT,
  GZIP,
  HEADER_BYTES,
  LENGTH_BYTES,
  readHeader,
  setInt64,
  TRANSACTIONAL,
} from "./batch_header.ts";
import { MOST_VARINT_BYTES, readVarint, writeVarint } from "./varint.ts";

export type Bytes = string | Uint8Array | null;

/** A record to be appended; text is stored as UTF-8. */
export interface NewRecord {
  key: Bytes;
  /** `null` is a tombstone: it ends the key in a compacted log. */
  value: Bytes;
  timestampMs: number;
  headers?: readonly (readonly [name: string, value: Bytes])[];
}

/** A record as it is in the log. */
export interface LogRecord {
  offset: number;
  key: Uint8Array | null;
  value: Uint8Array | null;
  timestampMs: number;
  headers: readonly (readonly [name: string, value: Uint8Array | null])[];
}

export interface EncodeOptions {
  /** Offset of the first record. Default: 0. */
  baseOffset?: number;
  compression?: "none" | "gzip";
  /** Of an idempotent producer: who it is, and the number of its first record. */
  producer?: { id: number; epoch: number; sequence: number };
  isTransactional?: boolean;
  /** The offset of each record, in rising order, where they have gaps. Default: one after the other. */
  offsets?: readonly number[];
  /** The last offset that the batch stands for, where its last records are gone. */
  lastOffset?: number;
}

export interface Batch extends BatchHeader {
  records: LogRecord[];
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
let scratch = new Uint8Array(1 << 16);

function bytesOf(value: Bytes): Uint8Array | null {
  return typeof value === "string" ? encoder.encode(value) : value;
}

function grow(needed: number): void {
  if (needed <= scratch.length) return;
  const larger = new Uint8Array(Math.max(needed, 2 * scratch.length));
  larger.set(scratch);
  scratch = larger;
}

function writeBytes(at: number, bytes: Uint8Array | null): number {
  if (bytes === null) return writeVarint(scratch, at, -1);
  const start = writeVarint(scratch, at, bytes.length);
  scratch.set(bytes, start);
  return start + bytes.length;
}

/** Bytes that a number from 0 up takes as a zigzag varint. */
function widthOf(value: number): number {
  return value < 64 ? 1 : value < 8192 ? 2 : value < 1048576 ? 3 : value < 134217728 ? 4 : 5;
}

/** Writes one record at a place of `scratch`; returns where the next one goes. */
function writeRecord(
  at: number,
  { key, value, timestampMs, headers = [] }: NewRecord,
  offsetDelta: number,
  baseTimestampMs: number,
): number {
  const [keyBytes, valueBytes] = [bytesOf(key), bytesOf(value)];
  const named = headers.map(([name, header]) => [encoder.encode(name), bytesOf(header)] as const);
  const content = (keyBytes?.length ?? 0) + (valueBytes?.length ?? 0) +
    named.reduce((sum, [name, header]) => sum + name.length + (header?.length ?? 0) + 16, 0);
  grow(at + content + 8 * MOST_VARINT_BYTES);
  // The body first, behind room for its length; a length of another width than expected moves it.
  const room = widthOf(content + 8);
  const start = at + room;
  let end = start;
  scratch[end++] = 0;
  end = writeVarint(scratch, end, timestampMs - baseTimestampMs);
  end = writeVarint(scratch, end, offsetDelta);
  end = writeBytes(end, keyBytes);
  end = writeBytes(end, valueBytes);
  end = writeVarint(scratch, end, named.length);
  for (const [name, header] of named) end = writeBytes(writeBytes(end, name), header);
  const width = widthOf(end - start);
  if (width !== room) scratch.copyWithin(at + width, start, end);
  writeVarint(scratch, at, end - start);
  return at + width + end - start;
}

/**
 * A batch of records as bytes.
 *
 * @throws {RangeError} without a record, unless `lastOffset` says what the empty batch stands for
 */
export function encode(records: readonly NewRecord[], options: EncodeOptions = {}): Uint8Array {
  const { baseOffset = 0, compression = "none", producer, isTransactional = false, offsets } =
    options;
  const { lastOffset = offsets?.at(-1) ?? baseOffset + records.length - 1 } = options;
  if (lastOffset < baseOffset) {
    throw new RangeError("Cannot encode batch: records must be at least 1: received 0");
  }
  const baseTimestampMs = records[0]?.timestampMs ?? 0;
  let maxTimestampMs = baseTimestampMs, end = HEADER_BYTES;
  for (let i = 0; i < records.length; i++) {
    const delta = offsets === undefined ? i : offsets[i] - baseOffset;
    maxTimestampMs = Math.max(maxTimestampMs, records[i].timestampMs);
    end = writeRecord(end, records[i], delta, baseTimestampMs);
  }
  const packed = compression === "gzip" && gzipSync(scratch.subarray(HEADER_BYTES, end));
  const size = packed ? HEADER_BYTES + packed.length : end;
  const bytes = packed ? new Uint8Array(size) : scratch.slice(0, size);
  if (packed) bytes.set(packed, HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  setInt64(view, 0, baseOffset);
  view.setInt32(8, size - LENGTH_BYTES);
  view.setInt32(12, 0);
  view.setInt8(16, 2);
  view.setInt16(ATTRIBUTES_AT, (packed ? GZIP : 0) | (isTransactional ? TRANSACTIONAL : 0));
  view.setInt32(23, lastOffset - baseOffset);
  setInt64(view, 27, baseTimestampMs);
  setInt64(view, 35, maxTimestampMs);
  setInt64(view, 43, producer?.id ?? -1);
  view.setInt16(51, producer?.epoch ?? -1);
  view.setInt32(53, producer?.sequence ?? -1);
  view.setInt32(57, records.length);
  view.setUint32(CRC_AT, crc32c(bytes.subarray(ATTRIBUTES_AT)));
  return bytes;
}

function readBytes(bytes: Uint8Array, cursor: { at: number }): Uint8Array | null {
  const length = readVarint(bytes, cursor);
  if (length < 0) return null;
  cursor.at += length;
  return bytes.subarray(cursor.at - length, cursor.at);
}

const NO_HEADERS: LogRecord["headers"] = [];

function readHeaders(bytes: Uint8Array, cursor: { at: number }): LogRecord["headers"] {
  const count = readVarint(bytes, cursor);
  if (count === 0) return NO_HEADERS;
  return Array.from({ length: count }, () => {
    const name = decoder.decode(readBytes(bytes, cursor)!);
    return [name, readBytes(bytes, cursor)] as const;
  });
}

function unpack(bytes: Uint8Array, { compression, baseOffset }: BatchHeader): Uint8Array {
  if (compression === 0) return bytes;
  if (compression === GZIP) {
    const { buffer, byteOffset, length } = gunzipSync(bytes);
    return new Uint8Array(buffer, byteOffset, length);
  }
  throw new CorruptBatchError(baseOffset, "codec must be none or gzip", `number ${compression}`);
}

/**
 * The batch at a place of the bytes.
 *
 * @throws {CorruptBatchError} when it is not whole, or its sum is wrong
 */
export function decode(bytes: Uint8Array, at = 0): Batch {
  const header = readHeader(bytes, at);
  if (header === undefined || bytes.length - at < header.size) {
    throw new CorruptBatchError(
      header?.baseOffset ?? -1,
      `size must be ${header?.size ?? `at least ${HEADER_BYTES}`}`,
      `${bytes.length - at}`,
    );
  }
  checkSum(bytes, at, header);
  const body = unpack(bytes.subarray(at + HEADER_BYTES, at + header.size), header);
  const cursor = { at: 0 };
  const records: LogRecord[] = new Array(header.count);
  for (let i = 0; i < header.count; i++) {
    readVarint(body, cursor);
    cursor.at++;
    const timestampMs = header.baseTimestampMs + readVarint(body, cursor);
    const offset = header.baseOffset + readVarint(body, cursor);
    const key = readBytes(body, cursor), value = readBytes(body, cursor);
    records[i] = { offset, key, value, timestampMs, headers: readHeaders(body, cursor) };
  }
  return { ...header, records };
}
