/**
 * How far an agent has come in its file, kept on disk for the one that comes after it.
 *
 * Lines are **done** once they were acknowledged or lie in the spool. A **mark** is a place from which the file can be read again: the
 * beginning of a line, outside of any secret, with the number of that line. What is kept is the last mark that is not past what is done,
 * and how many lines from there on are done: they are read again, through the same redactor, and left out. It is written after
 * the acknowledgement and replaced as a whole, so whenever the process is killed, lines may come twice, with the same
 * numbers, and none is left out.
 *
 * Simplified: not synced to the platter, as the spool is not; a file is told by its inode alone.
 *
 * @module
 */

/** Where a file can be read again. */
export interface Mark {
  inode: number | null;
  /** Bytes before it. */
  position: number;
  /** Lines before it, over all files. */
  line: number;
}

/** What is kept. */
export interface Place extends Mark {
  /** Lines that are done; at least `line`. */
  done: number;
}

/** The place of one agent. */
export class PlaceFile {
  #path: string;
  #place: Place | undefined;
  /** Marks past what is done, oldest first. */
  #ahead: Mark[] = [];
  #done: number;

  constructor(path: string) {
    this.#path = path;
    this.#place = read(path);
    this.#done = this.#place?.done ?? 0;
  }

  /** Where the agent before came to; undefined for the first. */
  get place(): Place | undefined {
    return this.#place;
  }

  /** Notes a mark, later than those before. */
  mark(mark: Mark): void {
    const last = this.#ahead.at(-1) ?? this.#place;
    const isKnown = last?.inode === mark.inode && last.position === mark.position &&
      last.line === mark.line;
    if (!isKnown) this.#ahead.push(mark);
    if (this.#place === undefined) this.#write(); // the file it began with
  }

  /** All lines before `done` are done. */
  advance(done: number): void {
    if (done <= this.#done) return;
    this.#done = done;
    this.#write();
  }

  #write(): void {
    let mark: Mark | undefined = this.#place;
    while (this.#ahead.length > 0 && this.#ahead[0].line <= this.#done) mark = this.#ahead.shift()!;
    if (mark === undefined) return;
    const { inode, position, line } = mark;
    this.#place = { inode, position, line, done: this.#done };
    replaceFile(this.#path, new TextEncoder().encode(JSON.stringify(this.#place)));
  }
}

function read(path: string): Place | undefined {
  try {
    return JSON.parse(Deno.readTextFileSync(path));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Writes a file so that whoever is killed meanwhile leaves the old one or the new one. */
export function replaceFile(path: string, bytes: Uint8Array): void {
  Deno.writeFileSync(`${path}.new`, bytes);
  Deno.renameSync(`${path}.new`, path);
}
