/**
 * Dot products four at a time: a WebAssembly module, written out instruction by instruction.
 *
 * JavaScript has no SIMD, but WebAssembly has: one instruction multiplies four numbers of single precision. The module
 * has two functions over a list of slots: the dot products of one vector with all of them, and whether any reaches a
 * limit (it stops at the first). One call serves a whole list, so that what a call costs is shared by all of it. Two
 * sums run side by side, since an addition takes longer than the time until the next one could start.
 *
 * Simplified: vectors have a multiple of 8 numbers; whoever fills the memory pads with zeros.
 *
 * @example
 * ```ts
 * import { dotKernel } from "lib/structures/dot_kernel.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const memory = new WebAssembly.Memory({ initial: 1 });
 * new Float32Array(memory.buffer, 0, 16).set([1, 2, 3, 0, 0, 0, 0, 0, 10, 20, 30]);
 * new Uint32Array(memory.buffer, 64, 2).set([1, 0]); // the list
 * dotKernel(memory).dots(0, 64, 72, 128, 0, 32);
 * assertEquals([...new Float32Array(memory.buffer, 128, 2)], [140, 14]);
 * ```
 *
 * Source: WebAssembly Core Specification 2.0, chapter 5 (binary format).
 *
 * @module
 */

/** Addresses and sizes are bytes. */
export interface DotKernel {
  /** Writes the dot product of the query with each vector of the list. */
  dots(
    query: number,
    list: number,
    listEnd: number,
    into: number,
    vectors: number,
    stride: number,
  ): void;
  /** 1 when one of the list has a dot product of at least `limit`, else 0. */
  any(
    query: number,
    list: number,
    listEnd: number,
    limit: number,
    vectors: number,
    stride: number,
  ): number;
}

const I32 = 0x7f, F32 = 0x7d, V128 = 0x7b, VOID = 0x40;
const get = (local: number) => [0x20, local];
const set = (local: number) => [0x21, local];
const i32 = (value: number) => [0x41, value]; // below 64
const ADD = 0x6a, MULTIPLY = 0x6c, LESS = 0x49, NOT_LESS = 0x4f, END = 0x0b;
const step = (local: number, bytes: number) => [...get(local), ...i32(bytes), ADD, ...set(local)];
const load = (offset: number) => [0xfd, 0x00, 0x04, offset];
const ZERO = [0xfd, 0x0c, ...new Array(16).fill(0)];
const VECTOR_ADD = [0xfd, 0xe4, 0x01], VECTOR_MULTIPLY = [0xfd, 0xe6, 0x01];
const lane = (n: number) => [...get(9), 0xfd, 0x1f, n];
const FLOAT_ADD = 0x92, FLOAT_AT_LEAST = 0x60;

// Parameters of both: 0 query, 1 list, 2 its end, 3 output or limit, 4 the vectors, 5 bytes a vector.
// Locals: 6 in the vector, 7 in the query, 8 the vector's end, 9 and 10 sums.
/** Leaves the dot product of the query and the vector that the list's head names. */
const DOT = [
  [...get(4), ...get(1), 0x28, 2, 0, ...get(5), MULTIPLY, ADD, ...set(6)],
  [...get(6), ...get(5), ADD, ...set(8), ...get(0), ...set(7)],
  [...ZERO, ...set(9), ...ZERO, ...set(10), 0x03, VOID],
  ...[0, 16].map((offset) => [
    ...[...get(9 + offset / 16), ...get(6), ...load(offset), ...get(7), ...load(offset)],
    ...[...VECTOR_MULTIPLY, ...VECTOR_ADD, ...set(9 + offset / 16)],
  ]),
  [...step(6, 32), ...step(7, 32), ...get(6), ...get(8), LESS, 0x0d, 0, END],
  [...get(9), ...get(10), ...VECTOR_ADD, ...set(9)],
  [...lane(0), ...lane(1), FLOAT_ADD, ...lane(2), ...lane(3), FLOAT_ADD, FLOAT_ADD],
].flat();
/** Runs `body` for each of the list, its head in local 1. */
const each = (body: number[]) => [
  ...[0x02, VOID, 0x03, VOID, ...get(1), ...get(2), NOT_LESS, 0x0d, 1],
  ...[...body, ...step(1, 4), 0x0c, 0, END, END],
];
const LOCALS = [2, 3, I32, 2, V128];
const dotsBody = [...LOCALS, ...each([...get(3), ...DOT, 0x38, 2, 0, ...step(3, 4)]), END];
const anyBody = [
  ...LOCALS,
  ...each([...DOT, ...get(3), FLOAT_AT_LEAST, 0x04, VOID, ...i32(1), 0x0f, END]),
  ...[...i32(0), END],
];

function leb(value: number): number[] {
  return value < 128 ? [value] : [value & 127 | 128, ...leb(value >> 7)];
}
const text = (value: string) => [value.length, ...new TextEncoder().encode(value)];
const section = (id: number, ...entries: number[][]) => {
  const body = [entries.length, ...entries.flat()];
  return [id, ...leb(body.length), ...body];
};
const kernel = new WebAssembly.Module(Uint8Array.from([
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...section(
    1,
    [0x60, 6, I32, I32, I32, I32, I32, I32, 0],
    [0x60, 6, I32, I32, I32, F32, I32, I32, 1, I32],
  ),
  ...section(2, [...text("m"), ...text("m"), 2, 0, 1]),
  ...section(3, [0], [1]),
  ...section(7, [...text("dots"), 0, 0], [...text("any"), 0, 1]),
  ...section(
    10,
    [...leb(dotsBody.length), ...dotsBody],
    [...leb(anyBody.length), ...anyBody],
  ),
]));

/** The module's functions, over this memory. */
export function dotKernel(memory: WebAssembly.Memory): DotKernel {
  return new WebAssembly.Instance(kernel, { m: { m: memory } }).exports as unknown as DotKernel;
}
