/**
 * FastCDC: cuts bytes into chunks where their content says so, so that an insertion moves the cuts and does not remake them.
 *
 * A **gear** hash takes in one byte a step, `hash = (hash << 1) + gear[byte]`, and forgets it after 32 steps. A chunk
 * ends where the topmost bits of the hash are zero. Below the mean size two bits more must be zero than its logarithm
 * asks for, above it two fewer: sizes gather around the mean (_normalised chunking_). No hash is computed over the first
 * `min` bytes of a chunk, since none of them may end it.
 *
 * Simplified: the paper spreads the bits of its mask over 64 for a window of 48 bytes; ours are the topmost of 32, with
 * a window of 32 bytes less the bits asked for. Sender and receiver must agree on seed and sizes.
 *
 * | operation | time | memory |
 * | --- | --- | --- |
 * | `cut`, `chunks` | O(bytes) | none a byte |
 * | `ChunkStream.push` | O(bytes) | 2 × `max` |
 *
 * @example
 * ```ts
 * import { FastCdc } from "lib/structures/fastcdc.ts";
 * import { assert } from "@std/assert";
 *
 * const bytes = new Uint8Array(100_000).map((_, i) => Math.imul(i, 0x9e3779b1) >>> 13);
 * const cdc = new FastCdc({ mean: 1024 });
 * const lengths = Array.from(cdc.chunks(bytes), ({ length }) => length);
 * assert(lengths.slice(0, -1).every((length) => length >= 256 && length <= 4096));
 * ```
 *
 * Source: Xia et al., "FastCDC: a Fast and Efficient Content-Defined Chunking Approach for Data Deduplication",
 * USENIX ATC 2016.
 *
 * @module
 */

/** Sizes in bytes. */
export interface ChunkSizes {
  /** Aimed at; a power of two, from 64 on. */
  mean: number;
  /** No chunk but the last is shorter. Default: a quarter of the mean. */
  min?: number;
  /** No chunk is longer. Default: four times the mean. */
  max?: number;
  /** Of the gear table. Default: 1. */
  seed?: number;
}

export interface Chunk {
  offset: number;
  length: number;
}

/** How many bits more, or fewer, must be zero on either side of the mean. */
const NORMALISATION = 2;

/** 256 random words: splitmix32. */
function gearTable(seed: number): Int32Array {
  let state = seed | 0;
  return Int32Array.from({ length: 256 }, () => {
    state = (state + 0x9e3779b9) | 0;
    let word = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    word = Math.imul(word ^ (word >>> 15), 0x735a2d97);
    return word ^ (word >>> 15);
  });
}

/** A word whose topmost bits are set. */
function topmost(bits: number): number {
  return -1 << (32 - bits);
}

/** A chunker for given sizes and gear. */
export class FastCdc {
  readonly min: number;
  readonly mean: number;
  readonly max: number;
  #gear: Int32Array;
  #strict: number;
  #loose: number;

  /** @throws {RangeError} when the sizes cannot be met */
  constructor({ mean, min = mean / 4, max = mean * 4, seed = 1 }: ChunkSizes) {
    const bits = Math.log2(mean);
    if (!Number.isInteger(bits) || mean < 64 || mean > 2 ** 24) {
      throw new RangeError(
        `Cannot create chunker: mean must be a power of two from 64 to 16,777,216: received ${mean}`,
      );
    }
    if (
      !(Number.isInteger(min) && Number.isInteger(max) && min >= 1 && min <= mean && max >= mean)
    ) {
      throw new RangeError(
        `Cannot create chunker: sizes must be 1 ≤ min ≤ mean ≤ max: received ${min}, ${mean}, ${max}`,
      );
    }
    [this.min, this.mean, this.max] = [min, mean, max];
    this.#gear = gearTable(seed);
    this.#strict = topmost(bits + NORMALISATION);
    this.#loose = topmost(bits - NORMALISATION);
  }

