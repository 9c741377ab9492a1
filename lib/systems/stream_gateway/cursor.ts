/**
 * Where a viewer is in a channel, in a form that only the gateway can write.
 *
 * A cursor names the next offset and the wall clock of the moment, and carries an HMAC over both and the channel: one that was
 * changed, or belongs to another channel, is refused. Place and order come from the offset; the time is for people.
 *
 * @example
 * ```ts
 * import { CursorKey } from "lib/systems/stream_gateway/cursor.ts";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * const key = new CursorKey("a secret of the gateways");
 * const cursor = key.write("deploy-1", { offset: 42, wallMs: 1000 });
 * assertEquals(key.read("deploy-1", cursor), { offset: 42, wallMs: 1000 });
 * assertThrows(() => key.read("deploy-2", cursor), Error, "Cannot read cursor");
 * ```
 *
 * @module
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import { Buffer } from "node:buffer";

export interface Cursor {
  /** The first offset that the viewer has not seen. */
  offset: number;
  wallMs: number;
}

/** A cursor that no gateway wrote for this channel. */
export class InvalidCursorError extends Error {
  override name = "InvalidCursorError";
}

const BODY_BYTES = 16;
const MAC_BYTES = 16;

/** Writes and reads cursors with one secret. */
export class CursorKey {
  #secret: string;

  constructor(secret: string) {
    this.#secret = secret;
  }

  write(channel: string, { offset, wallMs }: Cursor): string {
    const bytes = Buffer.alloc(BODY_BYTES + MAC_BYTES);
    bytes.writeDoubleBE(offset, 0);
    bytes.writeDoubleBE(wallMs, 8);
    this.#mac(channel, bytes.subarray(0, BODY_BYTES)).copy(bytes, BODY_BYTES, 0, MAC_BYTES);
    return bytes.toString("base64url");
  }

  /** @throws {InvalidCursorError} when it was forged, cut or taken from elsewhere */
  read(channel: string, text: string): Cursor {
    const bytes = Buffer.from(text, "base64url");
    const body = bytes.subarray(0, BODY_BYTES), mac = bytes.subarray(BODY_BYTES);
    const isWhole = bytes.length === BODY_BYTES + MAC_BYTES &&
      bytes.toString("base64url") === text;
    if (!isWhole || !timingSafeEqual(mac, this.#mac(channel, body).subarray(0, MAC_BYTES))) {
      throw new InvalidCursorError(
        "Cannot read cursor: it must be one that this gateway gave for this channel",
      );
    }
    return { offset: body.readDoubleBE(0), wallMs: body.readDoubleBE(8) };
  }

  #mac(channel: string, body: Uint8Array): Buffer {
    return createHmac("sha256", this.#secret).update(channel).update("\0").update(body).digest();
  }
}
