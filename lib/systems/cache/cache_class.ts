/**
 * Data classes: which keys live how long, where, and how fresh.
 *
 * A key belongs to the class with the longest pattern that matches it, `*` standing for anything. A key without a
 * class is refused: data whose rules nobody wrote down should not be cached.
 *
 * @example
 * ```ts
 * import { classify } from "lib/systems/cache/cache_class.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const shared = { ttlMs: 1000, jitter: 0.1, write: "around", consistency: "any", maxBytes: 1e6 } as const;
 * const classes = [
 *   { name: "profiles", pattern: "user:*", ...shared },
 *   { name: "sessions", pattern: "user:*:session", ...shared },
 * ];
 * assertEquals(classify(classes, "user:7:session").name, "sessions");
 * ```
 *
 * @module
 */

/** The rules of a kind of data. */
export interface CacheClass {
  name: string;
  /** Of its keys; `*` stands for anything. */
  pattern: string;
  ttlMs: number;
  /** Spread of the TTL, as a share to both sides. */
  jitter: number;
  write: "through" | "back" | "around";
  /** What a read may see: any copy, a majority of them, or the source. */
  consistency: "any" | "quorum" | "source";
  maxBytes: number;
}

/**
 * Returns the class of a key.
 *
 * @throws {RangeError} when no pattern matches
 */
export function classify(classes: readonly CacheClass[], key: string): CacheClass {
  const [found] = classes.filter(({ pattern }) => matches(pattern, key))
    .toSorted((a, b) => b.pattern.length - a.pattern.length);
  if (found) return found;
  const patterns = classes.map(({ pattern }) => pattern).join(", ");
  throw new RangeError(`Cannot classify key: key must match one of ${patterns}: received ${key}`);
}

function matches(pattern: string, key: string): boolean {
  const [first, ...rest] = pattern.split("*");
  if (rest.length === 0) return key === pattern;
  const last = rest.pop()!;
  if (!key.startsWith(first) || !key.endsWith(last)) return false;
  const end = key.length - last.length;
  let at = first.length;
  for (const part of rest) {
    const found = key.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= end;
}
