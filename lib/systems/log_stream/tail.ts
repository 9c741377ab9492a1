/**
 * Follows a file that somebody else writes: new bytes whenever it is asked, whatever happens to the file.
 *
 * A file that is renamed and made anew (rotation) is read to its end before the new one is begun; it is told by its inode. A file
 * that is shorter than what was read of it was cut off in place, and is read from its start again. Lines are cut at line feeds, the
 * last one only when its line feed came or its file ended; bytes that are no UTF-8 become U+FFFD; a line longer than 64 KiB comes in
 * parts that say so. It marks the places from which the file can be read again (`place.ts`), and goes on from one, also when
 * the file was renamed since.
 *
 * Simplified: it is asked, not woken, so a file that is rotated twice between two questions loses the one in the middle; a
 * copy that is cut off and grows beyond what was read before the next question is not noticed.
 *
 * @module
 */
import type { Mark, Place } from "./place.ts";
import { LONGEST_MESSAGE } from "./record.ts";
import { openIfThere, openSince } from "./rotated.ts";

/** A line, or a part of a long one. */
export interface TailedLine {
  text: string;
  /** The line goes on. */
  more: boolean;
}

const CHUNK_BYTES = 256 << 10;
const LINE_FEED = 10;

/** What bytes go through before they are cut into lines, such as a redactor; line feeds stay as many. */
export interface Transform {
  push(bytes: Uint8Array): Uint8Array;
  end(): Uint8Array;
  /** Whether the next line depends on those before it. */
  readonly isWithinBlock: boolean;
}

const AS_IT_IS: Transform = {
  push: (bytes) => bytes,
  end: () => new Uint8Array(0),
  isWithinBlock: false,
};

/** Reads what is new in a file. */
export class FileTail {
  readonly path: string;
  #transform: Transform;
  #file: Deno.FsFile | undefined;
  /** Renamed since the place to go on from, and the present one. */
  #older: Deno.FsFile[] = [];
  #inode: number | null = null;
  #position = 0;
  /** Lines so far, over all files. */
  #line = 0;
  /** Of the next lines, those that are done. */
  #done = 0;
  #marks: Mark[] = [];
  #lines = new LineCutter();
  #buffer = new Uint8Array(CHUNK_BYTES);
  /** How often the file was renamed away, and cut off in place. */
  readonly seen = { rotations: 0, truncations: 0 };

  /** `from`: where an earlier tail of this file came to. */
  constructor(path: string, { transform = AS_IT_IS, from }: {
    transform?: Transform;
    from?: Place;
  } = {}) {
    this.path = path;
    this.#transform = transform;
    if (from === undefined) return;
    this.#done = from.done;
    this.#older = openSince(path, from.inode);
    this.#line = this.#older.length === 0 ? from.done : from.line; // none: that file is gone
    if (this.#older.length > 0 && this.#openFile()) this.#moveTo(from.position);
  }

  /** The lines that are new, at most about `maxBytes` of them. */
  poll(maxBytes = Infinity): TailedLine[] {
    const found: TailedLine[] = [];
    let budget = maxBytes;
    for (let again = true; again && budget > 0;) {
      again = false;
      if (this.#file === undefined) {
        if (!this.#openFile()) break;
        this.#mark(0);
      }
      const { size } = this.#file!.statSync();
      if (size < this.#position) {
        this.seen.truncations++;
        this.#finish(found);
        this.#line = Math.max(this.#line, this.#done); // what was done is not there any more
        this.#moveTo(0);
        this.#mark(0);
      }
      budget -= this.#read(found, budget);
      if (budget > 0 && this.#wasRotated()) {
        budget -= this.#read(found, budget); // what was written after the last read, before the rename
        this.#finish(found);
        this.#closeFile();
        this.seen.rotations++;
        again = true;
      }
    }
    return found;
  }

  /** The marks since the last call, oldest first. */
  takeMarks(): Mark[] {
    return this.#marks.splice(0);
  }

  close(): void {
    this.#closeFile();
    for (const file of this.#older.splice(0)) file.close();
  }

  #openFile(): boolean {
    this.#file = this.#older.shift() ?? openIfThere(this.path);
    if (this.#file === undefined) return false;
    this.#inode = this.#file.statSync().ino;
    this.#position = 0;
    return true;
  }

  #moveTo(position: number): void {
    this.#position = position;
    this.#file!.seekSync(position, Deno.SeekMode.Start);
  }

  #mark(position: number): void {
    this.#marks.push({ inode: this.#inode, position, line: this.#line });
  }

  #closeFile(): void {
    this.#file?.close();
    this.#file = undefined;
  }

  #wasRotated(): boolean {
    if (this.#older.length > 0) return true;
    try {
      return Deno.statSync(this.path).ino !== this.#inode;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false; // between rename and creation
      throw error;
    }
  }

  #read(found: TailedLine[], budget: number): number {
    let total = 0, marked: number | undefined, line = 0;
    for (let read; total < budget && (read = this.#file!.readSync(this.#buffer)) !== null;) {
      const bytes = this.#buffer.slice(0, read), rest = bytes.lastIndexOf(LINE_FEED) + 1;
      if (rest > 0) {
        this.#cut(bytes.subarray(0, rest), found);
        if (!this.#transform.isWithinBlock) [marked, line] = [this.#position + rest, this.#line];
      }
      this.#cut(bytes.subarray(rest), found);
      this.#position += read;
      total += read;
    }
    if (marked !== undefined) this.#marks.push({ inode: this.#inode, position: marked, line });
    return total;
  }

  #cut(bytes: Uint8Array, found: TailedLine[]): void {
    if (bytes.length > 0) this.#take(this.#lines.push(this.#transform.push(bytes)), found);
  }

  /** The end of a file is the end of its last line. */
  #finish(found: TailedLine[]): void {
    this.#take([...this.#lines.push(this.#transform.end()), ...this.#lines.end()], found);
  }

  /** Counts lines, and leaves out those that are done. */
  #take(lines: readonly TailedLine[], found: TailedLine[]): void {
    for (const one of lines) if (this.#line++ >= this.#done) found.push(one);
  }
}

/** Cuts bytes into lines. */
class LineCutter {
  #decoder = new TextDecoder();
  #partial: Uint8Array[] = [];
  #partialBytes = 0;

  push(bytes: Uint8Array): TailedLine[] {
    const found: TailedLine[] = [];
    let from = 0;
    for (let at = bytes.indexOf(LINE_FEED); at !== -1; at = bytes.indexOf(LINE_FEED, from)) {
      this.#keep(bytes.subarray(from, at), found);
      this.#emit(false, found);
      from = at + 1;
    }
    this.#keep(bytes.subarray(from), found);
    return found;
  }

  end(): TailedLine[] {
    const found: TailedLine[] = [];
    if (this.#partialBytes > 0) this.#emit(false, found);
    return found;
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
