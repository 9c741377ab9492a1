/**
 * Follows a file that somebody else writes: new bytes whenever it is asked, whatever happens to the file.
 *
 * A file that is renamed and made anew (rotation) is read to its end before the new one is begun; it is told by its inode. A file
 * that is shorter than what was read of it was cut off in place, and is read from its start again. Lines are cut at line feeds, the
 * last one only when its line feed came or its file ended; bytes that are no UTF-8 become U+FFFD; a line longer than 64 KiB comes in
 * parts that say so.
 *
 * Simplified: it is asked, not woken, so a file that is rotated twice between two questions loses the one in the middle; a
 * copy that is cut off and grows beyond what was read before the next question is not noticed.
 *
 * @module
 */
import { LONGEST_MESSAGE } from "./record.ts";

/** A line, or a part of a long one. */
export interface TailedLine {
  text: string;
  /** The line goes on. */
  more: boolean;
}

const CHUNK_BYTES = 256 << 10;
const LINE_FEED = 10;

/** Reads what is new in a file. */
export class FileTail {
  readonly path: string;
  #transform: { push(bytes: Uint8Array): Uint8Array; end(): Uint8Array };
  #file: Deno.FsFile | undefined;
  #inode: number | null = null;
  #position = 0;
  #lines = new LineCutter();
  #buffer = new Uint8Array(CHUNK_BYTES);
  /** How often the file was renamed away, and cut off in place. */
  readonly seen = { rotations: 0, truncations: 0 };

  /** `transform`: what bytes go through before they are cut into lines, such as a redactor. */
  constructor(
    path: string,
    transform: { push(bytes: Uint8Array): Uint8Array; end(): Uint8Array } = {
      push: (bytes) => bytes,
      end: () => new Uint8Array(0),
    },
  ) {
    this.path = path;
    this.#transform = transform;
  }

  /** The lines that are new, at most about `maxBytes` of them. */
  poll(maxBytes = Infinity): TailedLine[] {
    const found: TailedLine[] = [];
    let budget = maxBytes;
    for (let again = true; again && budget > 0;) {
      again = false;
      if (this.#file === undefined && !this.#openFile()) break;
      const { size } = this.#file!.statSync();
      if (size < this.#position) {
        this.seen.truncations++;
        found.push(...this.#finish());
        this.#position = 0;
        this.#file!.seekSync(0, Deno.SeekMode.Start);
      }
      budget -= this.#read(found, budget);
      if (budget > 0 && this.#wasRotated()) {
        budget -= this.#read(found, budget); // what was written after the last read, before the rename
        found.push(...this.#finish());
        this.#closeFile();
        this.seen.rotations++;
        again = true;
      }
    }
    return found;
  }

  close(): void {
    this.#closeFile();
  }

  #openFile(): boolean {
    try {
      this.#file = Deno.openSync(this.path, { read: true });
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      throw error;
    }
    this.#inode = this.#file.statSync().ino;
    this.#position = 0;
    return true;
  }

  #closeFile(): void {
    this.#file?.close();
    this.#file = undefined;
  }

  #wasRotated(): boolean {
    try {
      return Deno.statSync(this.path).ino !== this.#inode;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false; // between rename and creation
      throw error;
    }
  }

  #read(found: TailedLine[], budget: number): number {
    let total = 0;
    for (let read; total < budget && (read = this.#file!.readSync(this.#buffer)) !== null;) {
      this.#position += read;
      total += read;
      this.#lines.push(this.#transform.push(this.#buffer.slice(0, read)), found);
    }
    return total;
  }

  /** The end of a file is the end of its last line. */
  #finish(): TailedLine[] {
    const found: TailedLine[] = [];
    this.#lines.push(this.#transform.end(), found);
    this.#lines.end(found);
    return found;
  }
}

/** Cuts bytes into lines. */
class LineCutter {
  #decoder = new TextDecoder();
  #partial: Uint8Array[] = [];
  #partialBytes = 0;

  push(bytes: Uint8Array, found: TailedLine[]): void {
    let from = 0;
    for (let at = bytes.indexOf(LINE_FEED); at !== -1; at = bytes.indexOf(LINE_FEED, from)) {
      this.#keep(bytes.subarray(from, at), found);
      this.#emit(false, found);
      from = at + 1;
    }
    this.#keep(bytes.subarray(from), found);
  }

  end(found: TailedLine[]): void {
    if (this.#partialBytes > 0) this.#emit(false, found);
  }

  #keep(bytes: Uint8Array, found: TailedLine[]): void {
    let rest = bytes;
    while (this.#partialBytes + rest.length > LONGEST_MESSAGE) {
      const taken = LONGEST_MESSAGE - this.#partialBytes;
      this.#add(rest.subarray(0, taken));
      this.#emit(true, found);
      rest = rest.subarray(taken);
    }
    if (rest.length > 0) this.#add(rest);
  }

  #add(bytes: Uint8Array): void {
    this.#partial.push(bytes);
    this.#partialBytes += bytes.length;
  }

  #emit(more: boolean, found: TailedLine[]): void {
    let bytes = this.#partial[0] ?? new Uint8Array(0);
    if (this.#partial.length > 1) {
      bytes = new Uint8Array(this.#partialBytes);
      let at = 0;
      for (const piece of this.#partial) {
        bytes.set(piece, at);
        at += piece.length;
      }
    }
    // A character that is cut between two parts of a line waits in the decoder.
    found.push({ text: this.#decoder.decode(bytes, { stream: more }), more });
    this.#partial = [];
    this.#partialBytes = 0;
  }
}
