/**
 * Judges a cache by what its clients saw: no read may be older than it is allowed to be.
 *
 * A read is judged by the moment at which it began: a write that was acknowledged more than `boundMs` before that
 * must show in it. With a bound of 0 every acknowledged write counts (what quorum reads promise); with
 * TTL + epsilon only those that a cache has had time to forget.
 *
 * @example
 * ```ts
 * import { staleReads } from "lib/systems/cache/history.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const history = [
 *   { kind: "write" as const, key: "a", version: 2, atMs: 100 },
 *   { kind: "read" as const, key: "a", version: 1, atMs: 150 },
 * ];
 * assertEquals(staleReads(history, { boundMs: 0 }).map(({ behindMs }) => behindMs), [50]);
 * assertEquals(staleReads(history, { boundMs: 60 }), []);
 * ```
 *
 * @module
 */

/** A write at the moment of its acknowledgement, or a read at the moment at which it began. */
export interface Event {
  kind: "write" | "read";
  key: string;
  version: number;
  atMs: number;
}

/** A read that missed a write. */
export interface StaleRead {
  read: Event;
  /** The first write that it missed. */
  missed: Event;
  /** How long that had been acknowledged. */
  behindMs: number;
}

/** The reads that miss a write acknowledged more than `boundMs` before them, in order of time. */
export function staleReads(
  history: readonly Event[],
  { boundMs }: { boundMs: number },
): StaleRead[] {
  const sorted = history.toSorted((a, b) => a.atMs - b.atMs);
  const writes = Map.groupBy(sorted.filter(({ kind }) => kind === "write"), ({ key }) => key);
  return sorted.filter(({ kind }) => kind === "read").flatMap((read) => {
    const missed = writes.get(read.key)?.find(({ version }) => version > read.version);
    const behindMs = missed ? read.atMs - missed.atMs : -1;
    return missed && behindMs > boundMs ? [{ read, missed, behindMs }] : [];
  });
}
