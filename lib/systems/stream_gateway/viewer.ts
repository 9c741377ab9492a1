/**
 * One connection of a gateway, and what it does when its reader is slower than the stream.
 *
 * Frames go straight to the socket while it takes them. Once it does not, they wait in a bounded queue; when that is full,
 * all of it is dropped and the viewer owes its reader a notice: from where to where lines are missing, with a cursor to
 * fetch them by. So a slow reader costs at most its buffer, and nobody else notices it.
 *
 * @module
 */
import type { Socket } from "node:net";
import { BoundedQueue } from "../../structures/bounded_queue.ts";

/** How batches go to a reader: in frames, in frames that are compressed, or as server-sent events. */
export type Wire = "websocket" | "deflated" | "events";

/** A batch of lines, encoded once for all viewers of a kind. */
export interface Frame {
  from: number;
  /** Past its last line. */
  to: number;
  bytes: Uint8Array;
}

/** What happens when a reader is too slow: a notice, memory without limit, or everybody waits. */
export type SlowPolicy = "gap" | "grow" | "block";

export interface ViewerOptions {
  kind: Wire;
  maxBytes: number;
  slow: SlowPolicy;
  /** Writes the notice of missing lines. */
  encodeGap: (from: number, to: number) => Uint8Array;
  onGap: (lines: number) => void;
}

/** One reader. */
export class Viewer {
  readonly kind: Wire;
  readonly socket: Socket;
  /** The first offset that it has neither got nor been told to fetch. */
  next = 0;
  /** Whether it follows the live stream; before that it reads what it missed. */
  isLive = false;
  missedPings = 0;
  /** When its token expires. */
  expiresMs = Infinity;
  #options: ViewerOptions;
  #queue: BoundedQueue<Frame>;
  #gap: { from: number; to: number } | undefined;
  #waiting: (() => void)[] = [];

  constructor(socket: Socket, options: ViewerOptions) {
    this.socket = socket;
    this.kind = options.kind;
    this.#options = options;
    this.#queue = new BoundedQueue({ maxBytes: options.maxBytes, onFull: "gap" });
    socket.on("drain", () => this.#drained());
    socket.once("close", () => this.#release());
  }

  /** Bytes that wait in this process for the reader. */
  get bufferedBytes(): number {
    return this.#queue.bytes + this.socket.writableLength;
  }

  get isFull(): boolean {
    return this.socket.writableNeedDrain;
  }

  /** Sends a frame, or keeps it, or notes that it is missing. */
  offer(frame: Frame): void {
    this.next = frame.to;
    if (this.#gap !== undefined) this.#gap.to = frame.to;
    else if (
      this.#options.slow !== "gap" || (this.#queue.length === 0 && !this.socket.writableNeedDrain)
    ) this.socket.write(frame.bytes);
    else {
      const from = this.#queue.peek()?.from ?? frame.from;
      if (!this.#queue.push(frame, frame.bytes.length)) this.#gap = { from, to: frame.to };
    }
  }

  /** Sends bytes that are no lines, when the reader keeps up. */
  control(bytes: Uint8Array): void {
    if (!this.socket.writableNeedDrain) this.socket.write(bytes);
  }

  /** Resolves when the socket takes more, or is closed. */
  writable(): Promise<void> {
    if (!this.socket.writableNeedDrain || this.socket.destroyed) return Promise.resolve();
    return new Promise((done) => this.#waiting.push(done));
  }

  #drained(): void {
    while (this.#queue.length > 0 && !this.socket.writableNeedDrain) {
      this.socket.write(this.#queue.shift()!.bytes);
    }
    if (this.#gap !== undefined && this.#queue.length === 0 && !this.socket.writableNeedDrain) {
      const { from, to } = this.#gap;
      this.#gap = undefined;
      this.#options.onGap(to - from);
      this.socket.write(this.#options.encodeGap(from, to));
    }
    if (!this.socket.writableNeedDrain) this.#release();
  }

  #release(): void {
    for (const done of this.#waiting.splice(0)) done();
  }
}
