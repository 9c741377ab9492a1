/**
 * Batches that could not be sent yet, on disk, up to a limit.
 *
 * Each batch is a file. When the limit is reached, the oldest debug lines go first, then info, then warnings; errors are never
 * dropped. If nothing may be dropped any more, the spool is full, and its owner stops reading: the log file itself is the
 * buffer then.
 *
 * Simplified: not synced to the platter.
 *
 * @module
 */
import { join } from "node:path";
import { replaceFile } from "./place.ts";
import { LEVELS, type LogRecord } from "./record.ts";

interface Batch {
  name: string;
  bytes: number;
  lines: number;
}

/** Room before the first batch, for those that come back. */
const FIRST_NUMBER = 500_000_000;
const NEWLINE = 10;

/** A first-in first-out queue of batches on disk. */
export class Spool {
  /** Lines given up so far, by level. */
  readonly dropped: Record<string, number> = {};
  #folder: string;
  #maxBytes: number;
  #batches: Batch[] = [];
  #bytes = 0;
  #number = FIRST_NUMBER;

  constructor(folder: string, { maxBytes }: { maxBytes: number }) {
    this.#folder = folder;
    this.#maxBytes = maxBytes;
    Deno.mkdirSync(folder, { recursive: true });
    const names = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    for (const name of names.filter((name) => /^\d+\.ndjson$/.test(name))) {
      const text = Deno.readFileSync(join(folder, name)), bytes = text.length;
      this.#batches.push({ name, bytes, lines: text.filter((byte) => byte === NEWLINE).length });
      this.#bytes += bytes;
      this.#number = Number.parseInt(name) + 1;
    }
  }

  get length(): number {
    return this.#batches.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Of all batches. */
  get lines(): number {
    return this.#batches.reduce((sum, { lines }) => sum + lines, 0);
  }

  /** Whether errors alone fill it. */
  get isFull(): boolean {
    return this.#bytes >= this.#maxBytes;
  }

  /** Keeps a batch, at the price of less important lines. */
  add(records: readonly LogRecord[]): void {
    this.#batches.push(this.#make(this.#number++, records));
    this.#fit();
  }

  /** Puts a batch back to the front. */
  unshift(records: readonly LogRecord[]): void {
    const first = this.#batches[0]?.name;
    const number = first === undefined ? this.#number++ : Number.parseInt(first) - 1;
    this.#batches.unshift(this.#make(number, records));
    this.#fit();
  }

  #make(number: number, records: readonly LogRecord[]): Batch {
    const name = `${`${number}`.padStart(9, "0")}.ndjson`;
    const bytes = this.#write(name, records);
    this.#bytes += bytes;
    return { name, bytes, lines: records.length };
  }

  #fit(): void {
    for (const level of LEVELS.slice(0, -1)) if (this.#bytes > this.#maxBytes) this.#drop(level);
  }

  /** The oldest batch. */
  first(): LogRecord[] | undefined {
    const batch = this.#batches[0];
    return batch && this.#read(batch);
  }

  /** Forgets the oldest batch. */
  shift(): void {
    const batch = this.#batches.shift();
    if (batch === undefined) return;
    this.#bytes -= batch.bytes;
    Deno.removeSync(join(this.#folder, batch.name));
  }

  #drop(level: string): void {
    for (const batch of [...this.#batches]) {
      if (this.#bytes <= this.#maxBytes) return;
      const records = this.#read(batch), left = records.filter((record) => record.level !== level);
      if (left.length === records.length) continue;
      this.dropped[level] = (this.dropped[level] ?? 0) + records.length - left.length;
      this.#bytes -= batch.bytes;
      batch.bytes = this.#write(batch.name, left);
      batch.lines = left.length;
      this.#bytes += batch.bytes;
    }
  }

  #read({ name }: Batch): LogRecord[] {
    const text = Deno.readTextFileSync(join(this.#folder, name));
    return text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
  }

  #write(name: string, records: readonly LogRecord[]): number {
    const text = records.map((record) => `${JSON.stringify(record)}\n`).join("");
    const bytes = new TextEncoder().encode(text);
    replaceFile(join(this.#folder, name), bytes);
    return bytes.length;
  }
}
