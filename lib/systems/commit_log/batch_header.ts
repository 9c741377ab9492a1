/**
 * The 61 bytes before the records of a batch: enough to know its offsets, its times and its producer, and to check it.
 *
 * | at | field | at | field |
 * | --- | --- | --- | --- |
 * | 0 | base offset, 8 bytes | 27 | time of the first record, 8 |
 * | 8 | bytes that follow, 4 | 35 | latest time, 8 |
 * | 12 | epoch of the leader, 4 | 43 | producer, 8 |
 * | 16 | version 2, 1 | 51 | its epoch, 2 |
 * | 17 | CRC-32C, 4 | 53 | its sequence number, 4 |
 * | 21 | attributes, 2 | 57 | records, 4 |
 * | 23 | last offset - base offset, 4 | 61 | the records |
 *
 * Source: Kafka, Message Format, "Record Batch".
 *
 * @module
 */
import { crc32c } from "../../structures/crc32c.ts";

/** Bytes before the first record of a batch. */
export const HEADER_BYTES = 61;
/** Offset and length, which say where the next batch begins. */
export const LENGTH_BYTES = 12;
export const CRC_AT = 17;
export const ATTRIBUTES_AT = 21;
export const GZIP = 1;
export const TRANSACTIONAL = 16;
const CODECS = 7, CONTROL = 32;

/** What the header says. */
export interface BatchHeader {
  baseOffset: number;
  lastOffset: number;
  /** Bytes of the whole batch. */
  size: number;
  count: number;
  maxTimestampMs: number;
  baseTimestampMs: number;
  compression: number;
  isTransactional: boolean;
  /** Marks the end of a transaction; not for readers. */
  isControl: boolean;
  producer?: { id: number; epoch: number; sequence: number };
}

/** A batch whose bytes are not what was written. */
export class CorruptBatchError extends Error {
  override name = "CorruptBatchError";
  constructor(readonly offset: number, rule: string, received: string) {
    super(`Cannot read batch at offset ${offset}: ${rule}: received ${received}`);
  }
}

export function setInt64(view: DataView, at: number, value: number): void {
  view.setInt32(at, Math.floor(value / 4294967296));
  view.setUint32(at + 4, value >>> 0);
}

function getInt64(view: DataView, at: number): number {
  return view.getInt32(at) * 4294967296 + view.getUint32(at + 4);
}

/**
 * What the header at a place says; `undefined` where the bytes end within the header.
 *
 * @throws {CorruptBatchError} for another version, or a length that no batch has
 */
export function readHeader(bytes: Uint8Array, at = 0): BatchHeader | undefined {
  if (bytes.length - at < HEADER_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, HEADER_BYTES);
  const baseOffset = getInt64(view, 0), size = view.getInt32(8) + LENGTH_BYTES;
  const magic = view.getInt8(16);
  if (magic !== 2) throw new CorruptBatchError(baseOffset, "version must be 2", `${magic}`);
  if (size < HEADER_BYTES) {
    throw new CorruptBatchError(baseOffset, `size must be at least ${HEADER_BYTES}`, `${size}`);
  }
  const attributes = view.getInt16(ATTRIBUTES_AT), id = getInt64(view, 43);
  return {
    baseOffset,
    size,
    lastOffset: baseOffset + view.getInt32(23),
    count: view.getInt32(57),
    baseTimestampMs: getInt64(view, 27),
    maxTimestampMs: getInt64(view, 35),
    compression: attributes & CODECS,
    isTransactional: (attributes & TRANSACTIONAL) !== 0,
    isControl: (attributes & CONTROL) !== 0,
    ...(id >= 0 &&
      { producer: { id, epoch: view.getInt16(51), sequence: view.getInt32(53) } }),
  };
}

/** Checks the sum over a whole batch. @throws {CorruptBatchError} */
export function checkSum(bytes: Uint8Array, at: number, header: BatchHeader): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at);
  const stored = view.getUint32(CRC_AT);
  const computed = crc32c(bytes.subarray(at + ATTRIBUTES_AT, at + header.size));
  if (stored === computed) return;
  throw new CorruptBatchError(
    header.baseOffset,
    `CRC-32C must be ${stored.toString(16)}`,
    computed.toString(16),
  );
}
