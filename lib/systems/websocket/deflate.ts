/**
 * Compressed messages of a WebSocket, each on its own.
 *
 * A server that sends the same bytes to all cannot use what it sent to one of them before: with `server_no_context_takeover` every
 * message is deflated from an empty window, once, whoever reads it. With `client_no_context_takeover` nothing of a client is kept
 * either, so a connection costs no memory for compression; two windows of a connection would be hundreds of kilobytes.
 *
 * Simplified: a client that bounds the window of the server is not compressed for, since it might not share a frame.
 *
 * @example
 * ```ts
 * import { acceptDeflate, deflateMessage, inflateMessage } from "lib/systems/websocket/deflate.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const answer = acceptDeflate("permessage-deflate; client_max_window_bits");
 * assertEquals(answer, "permessage-deflate; server_no_context_takeover; client_no_context_takeover");
 * const hello = new TextEncoder().encode("Hello");
 * assertEquals([...deflateMessage(hello)], [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00]);
 * assertEquals(inflateMessage(deflateMessage(hello), 5), hello);
 * ```
 *
 * Source: RFC 7692, sections 7.1 and 7.2.
 *
 * @module
 */
import { constants, deflateRawSync, inflateRawSync } from "node:zlib";

/** What a flush of zlib ends with, and a message leaves out. */
const TAIL = Uint8Array.of(0x00, 0x00, 0xff, 0xff);
const FLUSH = { finishFlush: constants.Z_SYNC_FLUSH };

/** A message as the payload of a frame whose first reserved bit is set; `level`: of zlib, 1 to 9. */
export function deflateMessage(message: Uint8Array, level = 6): Uint8Array {
  return deflateRawSync(message, { ...FLUSH, level }).subarray(0, -TAIL.length);
}

/**
 * The message in a compressed payload.
 *
 * @throws {RangeError} when it is longer than `maxBytes`
 * @throws {Error} when no compressor wrote this
 */
export function inflateMessage(payload: Uint8Array, maxBytes: number): Uint8Array {
  const whole = new Uint8Array(payload.length + TAIL.length);
  whole.set(payload);
  whole.set(TAIL, payload.length);
  return Uint8Array.from(inflateRawSync(whole, { ...FLUSH, maxOutputLength: maxBytes }));
}

/** What to answer to a client's `Sec-WebSocket-Extensions`; undefined when nothing of it suits us. */
export function acceptDeflate(offers: string | string[] | undefined): string | undefined {
  for (const offer of `${offers ?? ""}`.split(",")) {
    const [name, ...parameters] = offer.split(";").map((part) => part.trim());
    if (name.toLowerCase() === "permessage-deflate" && suits(parameters)) {
      return "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
    }
  }
  return undefined;
}

/** Reports whether each parameter is known, well-formed, and there once; and none bounds our window. */
function suits(parameters: readonly string[]): boolean {
  const names = parameters.map((parameter) => parameter.split("=")[0].trim());
  return new Set(names).size === names.length &&
    parameters.every((parameter) =>
      /^(server|client)_no_context_takeover$|^client_max_window_bits( *= *"?([89]|1[0-5])"?)?$/
        .test(parameter)
    );
}