  /** The length of the chunk that begins at `from`, where `to` is the end of all bytes. */
  cut(bytes: Uint8Array, from = 0, to = bytes.length): number {
    if (to - from <= this.min) return to - from;
    const gear = this.#gear, strict = this.#strict, loose = this.#loose;
    const limit = from + Math.min(to - from, this.max);
    const normal = Math.min(limit, from + this.mean);
    let hash = 0, at = from + this.min;
    // Four steps a turn: half the time of one.
    for (; at + 3 < normal; at += 4) {
      hash = ((hash << 1) + gear[bytes[at]]) | 0;
      if ((hash & strict) === 0) return at + 1 - from;
      hash = ((hash << 1) + gear[bytes[at + 1]]) | 0;
      if ((hash & strict) === 0) return at + 2 - from;
      hash = ((hash << 1) + gear[bytes[at + 2]]) | 0;
      if ((hash & strict) === 0) return at + 3 - from;
      hash = ((hash << 1) + gear[bytes[at + 3]]) | 0;
      if ((hash & strict) === 0) return at + 4 - from;
    }
    for (; at < normal; at++) {
      hash = ((hash << 1) + gear[bytes[at]]) | 0;
      if ((hash & strict) === 0) return at + 1 - from;
    }
    for (; at + 3 < limit; at += 4) {
      hash = ((hash << 1) + gear[bytes[at]]) | 0;
      if ((hash & loose) === 0) return at + 1 - from;
      hash = ((hash << 1) + gear[bytes[at + 1]]) | 0;
      if ((hash & loose) === 0) return at + 2 - from;
      hash = ((hash << 1) + gear[bytes[at + 2]]) | 0;
      if ((hash & loose) === 0) return at + 3 - from;
      hash = ((hash << 1) + gear[bytes[at + 3]]) | 0;
      if ((hash & loose) === 0) return at + 4 - from;
    }
    for (; at < limit; at++) {
      hash = ((hash << 1) + gear[bytes[at]]) | 0;
      if ((hash & loose) === 0) return at + 1 - from;
    }
    return limit - from;
  }

  /** All chunks of the bytes, in order; none of no bytes. */
  *chunks(bytes: Uint8Array): Generator<Chunk> {
    for (let offset = 0; offset < bytes.length;) {
      const length = this.cut(bytes, offset);
      yield { offset, length };
      offset += length;
    }
  }
}

/** Chunks of bytes that come in pieces; the cuts are the same however they are split. */
export class ChunkStream {
  #cdc: FastCdc;
  #held: Uint8Array;
  #from = 0;
  #to = 0;

  constructor(cdc: FastCdc) {
    this.#cdc = cdc;
    this.#held = new Uint8Array(2 * cdc.max);
  }

  /** Takes in a piece; returns copies of the chunks that are certain now. */
  push(piece: Uint8Array): Uint8Array[] {
    const done: Uint8Array[] = [];
    for (let taken = 0; taken < piece.length;) {
      if (this.#to === this.#held.length) {
        this.#held.copyWithin(0, this.#from, this.#to);
        [this.#from, this.#to] = [0, this.#to - this.#from];
      }
      const some = piece.subarray(taken, taken + this.#held.length - this.#to);
      this.#held.set(some, this.#to);
      taken += some.length;
      this.#to += some.length;
      // What follows the longest chunk cannot change the cut.
      while (this.#to - this.#from >= this.#cdc.max) done.push(this.#take());
    }
    return done;
  }

  /** The chunks that are left; the stream is empty afterwards. */
  finish(): Uint8Array[] {
    const done: Uint8Array[] = [];
    while (this.#from < this.#to) done.push(this.#take());
    return done;
  }

  #take(): Uint8Array {
    const length = this.#cdc.cut(this.#held, this.#from, this.#to);
    this.#from += length;
    return this.#held.slice(this.#from - length, this.#from);
  }
}
