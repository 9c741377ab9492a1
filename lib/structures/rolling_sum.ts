/**
 * The weak sum of rsync: 32 bits over a window of bytes that moves on by one byte in constant time.
 *
 * `a` sums the bytes of the window, `b` sums them weighted by their distance from its end, both modulo 2¹⁶; the sum is
 * `b · 2¹⁶ + a`. Taking a byte out and one in needs the two sums and the length alone.
 *
 * Simplified: no offset is added to each byte, so that runs of zero bytes of any length have the sum 0; the strong hash
 * tells them apart. Two windows can be made to have the same sum on purpose: it chooses whom to compare, and proves nothing.
 *
 * | operation | time | memory |
 * | --- | --- | --- |
 * | `rollingSum` | O(window) | none |
 * | `roll` | O(1) | none |
 *
 * @example
 * ```ts
 * import { roll, rollingSum } from "lib/structures/rolling_sum.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = new TextEncoder().encode("abcdef");
 * const moved = roll(rollingSum(bytes, 0, 4), bytes[0], bytes[4], 4);
 * assertEquals(moved, rollingSum(bytes, 1, 5));
 * ```
 *
 * Source: Tridgell and Mackerras, "The rsync algorithm", 1996.
 *
 * @module
 */

/** The sum of `bytes[from..to)`, an unsigned 32-bit number. */
export function rollingSum(bytes: Uint8Array, from = 0, to = bytes.length): number {
  let a = 0, b = 0;
  for (let at = from; at < to; at++) {
    a += bytes[at];
    b = (b + a) | 0;
  }
  return ((b << 16) | (a & 0xffff)) >>> 0;
}

/** The sum of the window of `length` bytes after the byte `out` has left at its start and `next` has come at its end. */
export function roll(sum: number, out: number, next: number, length: number): number {
  const a = ((sum & 0xffff) - out + next) & 0xffff;
  const b = (sum >>> 16) - Math.imul(length, out) + a;
  return ((b << 16) | a) >>> 0;
}
