/**
 * A first-in first-out queue with a limit in bytes, for one reader that may be slower than its writer.
 *
 * The limit is on bytes and not on entries, because memory is what runs out. What happens when an entry does not fit is the
 * caller's policy: `"reject"` refuses the new entry, `"oldest"` drops from the front until it fits, `"gap"` drops all
 * that is held and refuses the new one too, so that the reader is told of one gap and fetches it from elsewhere. An
 * entry larger than the limit never fits.
 *
 * | operation | time | memory |
 * | --- | --- | --- |
 * | `push` | O(1) amortised | one slot an entry |
 * | `shift`, `peek` | O(1) | |
 *
 * @example
 * ```ts
 * import { BoundedQueue } from "lib/structures/bounded_queue.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const queue = new BoundedQueue<string>({ maxBytes: 10, onFull: "gap" });
 * assertEquals([queue.push("a", 6), queue.push("b", 4), queue.push("c", 1)], [true, true, false]);
 * assertEquals([queue.length, queue.bytes, queue.dropped], [0, 0, 3]);
 * ```
 *
 * @module
 */

/** What to do with an entry that does not fit. */
export type OnFull = "reject" | "oldest" | "gap";

export interface BoundedQueueOptions {
  maxBytes: number;
  /** Default: reject. */
  onFull?: OnFull;
}

/** Holds entries up to a number of bytes. */
export class BoundedQueue<T> {
  readonly maxBytes: number;
  readonly onFull: OnFull;
  #entries: (T | undefined)[] = [];
  #sizes: number[] = [];
  #head = 0;
  #bytes = 0;
  #dropped = 0;

  constructor(options: BoundedQueueOptions) {
    const { maxBytes, onFull = "reject" } = options;
    if (!(maxBytes > 0)) {
      throw new RangeError(
        `Cannot create bounded queue: maxBytes must be positive: received ${maxBytes}`,
      );
    }
    this.maxBytes = maxBytes;
    this.onFull = onFull;
  }

  /** Entries held. */
  get length(): number {
    return this.#entries.length - this.#head;
  }

  /** Bytes held. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Entries dropped or refused so far. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Appends an entry; reports whether it is held now. */
  push(entry: T, bytes: number): boolean {
    if (!(bytes >= 0)) {
      throw new RangeError(`Cannot push: bytes must be at least 0: received ${bytes}`);
    }
    if (this.#bytes + bytes > this.maxBytes && !this.#makeRoom(bytes)) {
      this.#dropped++;
      return false;
    }
    this.#entries.push(entry);
    this.#sizes.push(bytes);
    this.#bytes += bytes;
    return true;
  }

  /** Takes the oldest entry. */
  shift(): T | undefined {
    if (this.#head === this.#entries.length) return undefined;
    const entry = this.#entries[this.#head];
    this.#entries[this.#head] = undefined;
    this.#bytes -= this.#sizes[this.#head++];
    if (this.#head === this.#entries.length) this.#forget();
    else if (this.#head >= 32 && 2 * this.#head >= this.#entries.length) {
      this.#entries.splice(0, this.#head);
      this.#sizes.splice(0, this.#head);
      this.#head = 0;
    }
    return entry;
  }

  /** The oldest entry, left where it is. */
  peek(): T | undefined {
    return this.#entries[this.#head];
  }

  /** Drops all entries; they count as dropped. */
  clear(): void {
    this.#dropped += this.length;
    this.#forget();
  }

  #makeRoom(bytes: number): boolean {
    if (this.onFull === "gap") this.clear();
    if (this.onFull !== "oldest" || bytes > this.maxBytes) return false;
    while (this.#bytes + bytes > this.maxBytes) {
      this.shift();
      this.#dropped++;
    }
    return true;
  }

  #forget(): void {
    this.#entries = [];
    this.#sizes = [];
    this.#head = 0;
    this.#bytes = 0;
  }
}
