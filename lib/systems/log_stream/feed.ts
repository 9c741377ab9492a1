/**
 * Turns batches of a log, in the log's order, into numbered lines of deployments.
 *
 * What came twice, because an agent or an ingest server was not sure, is dropped by agent and number. Then lines are counted, so
 * an offset has no holes, and every reader that sees the same log counts the same: gateways need not ask each other.
 *
 * @module
 */
import type { Line, MemorySource } from "../stream_gateway/source.ts";
import type { LogRecord, NumberedRecord } from "./record.ts";

/** Counts lines of all deployments of a log. */
export class LineNumbers {
  /** Lines dropped because they had come before. */
  duplicates = 0;
  #next = new Map<string, number>();
  #lastSeq = new Map<string, number>();

  /** Numbers the lines of a batch that are new. */
  apply(records: readonly LogRecord[]): NumberedRecord[] {
    const numbered: NumberedRecord[] = [];
    for (const record of records) {
      const agent = `${record.deploymentId}/${record.agentId}`;
      if (record.seq <= (this.#lastSeq.get(agent) ?? -1)) {
        this.duplicates++;
        continue;
      }
      this.#lastSeq.set(agent, record.seq);
      const offset = this.#next.get(record.deploymentId) ?? 0;
      this.#next.set(record.deploymentId, offset + 1);
      numbered.push({ ...record, offset });
    }
    return numbered;
  }
}

/** A record as a gateway streams it. */
export function toLine(record: NumberedRecord, receivedMs: number): Line {
  return {
    offset: record.offset,
    json: JSON.stringify(record),
    text: record.more ? record.message : `${record.message}\n`,
    level: record.level,
    step: record.stepId,
    receivedMs,
  };
}

/** Batches as they stand in the log: JSON lines of one deployment. */
export function encodeBatch(records: readonly LogRecord[]): string {
  return records.map((record) => JSON.stringify(record)).join("\n");
}

/** Feeds a gateway's memory from a log. */
export class LogFeed {
  readonly numbers = new LineNumbers();
  #target: MemorySource;
  #nowMs: () => number;
  #onRecords: ((records: readonly NumberedRecord[]) => void) | undefined;

  constructor(
    target: MemorySource,
    nowMs: () => number,
    onRecords?: (records: readonly NumberedRecord[]) => void,
  ) {
    this.#target = target;
    this.#nowMs = nowMs;
    this.#onRecords = onRecords;
  }

  /** Takes the next batch of the log. */
  apply(batch: string | Uint8Array): void {
    const text = typeof batch === "string" ? batch : new TextDecoder().decode(batch);
    const records: LogRecord[] = text.split("\n").map((line) => JSON.parse(line));
    const numbered = this.numbers.apply(records);
    if (numbered.length === 0) return;
    this.#onRecords?.(numbered);
    const nowMs = this.#nowMs();
    this.#target.append(numbered[0].deploymentId, numbered.map((one) => toLine(one, nowMs)));
  }
}
