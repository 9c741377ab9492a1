/**
 * Reads what messages of the PostgreSQL protocol hold.
 *
 * @example
 * ```ts
 * import { errorResponse } from "lib/systems/pgwire/backend.ts";
 * import { readError } from "lib/systems/pgwire/decode.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = errorResponse({ code: "53300", message: "sorry, too many clients already" });
 * const { code, message } = readError(bytes.subarray(5));
 * assertEquals([code, message], ["53300", "sorry, too many clients already"]);
 * ```
 *
 * @module
 */
import { PgError, ProtocolError } from "./protocol_error.ts";

const decoder = new TextDecoder();

/** Reads a payload from its start to its end. */
export class PayloadReader {
  readonly bytes: Uint8Array;
  at = 0;
  #view: DataView;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.bytes.length - this.at;
  }

  byte(): number {
    this.#need(1);
    return this.bytes[this.at++];
  }

  int16(): number {
    this.#need(2);
    this.at += 2;
    return this.#view.getInt16(this.at - 2);
  }

  int32(): number {
    this.#need(4);
    this.at += 4;
    return this.#view.getInt32(this.at - 4);
  }

  /** A text up to its zero. */
  text(): string {
    const end = this.bytes.indexOf(0, this.at);
    if (end === -1) throw new ProtocolError("Cannot read message: a text must end with a zero");
    const text = decoder.decode(this.bytes.subarray(this.at, end));
    this.at = end + 1;
    return text;
  }

  take(length: number): Uint8Array {
    this.#need(length);
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  #need(length: number): void {
    if (length >= 0 && this.left >= length) return;
    throw new ProtocolError(
      `Cannot read message: it must have ${length} more bytes: received ${this.left}`,
    );
  }
}

/** The parameters of a StartupMessage, after the protocol's number. */
export function readStartup(payload: Uint8Array): Record<string, string> {
  const reader = new PayloadReader(payload);
  reader.int32();
  const parameters: Record<string, string> = {};
  while (reader.left > 1) parameters[reader.text()] = reader.text();
  return parameters;
}

/** The fields of an ErrorResponse or NoticeResponse. */
export function readError(payload: Uint8Array): PgError {
  const reader = new PayloadReader(payload);
  const fields: Record<string, string> = {};
  for (let kind = reader.byte(); kind !== 0; kind = reader.byte()) {
    fields[String.fromCharCode(kind)] = reader.text();
  }
  return new PgError(fields.C ?? "XX000", fields.M ?? "", fields.V ?? fields.S);
}

/** The columns of a RowDescription. */
export function readColumns(payload: Uint8Array): string[] {
  const reader = new PayloadReader(payload);
  return Array.from({ length: reader.int16() }, () => {
    const name = reader.text();
    reader.take(18);
    return name;
  });
}

/** The values of a DataRow, as texts. */
export function readRow(payload: Uint8Array): (string | null)[] {
  const reader = new PayloadReader(payload);
  return Array.from({ length: reader.int16() }, () => {
    const length = reader.int32();
    return length === -1 ? null : decoder.decode(reader.take(length));
  });
}
