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
  const generator = new Sfc32(h1, h2, h1 ^ Math.imul(h2, 0x9e3779b1));
  for (let i = 0; i < 12; i++) generator.next();
  return () => generator.uniform();
}

/** The generator; a class, since fields that change are cheaper than variables of a closure. */
class Sfc32 {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(a: number, b: number, c: number) {
    this.#a = a;
    this.#b = b;
    this.#c = c;
  }

  /** 32 random bits. */
  next(): number {
    const t = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + t) | 0;
    return t;
  }

  /** 53 bits, all that a double between 0 and 1 can tell apart. */
  uniform(): number {
    return ((this.next() >>> 5) * 67108864 + (this.next() >>> 6)) / 9007199254740992;
  }
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
