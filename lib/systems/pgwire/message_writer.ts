/**
 * Builds messages of the PostgreSQL protocol: numbers big-endian, texts in UTF-8 that end with a zero.
 *
 * @module
 */
const encoder = new TextEncoder();

/** What a message is made of; `int16` and `int32` mark their width. */
export type Field = Uint8Array | string | { int16: number } | { int32: number } | { byte: number };

/** A message from its type, "" for a startup packet, and its fields; a string is written with its zero. */
export function message(type: string, ...fields: Field[]): Uint8Array {
  const parts = fields.map(encode);
  const header = type === "" ? 4 : 5;
  const length = parts.reduce((sum, part) => sum + part.length, header);
  const bytes = new Uint8Array(length);
  if (type !== "") bytes[0] = type.charCodeAt(0);
  new DataView(bytes.buffer).setInt32(header - 4, length - (header - 4));
  let at = header;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Bytes one after the other. */
export function concat(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0];
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function encode(field: Field): Uint8Array {
  if (field instanceof Uint8Array) return field;
  if (typeof field === "string") {
    const at = field.indexOf("\0");
    if (at === -1) return encoder.encode(field + "\0");
    throw new TypeError(
      `Cannot write message: a text must hold no zero: received one at character ${at}`,
    );
  }
  if ("byte" in field) return Uint8Array.of(field.byte);
  const isShort = "int16" in field;
  const bytes = new Uint8Array(isShort ? 2 : 4);
  const view = new DataView(bytes.buffer);
  if (isShort) view.setInt16(0, field.int16);
  else view.setInt32(0, field.int32);
  return bytes;
}
