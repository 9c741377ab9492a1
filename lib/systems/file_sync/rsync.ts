/**
 * The rsync algorithm: a delta against a file that only the other side has, from the sums of its blocks.
 *
 * The holder of the old file sends a **signature**: for each block a weak sum and a strong hash. The holder of the new
 * file slides a window over it. Where the weak sum of the window is known and the strong hash agrees, the block need not
 * be sent and the window jumps past it; else it moves on by a byte.
 *
 * Simplified: one block length a file; the last block, which is shorter, is matched at the end of the new file only. The
 * strong hash is the first 16 bytes of a SHA-1; whoever must stand up to an attacker who chooses the files takes more.
 *
 * @example
 * ```ts
 * import { patch } from "lib/systems/file_sync/delta.ts";
 * import { rsyncDelta, signature } from "lib/systems/file_sync/rsync.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const [old, now] = ["one two three", "one and two three"].map((text) => new TextEncoder().encode(text));
 * const delta = rsyncDelta(signature(old, 4), now);
 * assertEquals(patch(old, delta), now);
 * ```
 *
 * Source: Tridgell and Mackerras, "The rsync algorithm", 1996.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { rollingSum } from "lib/structures/rolling_sum.ts";
import { type Delta, DeltaWriter } from "./delta.ts";
import { SumIndex } from "./sum_index.ts";

/** Bytes of a strong hash. */
const STRONG = 16;

/** What is told of the old file. */
export interface Signature {
  /** Bytes a block. */
  block: number;
  /** Bytes of the whole file. */
  length: number;
  /** A weak sum a block. */
  weak: Uint32Array;
  /** Strong hashes, `STRONG` bytes a block. */
  strong: Uint8Array;
}

/** Compares the hash of `bytes` with that of a block. */
export type SameBlock = (bytes: Uint8Array, signature: Signature, block: number) => boolean;

function strongHash(bytes: Uint8Array): Uint8Array {
  return createHash("sha1").update(bytes).digest().subarray(0, STRONG);
}

const isSameBlock: SameBlock = (bytes, { strong }, block) => {
  const hash = strongHash(bytes), from = block * STRONG;
  for (let i = 0; i < STRONG; i++) if (hash[i] !== strong[from + i]) return false;
  return true;
};

/** Bytes of the signature on the wire. */
export function signatureBytes({ weak, strong }: Signature): number {
  return weak.byteLength + strong.byteLength;
}

/** The sums of every block of the old file. */
export function signature(old: Uint8Array, block: number): Signature {
  if (!(Number.isInteger(block) && block >= 1)) {
    throw new RangeError(
      `Cannot sign file: block must be an integer of at least 1: received ${block}`,
    );
  }
  const blocks = Math.ceil(old.length / block);
  const weak = new Uint32Array(blocks), strong = new Uint8Array(blocks * STRONG);
  for (let i = 0; i < blocks; i++) {
    const bytes = old.subarray(i * block, (i + 1) * block);
    weak[i] = rollingSum(bytes);
    strong.set(strongHash(bytes), i * STRONG);
  }
  return { block, length: old.length, weak, strong };
}

/** The delta from the signed file to `now`; `isSame` decides whether a block with the same weak sum is the same. */
export function rsyncDelta(
  signed: Signature,
  now: Uint8Array,
  isSame: SameBlock = isSameBlock,
): Delta {
  const { block } = signed, full = Math.floor(signed.length / block);
  const index = new SumIndex(signed.weak.subarray(0, full));
  const out = new DeltaWriter();
  const match = (sum: number, bytes: Uint8Array, expected: number) => {
    // Most often the block after the last one.
    if (signed.weak[expected] === sum && expected < full && isSame(bytes, signed, expected)) {
      return expected;
    }
    let found = index.find(sum);
    while (found >= 0 && (found === expected || !isSame(bytes, signed, found))) {
      found = index.find(sum, found);
    }
    return found;
  };
  let at = 0, literalFrom = 0, expected = 0;
  let sum = now.length >= block ? rollingSum(now, 0, block) : 0;
  while (at + block <= now.length) {
    const found = index.mayHave(sum) ? match(sum, now.subarray(at, at + block), expected) : -1;
    if (found >= 0) {
      out.literal(now.subarray(literalFrom, at));
      out.copy(found * block, block);
      at += block;
      literalFrom = at;
      expected = found + 1;
      if (at + block <= now.length) sum = rollingSum(now, at, at + block);
    } else {
      // `roll` of rolling_sum.ts, in place: a call a byte would take twice as long.
      const a = ((sum & 0xffff) - now[at] + now[at + block]) & 0xffff;
      sum = ((((sum >>> 16) - Math.imul(block, now[at]) + a) << 16) | a) >>> 0;
      at++;
    }
  }
  finish(signed, now, literalFrom, out, isSame);
  return out.delta;
}

/** What is left: perhaps the old file's last, shorter block, else a literal. */
function finish(
  signed: Signature,
  now: Uint8Array,
  literalFrom: number,
  out: DeltaWriter,
  isSame: SameBlock,
): void {
  const last = signed.weak.length - 1, length = signed.length % signed.block;
  const from = now.length - length;
  const tail = now.subarray(from);
  if (
    length > 0 && from >= literalFrom && rollingSum(tail) === signed.weak[last] &&
    isSame(tail, signed, last)
  ) {
    out.literal(now.subarray(literalFrom, from));
    out.copy(last * signed.block, length);
  } else out.literal(now.subarray(literalFrom));
}
