import { assert, assertEquals, assertThrows } from "@std/assert";
import { integer, stream } from "lib/sim/random.ts";
import {
  CorruptBatchError,
  HEADER_BYTES,
  readHeader,
} from "lib/systems/commit_log/batch_header.ts";
import { decode, encode, type NewRecord } from "lib/systems/commit_log/record_batch.ts";
import { readVarint, writeVarint } from "lib/systems/commit_log/varint.ts";

function randomRecords(random: () => number, count: number): NewRecord[] {
  const bytes = () =>
    random() < 0.1
      ? null
      : Uint8Array.from({ length: integer(random, 300) }, () => integer(random, 256));
  return Array.from({ length: count }, () => ({
    key: bytes(),
    value: bytes(),
    timestampMs: 1_700_000_000_000 + integer(random, 5e9) - 1e9,
    headers: Array.from({ length: integer(random, 3) }, (_, i) => [`h${i}`, bytes()] as const),
  }));
}

Deno.test("writeVarint() and readVarint() are inverse, in the bytes of Protocol Buffers' table", () => {
  const bytes = new Uint8Array(16);
  const table: [number, number[]][] = [
    [0, [0]],
    [-1, [1]],
    [1, [2]],
    [-2, [3]],
    [63, [126]],
    [-64, [127]],
    [64, [128, 1]],
    [0x7fffffff, [254, 255, 255, 255, 15]],
    [-0x80000000, [255, 255, 255, 255, 15]],
  ];
  for (const [value, expected] of table) {
    assertEquals([...bytes.subarray(0, writeVarint(bytes, 0, value))], expected);
  }
  const random = stream(1, "varints");
  for (let run = 0; run < 2000; run++) {
    const value = Math.round((random() - 0.5) * 2 ** integer(random, 53)) || 0;
    const cursor = { at: 3 };
    const end = writeVarint(bytes, 3, value);
    assertEquals([readVarint(bytes, cursor), cursor.at], [value, end]);
  }
  assertThrows(
    () => readVarint(new Uint8Array([200]), { at: 0 }),
    RangeError,
    "Cannot read varint: it must end within 8 bytes",
  );
});

Deno.test("decode() gives back what encode() was given, plain and packed", () => {
  const random = stream(1, "records");
  for (let run = 0; run < 200; run++) {
    const records = randomRecords(random, 1 + integer(random, 20));
    const baseOffset = integer(random, 2 ** 40);
    const compression = random() < 0.3 ? "gzip" : "none";
    const producer = random() < 0.5
      ? { id: integer(random, 2 ** 40), epoch: 3, sequence: 77 }
      : undefined;
    const bytes = encode(records, { baseOffset, compression, producer });
    const batch = decode(bytes);
    assertEquals(batch.size, bytes.length);
    assertEquals(batch.producer, producer);
    assertEquals(
      batch.records,
      records.map((record, i) => ({ ...record, offset: baseOffset + i })) as never,
    );
    assertEquals(batch.maxTimestampMs, Math.max(...records.map(({ timestampMs }) => timestampMs)));
  }
});

Deno.test("encode() writes the header that Kafka's documentation lays out", () => {
  const bytes = encode([{ key: "k", value: "v", timestampMs: 1 }], { baseOffset: 258 });
  // The record: length, attributes, times and offsets, "k", "v", no headers.
  assertEquals([...bytes.subarray(HEADER_BYTES)], [16, 0, 0, 0, 2, 107, 2, 118, 0]);
  assertEquals([...bytes.subarray(0, 17)], [0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 58, 0, 0, 0, 0, 2]);
  assertEquals([...bytes.subarray(21, 27)], [0, 0, 0, 0, 0, 0]);
  assertEquals([...bytes.subarray(43, 57)], new Array(14).fill(255));
  assertEquals([...bytes.subarray(57, 61)], [0, 0, 0, 1]);
});

Deno.test("encode() keeps gaps between offsets, and what an empty batch stands for", () => {
  const records = [1, 2].map((n) => ({ key: "k", value: `${n}`, timestampMs: n }));
  const gaps = decode(encode(records, { baseOffset: 10, offsets: [12, 17], lastOffset: 19 }));
  assertEquals([gaps.records.map(({ offset }) => offset), gaps.lastOffset], [[12, 17], 19]);
  assertEquals(readHeader(encode([], { baseOffset: 4, lastOffset: 6 }))!.lastOffset, 6);
  assertThrows(
    () => encode([]),
    RangeError,
    "Cannot encode batch: records must be at least 1: received 0",
  );
});

Deno.test("decode() refuses a flipped bit anywhere behind the sum, and names the offset", () => {
  const bytes = encode([{ key: "ann", value: "online", timestampMs: 5 }], { baseOffset: 42 });
  for (let bit = 17 * 8; bit < bytes.length * 8; bit++) {
    const flipped = bytes.slice();
    flipped[bit >> 3] ^= 1 << (bit & 7);
    const error = assertThrows(
      () => decode(flipped),
      CorruptBatchError,
      "Cannot read batch at offset 42: CRC-32C",
    );
    assertEquals(error.offset, 42);
  }
  for (let end = 0; end < bytes.length; end++) {
    assertThrows(() => decode(bytes.subarray(0, end)), CorruptBatchError, "size must be");
  }
  const other = bytes.slice();
  other[16] = 1;
  assertThrows(() => decode(other), CorruptBatchError, "version must be 2: received 1");
});

Deno.test("decode() of kafkajs reads our batch, and ours reads its batch", async () => {
  const { createRequire } = await import("node:module");
  const require = createRequire(import.meta.url);
  const { RecordBatch } = require("kafkajs/src/protocol/recordBatch/v0");
  const Record = require("kafkajs/src/protocol/recordBatch/record/v0");
  const decodeBatch = require("kafkajs/src/protocol/recordBatch/v0/decoder");
  const Decoder = require("kafkajs/src/protocol/decoder");
  const theirs = await RecordBatch({
    firstTimestamp: 1000,
    maxTimestamp: 1002,
    lastOffsetDelta: 1,
    records: [0, 1].map((n) =>
      Record({
        offsetDelta: n,
        timestampDelta: n * 2,
        key: "ann",
        value: `v${n}`,
        headers: { a: "b" },
      })
    ),
  });
  const text = (bytes: Uint8Array | null) => new TextDecoder().decode(bytes!);
  const { records } = decode(theirs.buffer);
  assertEquals(
    records.map((
      { value, timestampMs, headers },
    ) => [text(value), timestampMs, text(headers[0][1])]),
    [["v0", 1000, "b"], ["v1", 1002, "b"]],
  );
  const ours = encode([{ key: "ann", value: "hi", timestampMs: 7, headers: [["a", "b"]] }], {
    baseOffset: 3,
    compression: "gzip",
  });
  const read = await decodeBatch(new Decoder(Buffer.from(ours)));
  assertEquals(
    read.records.map((
      r: { offset: string; value: Uint8Array; timestamp: string },
    ) => [r.offset, text(r.value), r.timestamp]),
    [["3", "hi", "7"]],
  );
});

Deno.test("a header costs 61 bytes: 6 % of one record of 1 kB, a thousandth of that for a thousand", () => {
  const record = { key: null, value: "x".repeat(1000), timestampMs: 0 };
  const overhead = (count: number) =>
    encode(new Array(count).fill(record)).length / (count * 1000) - 1;
  assert(overhead(1) > 0.061 && overhead(1) < 0.075, `${overhead(1)}`);
  assert(overhead(1000) < 0.012, `${overhead(1000)}`);
});
