/**
 * The opening handshake of a WebSocket: what a server answers, or why it refuses.
 *
 * @example
 * ```ts
 * import { acceptKey } from "lib/systems/websocket/handshake.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(acceptKey("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
 * ```
 *
 * Source: RFC 6455, sections 1.3 and 4.2.
 *
 * @module
 */
import { createHash } from "node:crypto";

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** The answer to a client's `Sec-WebSocket-Key`. */
export function acceptKey(key: string): string {
  return createHash("sha1").update(key + GUID).digest("base64");
}

/** Headers by lower-case name, as node:http gives them. */
export type Headers = Readonly<Record<string, string | string[] | undefined>>;

/**
 * The response that switches protocols; undefined when the request is no handshake of version 13. `extension`: what both sides agreed
 * on (`deflate.ts`).
 */
export function handshakeResponse(headers: Headers, extension?: string): string | undefined {
  const key = headers["sec-websocket-key"];
  const isWebSocket = `${headers.upgrade}`.toLowerCase() === "websocket";
  if (!isWebSocket || typeof key !== "string" || !/^[A-Za-z0-9+/]{22}==$/.test(key)) {
    return undefined;
  }
  if (headers["sec-websocket-version"] !== "13") return undefined;
  return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
    `Sec-WebSocket-Accept: ${acceptKey(key)}\r\n` +
    (extension === undefined ? "" : `Sec-WebSocket-Extensions: ${extension}\r\n`) + "\r\n";
}
