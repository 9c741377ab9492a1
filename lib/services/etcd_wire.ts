/**
 * Keys, ranges, comparisons and operations as etcd's JSON has them: bytes in base64, numbers as text.
 *
 * @example
 * ```ts
 * import { encodeRange } from "./etcd_wire.ts";
 * import { assertEquals } from "@std/assert";
 *
 * // From "a/" to "a0", for "0" comes after "/".
 * assertEquals(encodeRange("", { prefix: "a/" }), { key: "YS8=", range_end: "YTA=" });
 * ```
 *
 * Source: etcd documentation, "etcd API"; rpc.proto.
 *
 * @module
 */

/** A key with its value, and the revisions of the store that made and last changed it. */
export interface KeyValue {
  key: string;
  value: string;
  createRevision: number;
  modRevision: number;
  /** 1 when it was made, one more with each change. */
  version: number;
  /** The lease that it ends with. */
  lease?: string;
}

/** One key, all keys with a prefix, or all from one key up to another. */
export type Keys = string | { prefix: string } | { from: string; to: string };

/** What must hold of a key; one that is not there has version and createRevision 0. */
export type Compare =
  & { key: string; is?: "=" | "!=" | "<" | ">" }
  & (
    | { value: string }
    | { version: number }
    | { createRevision: number }
    | { modRevision: number }
    | { lease: string }
  );

export type Operation =
  | { put: string; value: string; lease?: string }
  | { get: Keys }
  | { delete: Keys };

/** A key with a value as the gateway sends it; what is zero or empty is left out. */
export interface WireKeyValue {
  key: string;
  value?: string;
  create_revision?: string;
  mod_revision?: string;
  version?: string;
  lease?: string;
}

function encodeBytes(bytes: Uint8Array): string {
  return bytes.toBase64();
}

export function encodeText(text: string): string {
  return encodeBytes(new TextEncoder().encode(text));
}

export function decodeText(base64 = ""): string {
  return new TextDecoder().decode(Uint8Array.fromBase64(base64));
}

/** The first text that comes after all that start with the prefix. */
function endOf(prefix: Uint8Array): Uint8Array {
  const end = prefix.slice();
  for (let last = end.length - 1; last >= 0; last--) {
    if (end[last] < 255) {
      end[last]++;
      return end.slice(0, last + 1);
    }
  }
  // After all there are.
  return new Uint8Array([0]);
}

/** Keys in the namespace that starts with a prefix of ours. */
export function encodeRange(namespace: string, keys: Keys): { key: string; range_end?: string } {
  if (typeof keys === "string") return { key: encodeText(namespace + keys) };
  if ("from" in keys) {
    return { key: encodeText(namespace + keys.from), range_end: encodeText(namespace + keys.to) };
  }
  const prefix = new TextEncoder().encode(namespace + keys.prefix);
  const end = encodeBytes(endOf(prefix));
  return { key: prefix.length === 0 ? encodeText("\0") : encodeBytes(prefix), range_end: end };
}

export function decodeKeyValue(namespace: string, wire: WireKeyValue): KeyValue {
  return {
    key: decodeText(wire.key).slice(namespace.length),
    value: decodeText(wire.value),
    createRevision: Number(wire.create_revision ?? 0),
    modRevision: Number(wire.mod_revision ?? 0),
    version: Number(wire.version ?? 0),
    ...(wire.lease !== undefined && wire.lease !== "0" && { lease: wire.lease }),
  };
}

const RESULTS = { "=": "EQUAL", "!=": "NOT_EQUAL", "<": "LESS", ">": "GREATER" } as const;

export function encodeCompare(namespace: string, { key, is = "=", ...what }: Compare): unknown {
  const common = { key: encodeText(namespace + key), result: RESULTS[is] };
  if ("value" in what) return { ...common, target: "VALUE", value: encodeText(what.value) };
  if ("version" in what) return { ...common, target: "VERSION", version: String(what.version) };
  if ("lease" in what) return { ...common, target: "LEASE", lease: what.lease };
  return "modRevision" in what
    ? { ...common, target: "MOD", mod_revision: String(what.modRevision) }
    : { ...common, target: "CREATE", create_revision: String(what.createRevision) };
}

export function encodeOperation(namespace: string, operation: Operation): unknown {
  if ("get" in operation) return { request_range: encodeRange(namespace, operation.get) };
  if ("delete" in operation) {
    return { request_delete_range: encodeRange(namespace, operation.delete) };
  }
  const { put, value, lease } = operation;
  return { request_put: { key: encodeText(namespace + put), value: encodeText(value), lease } };
}
