/**
 * A delta: how to make the new file from the old one, by copies of old ranges and bytes that come along.
 *
 * On the wire each operation is a varint `length · 2 + kind`, followed by the bytes of a literal, or by the offset of a
 * copy as a signed distance from the end of the last copy: an unchanged stretch then costs a few bytes however long it is.
 *
 * Simplified: literals are not compressed; whoever sends a delta may compress the whole.
 *
 * @example
 * ```ts
 * import { decodeDelta, encodeDelta, patch } from "lib/systems/file_sync/delta.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = (text: string) => new TextEncoder().encode(text);
 * const delta = [{ offset: 0, length: 6 }, { literal: bytes("small ") }, { offset: 6, length: 5 }];
 * const sent = encodeDelta(delta);
 * assertEquals(patch(bytes("hello world"), decodeDelta(sent)), bytes("hello small world"));
 * ```
 *
 * @module
 */

/** A range of the old file. */
export interface Copy {
  offset: number;
  length: number;
}

/** Bytes that the old file does not have. */
export interface Literal {
  literal: Uint8Array;
}

export type Delta = (Copy | Literal)[];

function lengthOf(operation: Copy | Literal): number {
  return "literal" in operation ? operation.literal.length : operation.length;
}

/** The new file. */
export function patch(old: Uint8Array, delta: Delta): Uint8Array {
  const made = new Uint8Array(delta.reduce((sum, operation) => sum + lengthOf(operation), 0));
  let at = 0;
  for (const operation of delta) {
    if ("literal" in operation) made.set(operation.literal, at);
    else {
      const { offset, length } = operation;
      if (!(offset >= 0 && length >= 0 && offset + length <= old.length)) {
        throw new RangeError(
          `Cannot patch file: a copy must lie within the old file of ${old.length} bytes: received ${offset} to ${
            offset + length
          }`,
        );
      }
      made.set(old.subarray(offset, offset + length), at);
    }
    at += lengthOf(operation);
  }
  return made;
}

/** Bytes of the new file that come along. */
export function literalBytes(delta: Delta): number {
  return delta.reduce((sum, each) => sum + ("literal" in each ? each.literal.length : 0), 0);
}

/** Writes a delta while it is found; neighbouring copies become one. */
export class DeltaWriter {
  readonly delta: Delta = [];

  literal(bytes: Uint8Array): void {
    if (bytes.length > 0) this.delta.push({ literal: bytes });
  }

  copy(offset: number, length: number): void {
    const last = this.delta.at(-1);
    if (last !== undefined && !("literal" in last) && last.offset + last.length === offset) {
      last.length += length;
    } else this.delta.push({ offset, length });
  }
}

/** Base 128, low digits first; exact to 2⁵³. */
function writeVarint(out: number[], value: number): void {
  while (value >= 128) {
    out.push((value % 128) + 128);
    value = Math.floor(value / 128);
  }
  out.push(value);
}

function readVarint(bytes: Uint8Array, at: number): [value: number, next: number] {
  let value = 0;
  for (let scale = 1; scale < 2 ** 53; scale *= 128) {
    const byte = bytes[at++];
    if (byte === undefined) break;
    value += (byte & 127) * scale;
    if (byte < 128) return [value, at];
  }
  throw new SyntaxError(`Cannot decode delta: a number must end: received ${bytes.length} bytes`);
}

/** The delta as bytes. */
export function encodeDelta(delta: Delta): Uint8Array {
  const parts: Uint8Array[] = [];
  let end = 0;
  for (const operation of delta) {
    const head: number[] = [];
    if ("literal" in operation) {
      writeVarint(head, operation.literal.length * 2);
      parts.push(Uint8Array.from(head), operation.literal);
    } else {
      const distance = operation.offset - end;
      writeVarint(head, operation.length * 2 + 1);
      writeVarint(head, distance < 0 ? -2 * distance - 1 : 2 * distance);
      parts.push(Uint8Array.from(head));
      end = operation.offset + operation.length;
    }
  }
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/**
 * Reads what `encodeDelta` wrote.
 *
 * @throws {SyntaxError} when the bytes end too early
 */
export function decodeDelta(bytes: Uint8Array): Delta {
  const delta: Delta = [];
  let at = 0, end = 0;
  while (at < bytes.length) {
    let head, distance;
    [head, at] = readVarint(bytes, at);
    const length = Math.floor(head / 2);
    if (head % 2 === 0) {
      if (at + length > bytes.length) {
        throw new SyntaxError(
          `Cannot decode delta: a literal must have ${length} bytes: received ${bytes.length - at}`,
        );
      }
      delta.push({ literal: bytes.slice(at, at + length) });
      at += length;
    } else {
      [distance, at] = readVarint(bytes, at);
      const offset = end + (distance % 2 === 0 ? distance / 2 : -(distance + 1) / 2);
      delta.push({ offset, length });
      end = offset + length;
    }
  }
  return delta;
}
