/**
 * Zigzag varints, as records hold their lengths and differences: small numbers of either sign in few bytes.
 *
 * Zigzag maps 0, -1, 1, -2 … to 0, 1, 2, 3 …; then seven bits a byte, the lowest first, the top bit set in all but the
 * last. Numbers beyond 31 bits take the slow way over a division, which reaches as far as a double is exact.
 *
 * Source: Protocol Buffers, Encoding; Kafka, Message Format.
 *
 * @module
 */

/** Bytes that a number takes at most. */
export const MOST_VARINT_BYTES = 8;

/** Writes an integer, at most 2^52 from 0; returns where the next byte goes. */
export function writeVarint(bytes: Uint8Array, at: number, value: number): number {
  if (value >= -0x40000000 && value < 0x40000000) {
    let rest = (value << 1) ^ (value >> 31);
    while (rest > 127) {
      bytes[at++] = rest & 127 | 128;
      rest >>>= 7;
    }
    bytes[at++] = rest;
    return at;
  }
  let rest = value < 0 ? -2 * value - 1 : 2 * value;
  while (rest > 127) {
    bytes[at++] = rest % 128 | 128;
    rest = Math.floor(rest / 128);
  }
  bytes[at++] = rest;
  return at;
}

/** Where the last number read by `readVarint` ended. */
export interface Cursor {
  at: number;
}

/**
 * Reads an integer at the cursor, and moves the cursor behind it.
 *
 * @throws {RangeError} when the bytes end within it, or it is longer than 8 bytes
 */
export function readVarint(bytes: Uint8Array, cursor: Cursor): number {
  const first = bytes[cursor.at++];
  if (first < 128) return (first >>> 1) ^ -(first & 1);
  let value = first & 127, factor = 128;
  for (let n = 1; n < MOST_VARINT_BYTES; n++) {
    const byte = bytes[cursor.at++];
    if (byte === undefined) break;
    value += (byte & 127) * factor;
    if (byte < 128) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    factor *= 128;
  }
  throw new RangeError(
    `Cannot read varint: it must end within ${MOST_VARINT_BYTES} bytes: received ${cursor.at} bytes`,
  );
}
