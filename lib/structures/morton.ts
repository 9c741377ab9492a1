/**
 * Morton order: the bits of two numbers, interleaved, so that numbers near in both are mostly near in one.
 *
 * A prefix of an interleaved number is a square of the plane, and all numbers within that square are one range. The
 * gaps between bits are made by shifting halves apart five times, without a loop over bits.
 *
 * @example
 * ```ts
 * import { interleave } from "lib/structures/morton.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(interleave(0b011, 0b100), 0b100101); // the first number has the lowest bit
 * ```
 *
 * Source: Morton, "A computer oriented geodetic data base", IBM, 1966; Warren, "Hacker's Delight", 7-2.
 *
 * @module
 */

/** The bits of a number below 2^16, with a gap after each. */
export function spread(x: number): number {
  x = (x | x << 8) & 0x00ff00ff;
  x = (x | x << 4) & 0x0f0f0f0f;
  x = (x | x << 2) & 0x33333333;
  return (x | x << 1) & 0x55555555;
}

/** The inverse: every second bit, without the gaps. */
function gather(x: number): number {
  x &= 0x55555555;
  x = (x | x >>> 1) & 0x33333333;
  x = (x | x >>> 2) & 0x0f0f0f0f;
  x = (x | x >>> 4) & 0x00ff00ff;
  return (x | x >>> 8) & 0xffff;
}

/** Two numbers below 2^16 as one below 2^32. */
export function interleave(even: number, odd: number): number {
  return (spread(even) | spread(odd) << 1) >>> 0;
}

/** Two numbers below 2^26 as one below 2^52, which a double holds exactly. */
export function interleave52(even: number, odd: number): number {
  const low = (spread(even & 0xffff) | spread(odd & 0xffff) << 1) >>> 0;
  const high = spread(even >>> 16) | spread(odd >>> 16) << 1;
  return high * 2 ** 32 + low;
}

/** The two numbers below 2^26 that were interleaved. */
export function split52(score: number): [even: number, odd: number] {
  const high = Math.floor(score / 2 ** 32), low = score >>> 0;
  return [
    gather(high) << 16 | gather(low),
    gather(high >>> 1) << 16 | gather(low >>> 1),
  ];
}
