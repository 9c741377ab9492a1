/**
 * A log whose older segments live in an object store, at a tenth of the price of a disk.
 *
 * Closed segments are copied to the store under their names; once they are there, the local files go. A read below the
 * local start fetches the one segment that it needs and keeps it for the next read, as readers of history go on. What
 * readers see is one log, from the first offset in the store to the local end.
 *
 * Simplified: the list of objects is the list of segments, Kafka keeps it in a topic; one segment is kept at a time.
 *
 * @module
 */
import { join } from "node:path";
import { type Log, OffsetOutOfRangeError } from "./log.ts";
import type { LogRecord } from "./record_batch.ts";
import { Segment } from "./segment.ts";

/** A store of objects that are written once and read whole. */
export interface ObjectStore {
  put(name: string, bytes: Uint8Array): Promise<void>;
  get(name: string): Promise<Uint8Array>;
  /** All names, sorted. */
  list(): Promise<string[]>;
}

/** Objects as files of a folder. */
export function folderStore(folder: string): ObjectStore {
  return {
    async put(name, bytes) {
      await Deno.mkdir(folder, { recursive: true });
      await Deno.writeFile(join(folder, `.${name}`), bytes);
      await Deno.rename(join(folder, `.${name}`), join(folder, name));
    },
    get: (name) => Deno.readFile(join(folder, name)),
    async list() {
      const names: string[] = [];
      for await (const { name } of Deno.readDir(folder)) if (/^\d/.test(name)) names.push(name);
      return names.sort();
    },
  };
}

export class TieredLog {
  readonly log: Log;
  readonly store: ObjectStore;
  /** Segments fetched from the store. */
  fetches = 0;
  #folder: string;
  #bases: number[];
  #fetched: Segment | undefined;

  private constructor(log: Log, store: ObjectStore, folder: string, bases: number[]) {
    this.log = log;
    this.store = store;
    this.#folder = folder;
    this.#bases = bases;
  }

  /** A log with its store; `cacheFolder` is for fetched segments. */
  static async open(log: Log, store: ObjectStore, cacheFolder: string): Promise<TieredLog> {
    await Deno.mkdir(cacheFolder, { recursive: true });
    const names = await store.list().catch(() => []);
    return new TieredLog(log, store, cacheFolder, names.map((name) => parseInt(name)));
  }

  get startOffset(): number {
    return Math.min(this.#bases[0] ?? Infinity, this.log.startOffset);
  }

  /** Moves closed segments whose records are all older than a time to the store; returns how many. */
  async offload(beforeMs: number): Promise<number> {
    const closed = this.log.segments.slice(0, -1);
    const old = closed.findIndex(({ maxTimestampMs }) => maxTimestampMs >= beforeMs);
    const moving = old === -1 ? closed : closed.slice(0, old);
    for (const { baseOffset, path } of moving) {
      const bytes = await Deno.readFile(`${path}.log`);
      await this.store.put(`${String(baseOffset).padStart(20, "0")}.log`, bytes);
      if (!this.#bases.includes(baseOffset)) this.#bases.push(baseOffset);
    }
    // Only what the store has acknowledged is deleted here.
    if (moving.length > 0) this.log.deleteBefore(moving.at(-1)!.nextOffset);
    return moving.length;
  }

  /**
   * Records from an offset on, wherever they are.
   *
   * @throws {OffsetOutOfRangeError} for an offset that is in neither place
   */
  async read(offset: number, maxBytes: number = 1 << 20): Promise<LogRecord[]> {
    if (offset >= this.log.startOffset) return this.log.read(offset, maxBytes);
    for (const base of this.#bases.filter((_, i) => (this.#bases[i + 1] ?? Infinity) > offset)) {
      if (base > offset && base === this.#bases[0]) break;
      const records = (await this.#fetch(base)).read(offset, maxBytes);
      if (records.length > 0) return records;
    }
    if (offset >= this.startOffset) return this.log.read(this.log.startOffset, maxBytes);
    throw new OffsetOutOfRangeError(
      `Cannot read log: offset must be ${this.startOffset} to ${this.log.endOffset}: received ${offset}`,
    );
  }

  async #fetch(base: number): Promise<Segment> {
    if (this.#fetched?.baseOffset === base) return this.#fetched;
    this.#fetched?.remove();
    const segment = new Segment(this.#folder, base);
    const name = String(base).padStart(20, "0");
    await Deno.writeFile(`${segment.path}.log`, await this.store.get(`${name}.log`));
    segment.load();
    this.fetches++;
    return this.#fetched = segment;
  }
}
