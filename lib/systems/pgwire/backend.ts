/**
 * The messages that a server sends, as bytes.
 *
 * @example
 * ```ts
 * import { readyForQuery } from "lib/systems/pgwire/backend.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(readyForQuery("T"), Uint8Array.of(0x5a, 0, 0, 0, 5, 0x54));
 * ```
 *
 * @module
 */
import { type Field, message } from "./message_writer.ts";

const encoder = new TextEncoder();

/** Idle, in a transaction, or in one that has failed. */
export type TransactionStatus = "I" | "T" | "E";

export function authenticationOk(): Uint8Array {
  return message("R", { int32: 0 });
}

export function authenticationSasl(mechanisms: readonly string[]): Uint8Array {
  return message("R", { int32: 10 }, ...mechanisms, { byte: 0 });
}

export function authenticationSaslContinue(text: string): Uint8Array {
  return message("R", { int32: 11 }, encoder.encode(text));
}

export function authenticationSaslFinal(text: string): Uint8Array {
  return message("R", { int32: 12 }, encoder.encode(text));
}

export function parameterStatus(name: string, value: string): Uint8Array {
  return message("S", name, value);
}

export function backendKeyData({ pid, secret }: { pid: number; secret: number }): Uint8Array {
  return message("K", { int32: pid }, { int32: secret });
}

export function readyForQuery(status: TransactionStatus): Uint8Array {
  return message("Z", { byte: status.charCodeAt(0) });
}

export function parseComplete(): Uint8Array {
  return message("1");
}

export function commandComplete(tag: string): Uint8Array {
  return message("C", tag);
}

/** An error as the server would report it. */
export function errorResponse(
  error: { code: string; message: string; severity?: string; hint?: string },
): Uint8Array {
  const { severity = "ERROR", hint } = error;
  const fields: Field[] = [`S${severity}`, `V${severity}`, `C${error.code}`, `M${error.message}`];
  if (hint !== undefined) fields.push(`H${hint}`);
  return message("E", ...fields, { byte: 0 });
}
