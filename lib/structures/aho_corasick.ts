/**
 * Finds any of many literal strings in one pass over bytes, in time that does not grow with their number.
 *
 * The literals form a trie. Each node also has a failure link: the longest proper suffix of what was read that is again a
 * prefix of a literal. Links are resolved in advance into one table, 256 transitions a state, so that a step is one array
 * read and nothing is ever read twice. The state is a number: keep it between chunks, and a literal that is cut anywhere is
 * found as well.
 *
 * | operation | time | memory |
 * | --- | --- | --- |
 * | build | O(bytes of literals × 256) | 1 KiB a state |
 * | `step` | O(1) a byte | one number |
 *
 * @example
 * ```ts
 * import { AhoCorasick } from "lib/structures/aho_corasick.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const finder = new AhoCorasick(["he", "hers", "she"]);
 * const found = finder.find(new TextEncoder().encode("ushers"));
 * assertEquals(found, [{ start: 1, end: 4 }, { start: 2, end: 4 }, { start: 2, end: 6 }]);
 * ```
 *
 * Source: Aho, Corasick, "Efficient String Matching: An Aid to Bibliographic Search", CACM 18(6), 1975.
 *
 * @module
 */

/** Where a literal was found; `end` is past its last byte. */
export interface Span {
  start: number;
  end: number;
}

/** An automaton over bytes; state 0 is the start. */
export class AhoCorasick {
  /** Of the longest literal. */
  readonly longest: number;
  /** Next state by `state * 256 + byte`. */
  readonly transitions: Int32Array;
  /** Bytes that lead to a state: how far back a literal may have begun that is not complete yet. */
  readonly depth: Int32Array;
  /** The literals that end in a state, by index, longest first. */
  readonly endings: readonly (readonly number[])[];
  /** 1 for states in which a literal ends. */
  readonly isEnding: Uint8Array;
  #lengths: readonly number[];

  constructor(literals: readonly (string | Uint8Array)[]) {
    const encoder = new TextEncoder();
    const words = literals.map((word) => typeof word === "string" ? encoder.encode(word) : word);
    if (words.some((word) => word.length === 0)) {
      throw new RangeError(
        "Cannot build automaton: each literal must have a byte: received an empty one",
      );
    }
    this.longest = words.reduce((longest, { length }) => Math.max(longest, length), 0);
    const states = 1 + words.reduce((sum, { length }) => sum + length, 0);
    const next = new Int32Array(states * 256);
    const endings: number[][] = [[]], depth = [0];
    for (const [index, word] of words.entries()) {
      let state = 0;
      for (const byte of word) {
        const edge = state * 256 + byte;
        if (next[edge] === 0) {
          next[edge] = endings.length;
          endings.push([]);
          depth.push(depth[state] + 1);
        }
        state = next[edge];
      }
      endings[state].push(index);
    }
    this.#resolve(next, endings);
    this.transitions = next.slice(0, endings.length * 256);
    this.endings = endings;
    this.#lengths = words.map(({ length }) => length);
    this.depth = Int32Array.from(depth);
    this.isEnding = Uint8Array.from(endings, ({ length }) => length > 0 ? 1 : 0);
  }

  get states(): number {
    return this.endings.length;
  }

  /** The state after one more byte. */
  step(state: number, byte: number): number {
    return this.transitions[state * 256 + byte];
  }

  /** All literals in these bytes, by their ends. */
  find(bytes: Uint8Array): Span[] {
    const spans: Span[] = [];
    let state = 0;
    for (let i = 0; i < bytes.length; i++) {
      state = this.transitions[state * 256 + bytes[i]];
      if (this.isEnding[state] === 0) continue;
      for (const index of this.endings[state]) {
        spans.push({ start: i + 1 - this.#lengths[index], end: i + 1 });
      }
    }
    return spans;
  }

  /** Turns failure links into transitions, breadth first. */
  #resolve(next: Int32Array, endings: number[][]): void {
    const fail = new Int32Array(endings.length);
    const queue: number[] = [];
    for (let byte = 0; byte < 256; byte++) if (next[byte] !== 0) queue.push(next[byte]);
    for (let head = 0; head < queue.length; head++) {
      const state = queue[head], fallback = fail[state];
      endings[state].push(...endings[fallback]); // those are shorter
      for (let byte = 0; byte < 256; byte++) {
        const edge = state * 256 + byte, child = next[edge];
        if (child === 0) next[edge] = next[fallback * 256 + byte];
        else {
          fail[child] = next[fallback * 256 + byte];
          queue.push(child);
        }
      }
    }
  }
}
