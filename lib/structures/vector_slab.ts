/**
 * Vectors of one length side by side, and the cosines of one vector with many of them.
 *
 * Vectors are scaled to length one when they come in, so that a dot product is a cosine, and lie in the memory of a small
 * WebAssembly module that computes four products at a time (`dot_kernel.ts`). Who asks writes slots into `list` and
 * reads cosines from `found`: nothing is allocated on the way.
 *
 * Simplified: the capacity is fixed, and products are summed in single precision, right to about 1e-6.
 *
 * | operation | time | memory |
 * | --- | --- | --- |
 * | `set`, one cosine | O(dimensions) | 4 bytes a dimension, dimensions rounded up to 8 |
 * | `nearest` (exact scan) | O(size × dimensions) | |
 *
 * @example
 * ```ts
 * import { VectorSlab } from "lib/structures/vector_slab.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const slab = new VectorSlab({ dimensions: 2, capacity: 3 });
 * for (const vector of [[1, 0], [0, 5], [3, 3]]) slab.push(vector);
 * assertEquals(slab.nearest([1, 0.1], 2).map(({ slot }) => slot), [0, 2]);
 * ```
 *
 * @module
 */
import { type DotKernel, dotKernel } from "./dot_kernel.ts";

/** Slots that one call of the kernel takes. */
const BATCH = 1024;

export interface VectorSlabOptions {
  dimensions: number;
  capacity: number;
}

export class VectorSlab {
  readonly dimensions: number;
  readonly capacity: number;
  /** Slots to compare with, up to 1,024; the caller fills it. */
  readonly list: Uint32Array;
  /** What `cosines` found, in the order of `list`. */
  readonly found: Float32Array;
  #size = 0;
  #stride: number; // bytes
  #base: number;
  #query: Float32Array;
  #vectors: Float32Array;
  #kernel: DotKernel;
  #listAt: number;
  #foundAt: number;

  /** @throws {RangeError} when a size is no positive integer, or all does not fit into 4 GiB */
  constructor({ dimensions, capacity }: VectorSlabOptions) {
    for (const [name, value] of Object.entries({ dimensions, capacity })) {
      if (!Number.isInteger(value) || value < 1) {
        throw new RangeError(
          `Cannot make slab: ${name} must be a positive integer: received ${value}`,
        );
      }
    }
    this.dimensions = dimensions;
    this.capacity = capacity;
    this.#stride = 4 * 8 * Math.ceil(dimensions / 8);
    this.#listAt = 64 * Math.ceil(this.#stride / 64);
    this.#foundAt = this.#listAt + 4 * BATCH;
    this.#base = this.#foundAt + 4 * BATCH;
    const bytes = this.#base + capacity * this.#stride;
    if (bytes > 65536 * 65536) {
      throw new RangeError(`Cannot make slab: it must be at most 4 GiB: received ${bytes} bytes`);
    }
    const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / 65536) });
    this.#kernel = dotKernel(memory);
    this.#query = new Float32Array(memory.buffer, 0, this.#stride / 4);
    this.list = new Uint32Array(memory.buffer, this.#listAt, BATCH);
    this.found = new Float32Array(memory.buffer, this.#foundAt, BATCH);
    this.#vectors = new Float32Array(memory.buffer, this.#base, capacity * this.#stride / 4);
  }

  get size(): number {
    return this.#size;
  }

  get byteLength(): number {
    return this.#base + this.capacity * this.#stride;
  }

  /** Appends a vector and returns its slot. */
  push(vector: ArrayLike<number>): number {
    if (this.#size === this.capacity) {
      throw new RangeError(
        `Cannot add vector: the slab must have room: received one over ${this.capacity}`,
      );
    }
    this.#normalise(vector, this.#vectors, this.#size * this.#stride / 4);
    return this.#size++;
  }

  /** The stored vector, of length one. */
  vector(slot: number): Float32Array {
    const from = slot * this.#stride / 4;
    return this.#vectors.slice(from, from + this.dimensions);
  }

  /** Makes `vector` the one that `cosines` compares with. */
  ask(vector: ArrayLike<number>): void {
    this.#normalise(vector, this.#query, 0);
  }

  /** Fills `found` with the cosines of the asked vector and the first `count` slots of `list`. */
  cosines(count: number): void {
    this.#dots(0, count);
  }

  /** As `cosines`, for the vector in `slot`. */
  cosinesOf(slot: number, count: number): void {
    this.#dots(this.#base + slot * this.#stride, count);
  }

  /** Whether one of the first `count` slots of `list` has a cosine of at least `limit` with the vector in `slot`. */
  anyAtLeast(slot: number, limit: number, count: number): boolean {
    const query = this.#base + slot * this.#stride, from = this.#listAt;
    return this.#kernel.any(query, from, from + 4 * count, limit, this.#base, this.#stride) === 1;
  }

  /** The `k` nearest by comparing with all: the oracle. */
  nearest(
    vector: ArrayLike<number>,
    k: number,
    isKept: (slot: number) => boolean = () => true,
  ): { slot: number; cosine: number }[] {
    this.ask(vector);
    const best: { slot: number; cosine: number }[] = [];
    let worst = -Infinity;
    for (let from = 0; from < this.#size; from += BATCH) {
      const count = Math.min(BATCH, this.#size - from);
      for (let i = 0; i < count; i++) this.list[i] = from + i;
      this.cosines(count);
      for (let i = 0; i < count; i++) {
        const cosine = this.found[i];
        if (cosine <= worst || !isKept(from + i)) continue;
        let place = best.length;
        while (place > 0 && best[place - 1].cosine < cosine) place--;
        best.splice(place, 0, { slot: from + i, cosine });
        if (best.length > k) best.pop();
        if (best.length === k) worst = best[k - 1].cosine;
      }
    }
    return best;
  }

  #dots(query: number, count: number): void {
    const from = this.#listAt;
    this.#kernel.dots(query, from, from + 4 * count, this.#foundAt, this.#base, this.#stride);
  }

  #normalise(vector: ArrayLike<number>, into: Float32Array, from: number): void {
    if (vector.length !== this.dimensions) {
      throw new RangeError(
        `Cannot take vector: it must have ${this.dimensions} numbers: received ${vector.length}`,
      );
    }
    let squares = 0;
    for (let i = 0; i < vector.length; i++) squares += vector[i] * vector[i];
    if (!(squares > 0 && squares < Infinity)) {
      throw new RangeError(
        `Cannot take vector: its length must be above 0 and finite: received ${Math.sqrt(squares)}`,
      );
    }
    const scale = 1 / Math.sqrt(squares);
    for (let i = 0; i < vector.length; i++) into[from + i] = vector[i] * scale;
  }
}
