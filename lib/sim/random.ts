/**
 * Seeded random streams, one for each component of a simulation.
 *
 * `stream(seed, name)` hashes seed and name to the state of an sfc32 generator, so that each
 * component draws from a stream of its own: adding one, or making it draw more often, leaves the
 * numbers of all others as they were.
 *
 * Simplified: sfc32 has 128 bits of state and passes PractRand; it is not for secrets.
 *
 * @example
 * ```ts
 * import { stream } from "lib/sim/random.ts";
 * import { assertEquals, assertNotEquals } from "@std/assert";
 *
 * const [a, again, other] = [stream(1, "arrivals"), stream(1, "arrivals"), stream(1, "service")];
 * const first = a();
 * assertEquals(first, again());
 * assertNotEquals(first, other());
 * ```
 *
 * Source: Doty-Humphrey, PractRand (sfc32).
 */

/** A uniform random number, at least 0 and below 1. */
export type Random = () => number;

/** The random stream that belongs to `name` in runs with this `seed`. */
export function stream(seed: number | string, name = ""): Random {
  // Two hashes of 32 bits in one pass over the text, mixed into the three words of the state.
  let h1 = 0x9e3779b9;
  let h2 = 0x243f6a88;
  for (const text of [String(seed), name]) {
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      h1 = Math.imul(h1 ^ code, 0x85ebca77);
      h2 = Math.imul(h2 ^ code, 0xc2b2ae3d);
    }
    h1 = Math.imul(h1 ^ (h2 >>> 15), 0x27d4eb2f); // so that ("a", "bc") is not ("ab", "c")
    h2 = Math.imul(h2 ^ (h1 >>> 13), 0x165667b1);
  }
  let a = h1;
  let b = h2;
  let c = h1 ^ Math.imul(h2, 0x9e3779b1);
  let counter = 1;
  function next(): number {
    const t = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + t) | 0;
    return t;
  }
  for (let i = 0; i < 12; i++) next();
  // 53 bits, all that a double between 0 and 1 can tell apart.
  return () => ((next() >>> 5) * 67108864 + (next() >>> 6)) / 9007199254740992;
}

/** An integer, at least 0 and below `bound`. */
export function integer(random: Random, bound: number): number {
  return Math.floor(random() * bound);
}

/** One of `values`, each as likely. */
export function pick<T>(random: Random, values: readonly T[]): T {
  if (values.length === 0) {
    throw new RangeError("Cannot pick: values must not be empty: received []");
  }
  return values[Math.floor(random() * values.length)];
}

/** The same values in random order (Fisher and Yates); the input stays as it is. */
export function shuffle<T>(random: Random, values: readonly T[]): T[] {
  const result = [...values];
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [result[i], result[j]] = [result[j], result[i]];
  }
  return result;
}
