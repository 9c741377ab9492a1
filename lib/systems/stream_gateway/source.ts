/**
 * What a gateway streams: channels of numbered lines, each encoded once.
 *
 * @module
 */

/** A line of a channel. */
export interface Line {
  /** Counted from 0, without holes. */
  offset: number;
  /** The line as viewers get it, JSON, with its offset in it. */
  json: string;
  /** The line as it stands in a download, with its line feed. */
  text: string;
  /** For filters of pages. */
  level: string;
  step: string;
  /** When it was taken in, on the clock of this side. */
  receivedMs: number;
}

/** Where lines come from. */
export interface LineSource {
  /** Whether there is such a channel. */
  has(channel: string): boolean;
  /** The oldest offset that is still there. */
  start(channel: string): number;
  /** The offset that the next line will have. */
  end(channel: string): number;
  /** Lines from an offset on, at most `limit`, in order. */
  read(channel: string, from: number, limit: number): Line[] | Promise<Line[]>;
  /** Calls back with every line that comes from now on; returns how to stop. */
  subscribe(channel: string, listener: (lines: readonly Line[]) => void): () => void;
}

/** Lines in memory. */
export class MemorySource implements LineSource {
  #channels = new Map<string, Line[]>();
  #listeners = new Map<string, Set<(lines: readonly Line[]) => void>>();

  /** The channels that there are. */
  get channels(): string[] {
    return [...this.#channels.keys()];
  }

  /** Makes a channel, if there is none. */
  open(channel: string): void {
    if (!this.#channels.has(channel)) this.#channels.set(channel, []);
  }

  /** Appends lines; their offsets must follow. */
  append(channel: string, lines: readonly Line[]): void {
    this.open(channel);
    const all = this.#channels.get(channel)!;
    for (const line of lines) {
      if (line.offset !== all.length) {
        throw new RangeError(
          `Cannot append line: offset must be ${all.length}: received ${line.offset}`,
        );
      }
      all.push(line);
    }
    this.#listeners.get(channel)?.forEach((listener) => listener(lines));
  }

  has(channel: string): boolean {
    return this.#channels.has(channel);
  }

  start(_channel: string): number {
    return 0;
  }

  end(channel: string): number {
    return this.#channels.get(channel)?.length ?? 0;
  }

  read(channel: string, from: number, limit: number): Line[] {
    return this.#channels.get(channel)?.slice(from, from + limit) ?? [];
  }

  subscribe(channel: string, listener: (lines: readonly Line[]) => void): () => void {
    const listeners = this.#listeners.get(channel) ?? new Set();
    this.#listeners.set(channel, listeners.add(listener));
    return () => listeners.delete(listener);
  }
}
