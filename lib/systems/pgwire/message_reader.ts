/**
 * Cuts a byte stream of the PostgreSQL protocol into messages, however the stream was cut into chunks.
 *
 * A message is a type byte, a length that counts itself but not the type, and a payload; the first one of a client has
 * no type. `push` a chunk, then call `next` until it says false; `type`, `bytes` and `payload` are those of the message
 * that it found, views that hold until the next `push`. What is left over is copied, so the chunk may be reused then.
 *
 * Simplified: a message is kept until it is whole, so `maxBytes` bounds what one connection can make us hold.
 *
 * | operation | time |
 * | --- | --- |
 * | `next` | O(1) |
 * | `push` | O(1), or O(bytes) while a message is incomplete |
 *
 * @example
 * ```ts
 * import { MessageReader } from "lib/systems/pgwire/message_reader.ts";
 * import { query } from "lib/systems/pgwire/frontend.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const reader = new MessageReader();
 * const bytes = query("select 1");
 * reader.push(bytes.subarray(0, 3));
 * assertEquals(reader.next(), false);
 * reader.push(bytes.subarray(3));
 * assertEquals([reader.next(), String.fromCharCode(reader.type), reader.bytes.length], [true, "Q", 14]);
 * ```
 *
 * Source: PostgreSQL documentation, chapter "Frontend/Backend Protocol", version 3.0.
 *
 * @module
 */
import { ProtocolError } from "./protocol_error.ts";

/** Length of the longest startup packet, as the server has it. */
const MAX_STARTUP_BYTES = 10_000;
const NO_BYTES = new Uint8Array(0);

export class MessageReader {
  /** ASCII of the type; 0 for the startup packet. */
  type = 0;
  /** The whole message. */
  bytes: Uint8Array = NO_BYTES;
  readonly maxBytes: number;
  #isStartup: boolean;
  #buffer: Uint8Array = NO_BYTES;
  #start = 0;
  #end = 0;
  /** Whether the buffer is ours, and so may be written to. */
  #isOwn = true;

  /** `startup`: the first message has no type. `maxBytes`: a longer message is an error; default 16 MiB. */
  constructor(options: { startup?: boolean; maxBytes?: number } = {}) {
    this.#isStartup = options.startup ?? false;
    this.maxBytes = options.maxBytes ?? 16 << 20;
  }

  /** The message without type and length. */
  get payload(): Uint8Array {
    return this.bytes.subarray(this.type === 0 ? 4 : 5);
  }

  /** Bytes of a message that is not whole yet. */
  get pending(): number {
    return this.#end - this.#start;
  }

  push(chunk: Uint8Array): void {
    if (this.#start === this.#end) {
      this.#buffer = chunk;
      this.#start = 0;
      this.#end = chunk.length;
      this.#isOwn = false;
      return;
    }
    this.#makeRoom(chunk.length);
    this.#buffer.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  /** Finds the next whole message. @throws {ProtocolError} for a length that no message can have */
  next(): boolean {
    const header = this.#isStartup ? 4 : 5;
    if (this.pending < header) return this.#keepRest();
    const at = this.#start + header - 4;
    const buffer = this.#buffer;
    const length = buffer[at] << 24 | buffer[at + 1] << 16 | buffer[at + 2] << 8 | buffer[at + 3];
    const most = this.#isStartup ? MAX_STARTUP_BYTES : this.maxBytes;
    const least = this.#isStartup ? 8 : 4;
    if (length < least || length > most) {
      throw new ProtocolError(
        `Cannot read message: length must be ${least} to ${most} bytes: received ${length >>> 0}`,
      );
    }
    const end = at + length;
    if (end > this.#end) return this.#keepRest();
    this.type = this.#isStartup ? 0 : buffer[this.#start];
    this.bytes = buffer.subarray(this.#start, end);
    this.#start = end;
    return true;
  }

  /** After SSLRequest another startup packet follows; after StartupMessage, messages with types. */
  startupDone(): void {
    this.#isStartup = false;
  }

  #keepRest(): false {
    if (!this.#isOwn && this.pending > 0) this.#makeRoom(0);
    return false;
  }

  #makeRoom(bytes: number): void {
    const { pending } = this;
    if (this.#isOwn && this.#end + bytes <= this.#buffer.length) return;
    const room = Math.max(512, 2 * pending, pending + bytes);
    const larger = new Uint8Array(room);
    larger.set(this.#buffer.subarray(this.#start, this.#end));
    this.#buffer = larger;
    this.#start = 0;
    this.#end = pending;
    this.#isOwn = true;
  }
}
