/**
 * A record as consumers of the pipeline see it: numbers as numbers, headers as text.
 *
 * @module
 */
import type { IHeaders, KafkaMessage } from "kafkajs";

export interface EventRecord {
  topic: string;
  partition: number;
  offset: number;
  key: string | null;
  value: Uint8Array | null;
  headers: Readonly<Record<string, string>>;
  timestampMs: number;
}

function textsOf(headers: IHeaders = {}): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, String(value ?? "")]),
  );
}

export function recordOf(
  topic: string,
  partition: number,
  { offset, key, value, headers, timestamp }: KafkaMessage,
): EventRecord {
  return {
    topic,
    partition,
    offset: Number(offset),
    key: key === null ? null : key.toString(),
    value,
    headers: textsOf(headers),
    timestampMs: Number(timestamp),
  };
}

/** The value of a record as text; empty for a tombstone. */
export function textOf({ value }: EventRecord): string {
  return value === null ? "" : new TextDecoder().decode(value);
}
