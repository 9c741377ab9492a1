/**
 * Records in Protocol Buffers, by npm protobufjs.
 *
 * @example
 * ```ts
 * import { decodeRecords, encodeRecords } from "lib/systems/log_stream/protobuf.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const record = {
 *   deploymentId: "acme.1", stepId: "build", timestamp: 1, level: "info" as const, message: "hi",
 *   redactionState: "clean" as const, agentId: "a", seq: 0, offset: 300,
 * };
 * assertEquals(decodeRecords(encodeRecords([record])), [record]);
 * ```
 *
 * @module
 */
import protobuf from "protobufjs";
import type { NumberedRecord } from "./record.ts";

/** The schema, as a file for other languages would have it. */
export const SCHEMA = `syntax = "proto3";
message LogRecord {
  string deploymentId = 1;
  string stepId = 2;
  uint64 timestamp = 3;
  string level = 4;
  string message = 5;
  map<string, string> metadata = 6;
  string redactionState = 7;
  string agentId = 8;
  uint64 seq = 9;
  bool more = 10;
  uint64 offset = 11;
}
message LogBatch { repeated LogRecord records = 1; }
`;

const Batch = protobuf.parse(SCHEMA, { keepCase: true }).root.lookupType("LogBatch");

/** A batch as bytes. */
export function encodeRecords(records: readonly NumberedRecord[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Batch.encode({ records } as unknown as protobuf.Message).finish());
}

/** The records of a batch. */
export function decodeRecords(bytes: Uint8Array): NumberedRecord[] {
  const plain = Batch.toObject(Batch.decode(bytes), { longs: Number, arrays: true });
  return plain.records.map((record: Record<string, unknown>) => ({
    timestamp: 0,
    seq: 0,
    offset: 0,
    ...record,
  }));
}
