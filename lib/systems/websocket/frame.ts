/**
 * WebSocket frames: the server's side of the wire, written once and sent to many.
 *
 * A server's frame carries no mask, so the same bytes serve every connection. A client's frames are masked, may be cut
 * anywhere by the network, and may carry a message in fragments with control frames between them.
 *
 * Simplified: of the extensions, only compressed messages (`deflate.ts`), where both sides agreed on them.
 *
 * @example
 * ```ts
 * import { encodeFrame, FrameReader, maskFrame } from "lib/systems/websocket/frame.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const hello = new TextEncoder().encode("Hello");
 * assertEquals([...encodeFrame("text", hello)].slice(0, 2), [0x81, 5]);
 * const reader = new FrameReader();
 * const wire = maskFrame(encodeFrame("text", hello), [0x37, 0xfa, 0x21, 0x3d]);
 * assertEquals(reader.push(wire.slice(0, 4)), []);
 * const [{ kind, payload }] = reader.push(wire.slice(4));
 * assertEquals([kind, new TextDecoder().decode(payload)], ["text", "Hello"]);
 * ```
 *
 * Source: RFC 6455, section 5.
 *
 * @module
 */
import { inflateMessage } from "./deflate.ts";

export type MessageKind = "text" | "binary" | "close" | "ping" | "pong";

/** What arrived, its fragments joined. */
export interface Message {
  kind: MessageKind;
  payload: Uint8Array;
}

/** Bytes that no WebSocket client sends; `code` is for the close frame. */
export class WebSocketProtocolError extends Error {
  override name = "WebSocketProtocolError";
  constructor(message: string, readonly code = 1002) {
    super(message);
  }
}

const OPCODES: Record<MessageKind, number> = { text: 1, binary: 2, close: 8, ping: 9, pong: 10 };
const KINDS = new Map(Object.entries(OPCODES).map(([kind, code]) => [code, kind as MessageKind]));
const NOTHING = new Uint8Array(0);
/** The first reserved bit: the message is compressed. */
const DEFLATED = 0x40;

/** A whole frame as a server sends it; `isDeflated`: its payload is compressed. */
export function encodeFrame(
  kind: MessageKind,
  payload: Uint8Array,
  { isDeflated = false }: { isDeflated?: boolean } = {},
): Uint8Array<ArrayBuffer> {
  const { length } = payload;
  const head = length < 126 ? 2 : length < 65536 ? 4 : 10;
  const frame = new Uint8Array(head + length);
  frame[0] = 0x80 | OPCODES[kind] | (isDeflated ? DEFLATED : 0);
  if (length < 126) frame[1] = length;
  else if (length < 65536) {
    frame[1] = 126;
    frame[2] = length >> 8;
    frame[3] = length & 255;
  } else {
    frame[1] = 127;
    new DataView(frame.buffer).setBigUint64(2, BigInt(length));
  }
  frame.set(payload, head);
  return frame;
}

/** A close frame: a code, and a reason of at most 123 bytes. */
export function encodeClose(code: number, reason = ""): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(reason).slice(0, 123);
  const payload = new Uint8Array(2 + text.length);
  payload[0] = code >> 8;
  payload[1] = code & 255;
  payload.set(text, 2);
  return encodeFrame("close", payload);
}

/** Turns a server's frame into a client's. */
export function maskFrame(frame: Uint8Array, mask: readonly number[]): Uint8Array<ArrayBuffer> {
  const head = frame[1] < 126 ? 2 : frame[1] === 126 ? 4 : 10;
  const masked = new Uint8Array(frame.length + 4);
  masked.set(frame.subarray(0, head));
  masked[1] |= 0x80;
  masked.set(mask, head);
  for (let i = head; i < frame.length; i++) masked[i + 4] = frame[i] ^ mask[(i - head) & 3];
  return masked;
}

/** Reads what one client sends. */
export class FrameReader {
  #maxBytes: number;
  #inflates: boolean;
  #rest: Uint8Array = NOTHING;
  #fragments: Uint8Array[] = [];
  #fragmentKind: MessageKind | undefined;
  #fragmentBytes = 0;
  #isDeflated = false;

