/**
 * Jupyter messages, signed: the frames between `ZmtpSocket` and what they mean.
 *
 * A message is a delimiter, the hex HMAC-SHA256 of the four JSON parts, and the parts: header, parent
 * header, metadata, content. Who lacks the key of the connection file can neither send code nor pose
 * as the kernel. Binary buffers after the parts are dropped: nbformat has no place for them.
 *
 * @example
 * ```ts
 * import { Signer } from "./messages.ts";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * const signer = new Signer("key");
 * const { frames } = signer.encode("execute_request", { code: "1 + 1" });
 * assertEquals(signer.decode(frames).content, { code: "1 + 1" });
 * assertThrows(() => new Signer("other").decode(frames), SyntaxError, "signature");
 * ```
 *
 * @see https://jupyter-client.readthedocs.io/en/stable/messaging.html
 * @module
 */
import { Buffer } from "node:buffer";
import { createHmac, timingSafeEqual } from "node:crypto";

const DELIMITER = "<IDS|MSG>";

/** What we read of a Jupyter message. */
export interface Message {
  type: string;
  /** The id of the request that this message answers. */
  parentId?: string;
  // deno-lint-ignore no-explicit-any
  content: any;
  /** Size of the content on the wire. */
  bytes: number;
}

/** Encodes and decodes the messages of one connection. */
export class Signer {
  readonly #key: string;
  readonly #session: string = crypto.randomUUID();

  constructor(key: string) {
    this.#key = key;
  }

  /** The frames of a request, and the id by which its reply names it. */
  encode(type: string, content: object): { id: string; frames: Uint8Array[] } {
    const id = crypto.randomUUID();
    const header = {
      msg_id: id,
      session: this.#session,
      username: "workshop",
      date: new Date().toISOString(),
      msg_type: type,
      version: "5.3",
    };
    const parts = [header, {}, {}, content].map((part) => encode(JSON.stringify(part)));
    return { id, frames: [encode(DELIMITER), encode(this.#sign(parts)), ...parts] };
  }

  /**
   * The message in these frames; the identities before the delimiter are skipped.
   *
   * @throws {SyntaxError} when the frames are no Jupyter message signed with this key
   */
  decode(frames: Uint8Array[]): Message {
    const start = frames.findIndex((frame) => decode(frame) === DELIMITER);
    const parts = frames.slice(start + 2, start + 6);
    if (start < 0 || parts.length < 4) {
      throw new SyntaxError(
        `Cannot read message: it must have a delimiter and five parts: received ${frames.length} frames`,
      );
    }
    const expected = encode(this.#sign(parts));
    const received = frames[start + 1];
    if (expected.length !== received.length || !timingSafeEqual(expected, received)) {
      throw new SyntaxError("Cannot read message: its signature must match: received another");
    }
    const [header, parent, , content] = parts.map((part) => JSON.parse(decode(part)));
    return { type: header.msg_type, parentId: parent.msg_id, content, bytes: parts[3].length };
  }

  #sign(parts: Uint8Array[]): string {
    const hmac = createHmac("sha256", this.#key);
    for (const part of parts) hmac.update(part);
    return hmac.digest("hex");
  }
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function decode(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8");
}
