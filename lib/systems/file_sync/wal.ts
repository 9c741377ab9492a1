/**
 * A write-ahead log: what a device has promised to send, kept until the server has acknowledged it.
 *
 * A record is its length, a CRC-32 and JSON, appended and made durable before `append` resolves. An acknowledgement is
 * a record too. After a crash the log is read from its start; a torn last record, which nobody was promised, is cut off.
 * When nothing is left to send and the file has grown, another takes its place, which begins with the next id: the
 * server knows entries by their ids, so none may come twice.
 *
 * Simplified: a record is one write and one sync; whoever needs more than a disk's syncs a second groups them.
 *
 * @example
 * ```ts
 * import { WriteAheadLog } from "lib/systems/file_sync/wal.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const path = await Deno.makeTempFile();
 * {
 *   using wal = await WriteAheadLog.open<string>(path);
 *   await wal.append("edit a");
 *   await wal.ack(await wal.append("edit b"));
 * }
 * using again = await WriteAheadLog.open<string>(path);
 * assertEquals(again.pending, [{ id: 1, entry: "edit a" }]);
 * await Deno.remove(path);
 * ```
 *
 * @module
 */
import { crc32 } from "node:zlib";

/** An entry that is not acknowledged; ids rise by one. */
export interface Pending<E> {
  id: number;
  entry: E;
}

type Logged<E> = { id: number; entry: E } | { ack: number } | { next: number };

/** Bytes before the JSON of a record: its length and its CRC-32, both little-endian. */
const HEADER = 8;
/** A file larger than this many bytes starts anew when nothing is pending. */
const LARGE = 1 << 16;

function encode(record: unknown): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(record));
  const bytes = new Uint8Array(HEADER + json.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, json.length, true);
  view.setUint32(4, crc32(json), true);
  bytes.set(json, HEADER);
  return bytes;
}

/** The whole records at the start of the bytes, and where they end. */
function decode<E>(bytes: Uint8Array): { records: Logged<E>[]; end: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const records: Logged<E>[] = [];
  let at = 0;
  while (at + HEADER <= bytes.length) {
    const length = view.getUint32(at, true), next = at + HEADER + length;
    const json = bytes.subarray(at + HEADER, next);
    if (length === 0 || next > bytes.length || crc32(json) !== view.getUint32(at + 4, true)) break;
    records.push(JSON.parse(new TextDecoder().decode(json)));
    at = next;
  }
  return { records, end: at };
}

export class WriteAheadLog<E> implements Disposable {
  /** Bytes of a torn last record that opening cut off. */
  readonly dropped: number;
  #path: string;
  #file: Deno.FsFile;
  #pending: Map<number, E>;
  #nextId: number;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(
    path: string,
    file: Deno.FsFile,
    pending: Map<number, E>,
    nextId: number,
    dropped: number,
  ) {
    this.#path = path;
    this.#file = file;
    this.#pending = pending;
    this.#nextId = nextId;
    this.dropped = dropped;
  }

  /** Opens a log, or makes one. */
  static async open<E>(path: string): Promise<WriteAheadLog<E>> {
    const bytes = await Deno.readFile(path).catch((error) => {
      if (error instanceof Deno.errors.NotFound) return new Uint8Array();
      throw error; // it may be there: what cannot be read must not be cut off
    });
    const { records, end } = decode<E>(bytes);
    const pending = new Map<number, E>();
    let nextId = 1;
    for (const record of records) {
      if ("ack" in record) pending.delete(record.ack);
      else if ("next" in record) nextId = record.next;
      else {
        pending.set(record.id, record.entry);
        nextId = record.id + 1;
      }
    }
    const file = await Deno.open(path, { create: true, write: true });
    await file.truncate(end);
    await file.seek(end, Deno.SeekMode.Start);
    return new WriteAheadLog(path, file, pending, nextId, bytes.length - end);
  }

  /** Entries that are not acknowledged, oldest first. */
  get pending(): Pending<E>[] {
    return [...this.#pending].map(([id, entry]) => ({ id, entry }));
  }

  /** Keeps an entry; resolves to its id when it is durable. */
  append(entry: E): Promise<number> {
    return this.#inOrder(async () => {
      const id = this.#nextId++;
      await this.#write(encode({ id, entry }));
      this.#pending.set(id, entry);
      return id;
    });
  }

  /** Forgets an entry; once is enough. */
  ack(id: number): Promise<void> {
    return this.#inOrder(async () => {
      if (!this.#pending.delete(id)) return;
      await this.#write(encode({ ack: id }));
      const length = await this.#file.seek(0, Deno.SeekMode.Current);
      if (this.#pending.size === 0 && length > LARGE) await this.#startAnew();
    });
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }

  /** One write after the other, whatever became of the one before. */
  #inOrder<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(work, work);
    this.#last = mine.catch(() => {});
    return mine;
  }

  async #startAnew(): Promise<void> {
    const temporary = `${this.#path}.new`;
    const file = await Deno.open(temporary, { create: true, truncate: true, write: true });
    this.#file.close();
    this.#file = file;
    await this.#write(encode({ next: this.#nextId }));
    await Deno.rename(temporary, this.#path);
  }

  /** Appends and syncs; takes back what it could write in part, for example on a full disk. */
  async #write(bytes: Uint8Array): Promise<void> {
    const start = await this.#file.seek(0, Deno.SeekMode.Current);
    try {
      for (let done = 0; done < bytes.length;) done += await this.#file.write(bytes.subarray(done));
      await this.#file.syncData();
    } catch (error) {
      await this.#file.truncate(start);
      await this.#file.seek(start, Deno.SeekMode.Start);
      throw error;
    }
  }
}
