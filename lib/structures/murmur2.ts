/**
 * MurmurHash2 as Kafka's clients compute it, and the partition that Kafka's default rule gives a key.
 *
 * Four bytes at a time are multiplied, mixed and folded into the state, then the rest, then a last
 * mix. It is fast and spreads well; it is no defence against someone who chooses keys on purpose.
 * The sign bit is masked off before the modulus, because the hash is a signed 32-bit number.
 *
 * | operation | time | memory |
 * | --- | --- | --- |
 * | `murmur2`, `partitionOf` | O(bytes) | the encoded key |
 *
 * @example
 * ```ts
 * import { murmur2, partitionOf } from "lib/structures/murmur2.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(murmur2("abc"), 479470107);
 * assertEquals(partitionOf("abc", 16), 11);
 * ```
 *
 * Source: Appleby, MurmurHash2; seed and reference values of Apache Kafka, `Utils.murmur2`.
 *
 * @module
 */

const SEED = 0x9747b28c;
const M = 0x5bd1e995;
const encoder = new TextEncoder();

/** The signed 32-bit hash of a key; text is hashed as UTF-8. */
export function murmur2(key: string | Uint8Array): number {
  const bytes = typeof key === "string" ? encoder.encode(key) : key;
  const length = bytes.length;
  let h = SEED ^ length;
  let i = 0;
  for (; i + 4 <= length; i += 4) {
    let k = bytes[i] | bytes[i + 1] << 8 | bytes[i + 2] << 16 | bytes[i + 3] << 24;
    k = Math.imul(k, M);
    k ^= k >>> 24;
    h = Math.imul(h, M) ^ Math.imul(k, M);
  }
  const rest = length - i;
  if (rest >= 3) h ^= bytes[i + 2] << 16;
  if (rest >= 2) h ^= bytes[i + 1] << 8;
  if (rest >= 1) h = Math.imul(h ^ bytes[i], M);
  h ^= h >>> 13;
  h = Math.imul(h, M);
  return h ^ h >>> 15;
}

/** The partition, 0 … partitions - 1, that Kafka's default partitioner gives a keyed record. */
export function partitionOf(key: string | Uint8Array, partitions: number): number {
  if (!Number.isInteger(partitions) || partitions < 1) {
    throw new RangeError(
      `Cannot partition key: partitions must be an integer of at least 1: received ${partitions}`,
    );
  }
  return (murmur2(key) & 0x7fffffff) % partitions;
}