  /**
   * `maxBytes`: of a message, compressed or not; a longer one is an error of code 1009. `inflates`: whether the client may compress
   * its messages.
   */
  constructor({ maxBytes = 65536, inflates = false }: {
    maxBytes?: number;
    inflates?: boolean;
  } = {}) {
    this.#maxBytes = maxBytes;
    this.#inflates = inflates;
  }

  /**
   * The messages that a chunk completes.
   *
   * @throws {WebSocketProtocolError} when no client may send this
   */
  push(chunk: Uint8Array): Message[] {
    let bytes = chunk;
    if (this.#rest.length > 0) {
      bytes = new Uint8Array(this.#rest.length + chunk.length);
      bytes.set(this.#rest);
      bytes.set(chunk, this.#rest.length);
    }
    const messages: Message[] = [];
    let at = 0;
    for (;;) {
      const size = this.#frame(bytes.subarray(at), messages);
      if (size === 0) break;
      at += size;
    }
    this.#rest = bytes.slice(at);
    return messages;
  }

  /** Reads one frame; returns its size, 0 when it is not complete. */
  #frame(bytes: Uint8Array, messages: Message[]): number {
    if (bytes.length < 2) return 0;
    const isFinal = (bytes[0] & 0x80) !== 0, opcode = bytes[0] & 0x0f;
    const reserved = bytes[0] & 0x70, isDeflated = reserved === DEFLATED;
    const mayBeDeflated = this.#inflates && (opcode === 1 || opcode === 2);
    if (reserved !== 0 && !(isDeflated && mayBeDeflated)) {
      throw new WebSocketProtocolError("reserved bits are set");
    }
    if ((bytes[1] & 0x80) === 0) throw new WebSocketProtocolError("a client's frame has no mask");
    let length = bytes[1] & 0x7f, head = 2;
    if (length > 125 && opcode >= 8) {
      throw new WebSocketProtocolError("a control frame is too long");
    }
    if (length === 126) {
      if (bytes.length < 4) return 0;
      [length, head] = [bytes[2] << 8 | bytes[3], 4];
    } else if (length === 127) {
      if (bytes.length < 10) return 0;
      length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(2));
      head = 10;
    }
    if (length + this.#fragmentBytes > this.#maxBytes) {
      throw new WebSocketProtocolError("a message is too long", 1009);
    }
    const size = head + 4 + length;
    if (bytes.length < size) return 0;
    const payload = bytes.slice(head + 4, size);
    for (let i = 0; i < length; i++) payload[i] ^= bytes[head + (i & 3)];
    if (mayBeDeflated && this.#fragmentKind === undefined) this.#isDeflated = isDeflated;
    this.#accept({ opcode, isFinal, payload }, messages);
    return size;
  }

  #accept(
    { opcode, isFinal, payload }: { opcode: number; isFinal: boolean; payload: Uint8Array },
    messages: Message[],
  ): void {
    const kind = KINDS.get(opcode);
    if (opcode !== 0 && kind === undefined) {
      throw new WebSocketProtocolError(`opcode ${opcode} is unknown`);
    }
    if (opcode >= 8) {
      if (!isFinal) throw new WebSocketProtocolError("a control frame is in fragments");
      messages.push({ kind: kind!, payload });
      return;
    }
    const isContinued = this.#fragmentKind !== undefined;
    if ((opcode === 0) !== isContinued) {
      throw new WebSocketProtocolError("a fragment is out of order");
    }
    this.#fragmentKind ??= kind;
    this.#fragments.push(payload);
    this.#fragmentBytes += payload.length;
    if (!isFinal) return;
    const joined = this.#fragments.length === 1 ? payload : new Uint8Array(this.#fragmentBytes);
    if (this.#fragments.length > 1) {
      let at = 0;
      for (const fragment of this.#fragments) {
        joined.set(fragment, at);
        at += fragment.length;
      }
    }
    messages.push({ kind: this.#fragmentKind!, payload: this.#inflated(joined) });
    this.#fragments = [];
    this.#fragmentKind = undefined;
    this.#fragmentBytes = 0;
  }

  #inflated(payload: Uint8Array): Uint8Array {
    if (!this.#isDeflated) return payload;
    try {
      return inflateMessage(payload, this.#maxBytes);
    } catch (error) {
      const isLong = error instanceof RangeError;
      throw isLong
        ? new WebSocketProtocolError("a message is too long", 1009)
        : new WebSocketProtocolError("a message cannot be inflated", 1007);
    }
  }
}
