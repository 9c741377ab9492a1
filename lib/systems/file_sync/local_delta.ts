/**
 * A delta between two files that are both here: short blocks anchor a match, and bytes are compared to extend it.
 *
 * Like rsync it looks up the window's weak sum among the blocks of the old file. But with both files at hand a match is
 * proved byte by byte, so blocks may be short, and a match grows to both sides until the files differ. An insertion
 * then costs its own bytes and one copy more.
 *
 * Simplified: the first block with the sum that really matches is taken, not the longest match, and of very many equal
 * blocks only some are tried.
 *
 * @example
 * ```ts
 * import { literalBytes, patch } from "lib/systems/file_sync/delta.ts";
 * import { localDelta } from "lib/systems/file_sync/local_delta.ts";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const [old, now] = ["the quick brown fox", "the quick red brown fox"].map((text) => new TextEncoder().encode(text));
 * const delta = localDelta(old, now, { block: 4 });
 * assertEquals(patch(old, delta), now);
 * assert(literalBytes(delta) <= 4);
 * ```
 *
 * @module
 */
import { rollingSum } from "lib/structures/rolling_sum.ts";
import { type Delta, DeltaWriter } from "./delta.ts";
import { SumIndex } from "./sum_index.ts";

export interface LocalDeltaOptions {
  /** Bytes a block: the shortest match that is found. Default: 32. */
  block?: number;
}

/** Blocks of one sum that are compared before the window moves on. */
const MOST_CANDIDATES = 16;

/** How many bytes agree from `a[i]` and `b[j]` on. */
function commonAfter(a: Uint8Array, i: number, b: Uint8Array, j: number): number {
  const most = Math.min(a.length - i, b.length - j);
  let length = 0;
  while (length < most && a[i + length] === b[j + length]) length++;
  return length;
}

/** How many bytes agree before `a[i]` and `b[j]`, at most `most`. */
function commonBefore(a: Uint8Array, i: number, b: Uint8Array, j: number, most: number): number {
  let length = 0;
  while (length < most && length < i && a[i - length - 1] === b[j - length - 1]) length++;
  return length;
}

/** The delta from `old` to `now`. */
export function localDelta(
  old: Uint8Array,
  now: Uint8Array,
  { block = 32 }: LocalDeltaOptions = {},
): Delta {
  if (!(Number.isInteger(block) && block >= 1)) {
    throw new RangeError(
      `Cannot compare files: block must be an integer of at least 1: received ${block}`,
    );
  }
  const sums = new Uint32Array(Math.floor(old.length / block));
  for (let i = 0; i < sums.length; i++) sums[i] = rollingSum(old, i * block, (i + 1) * block);
  const index = new SumIndex(sums);
  const out = new DeltaWriter();

  /** The old offset of a match of at least a block at `now[at]`, or -1. */
  const match = (sum: number, at: number) => {
    let found = index.find(sum);
    for (let tried = 0; found >= 0 && tried < MOST_CANDIDATES; tried++) {
      let same = 0;
      while (same < block && old[found * block + same] === now[at + same]) same++;
      if (same === block) return found * block;
      found = index.find(sum, found);
    }
    return -1;
  };
  let at = 0, literalFrom = 0;
  const grow = (offset: number) => {
    const before = commonBefore(old, offset, now, at, at - literalFrom);
    const after = commonAfter(old, offset, now, at);
    out.literal(now.subarray(literalFrom, at - before));
    out.copy(offset - before, before + after);
    at += after;
    literalFrom = at;
  };

  // The start is most often the same, and its end need not lie on a block's.
  if (commonAfter(old, 0, now, 0) > 0) grow(0);
  while (at + block <= now.length) {
    let sum = rollingSum(now, at, at + block);
    for (; at + block <= now.length; at++) {
      const offset = index.mayHave(sum) ? match(sum, at) : -1;
      if (offset >= 0) {
        grow(offset);
        break;
      }
      const a = ((sum & 0xffff) - now[at] + now[at + block]) & 0xffff;
      sum = ((((sum >>> 16) - Math.imul(block, now[at]) + a) << 16) | a) >>> 0;
    }
  }
  const tail = commonBefore(old, old.length, now, now.length, now.length - literalFrom);
  out.literal(now.subarray(literalFrom, now.length - tail));
  if (tail > 0) out.copy(old.length - tail, tail);
  return out.delta;
}
