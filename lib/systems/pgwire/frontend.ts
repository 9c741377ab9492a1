/**
 * The messages that a client sends, as bytes.
 *
 * @example
 * ```ts
 * import { query, startup, terminate } from "lib/systems/pgwire/frontend.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(terminate(), Uint8Array.of(0x58, 0, 0, 0, 4));
 * assertEquals(query("x"), Uint8Array.of(0x51, 0, 0, 0, 6, 0x78, 0));
 * assertEquals(startup({ user: "ann" }).length, 4 + 4 + "user.ann.".length + 1);
 * ```
 *
 * @module
 */
import { concat, message } from "./message_writer.ts";

export const PROTOCOL_3_0 = 196608;
export const CANCEL_REQUEST = 80877102;
export const SSL_REQUEST = 80877103;
export const GSSENC_REQUEST = 80877104;

const encoder = new TextEncoder();

export function startup(parameters: Readonly<Record<string, string>>): Uint8Array {
  const texts = Object.entries(parameters).flat();
  return message("", { int32: PROTOCOL_3_0 }, ...texts, { byte: 0 });
}

export function sslRequest(): Uint8Array {
  return message("", { int32: SSL_REQUEST });
}

export function cancelRequest({ pid, secret }: { pid: number; secret: number }): Uint8Array {
  return message("", { int32: CANCEL_REQUEST }, { int32: pid }, { int32: secret });
}

export function query(sql: string): Uint8Array {
  return message("Q", sql);
}

/** `types`: oids of the parameters; 0 or none lets the server find out. */
export function parse(name: string, sql: string, types: readonly number[] = []): Uint8Array {
  return message("P", name, sql, { int16: types.length }, ...types.map((int32) => ({ int32 })));
}

/** Binds texts, or null, to a statement; the unnamed portal unless one is named. */
export function bind(
  statement: string,
  values: readonly (string | null)[],
  portal = "",
): Uint8Array {
  const fields = values.flatMap((value) => {
    if (value === null) return [{ int32: -1 }];
    const bytes = encoder.encode(value);
    return [{ int32: bytes.length }, bytes];
  });
  return message(
    "B",
    portal,
    statement,
    { int16: 0 },
    { int16: values.length },
    ...fields,
    { int16: 0 },
  );
}

export function describe(kind: "S" | "P", name: string): Uint8Array {
  return message("D", { byte: kind.charCodeAt(0) }, name);
}

export function execute(portal = "", maxRows = 0): Uint8Array {
  return message("E", portal, { int32: maxRows });
}

/** Closes a statement or a portal. */
export function close(kind: "S" | "P", name: string): Uint8Array {
  return message("C", { byte: kind.charCodeAt(0) }, name);
}

export function sync(): Uint8Array {
  return message("S");
}

export function flush(): Uint8Array {
  return message("H");
}

export function copyData(bytes: Uint8Array): Uint8Array {
  return message("d", bytes);
}

export function copyDone(): Uint8Array {
  return message("c");
}

export function copyFail(reason: string): Uint8Array {
  return message("f", reason);
}

export function password(text: string): Uint8Array {
  return message("p", text);
}

export function saslInitial(mechanism: string, first: string): Uint8Array {
  const bytes = encoder.encode(first);
  return message("p", mechanism, { int32: bytes.length }, bytes);
}

export function saslResponse(text: string): Uint8Array {
  return message("p", encoder.encode(text));
}

export function terminate(): Uint8Array {
  return message("X");
}

/** A statement with parameters and its end: Parse, Bind, Describe, Execute, Sync. */
export function extendedQuery(
  sql: string,
  values: readonly (string | null)[] = [],
  name = "",
): Uint8Array {
  const all = [parse(name, sql), bind(name, values), describe("P", ""), execute(), sync()];
  return concat(all);
}
