/**
 * An index a version of the embeddings: the next is built beside the one that answers, then switched to, and back again.
 *
 * Two runs of a factorisation turn their directions differently: a vector of one says nothing to an index of the other,
 * and nothing fails when they meet; the answers are just wrong. So a vector carries its version, and a search in an
 * index of another is an error. The next index is filled while the current one answers, is refused while it holds too
 * few, and becomes current in one assignment. The one before is kept, so that a bad version is taken back in no time.
 * Who was removed stays out of all of them: of the next, which may be fed from an old list, and of the one before.
 *
 * Simplified: two versions take twice the memory while both are kept, and whoever switches feeds new people to both.
 *
 * @example
 * ```ts
 * import { Hnsw } from "lib/structures/hnsw.ts";
 * import { IndexVersions } from "lib/systems/affinity/index_versions.ts";
 * import { stream } from "lib/sim/random.ts";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * const versions = new IndexVersions();
 * for (const version of ["monday", "tuesday"]) {
 *   versions.begin(version, new Hnsw({ dimensions: 2, capacity: 10, random: stream(1) }));
 *   versions.add(1, { version, vector: [1, 0] });
 *   versions.switchTo(version);
 * }
 * assertEquals(versions.search({ version: "tuesday", vector: [1, 1] }, 5).map(({ id }) => id), [1]);
 * assertThrows(() => versions.search({ version: "monday", vector: [1, 1] }, 5), RangeError);
 * assertEquals(versions.rollBack(), "monday");
 * ```
 *
 * @module
 */
import type { Similar } from "../../structures/hnsw.ts";

/** A vector, and the version of the embeddings that it belongs to. */
export interface Versioned {
  version: string;
  vector: ArrayLike<number>;
}

/** What an index must do to be kept here. */
export interface VectorIndex {
  readonly size: number;
  add(id: number, vector: ArrayLike<number>): void;
  remove(id: number): boolean;
  search(vector: ArrayLike<number>, k: number, ef?: number): Similar[];
}

export class IndexVersions {
  /** The share of the current index that the next one must hold. */
  readonly leastShare: number;
  #indexes = new Map<string, VectorIndex>();
  #current?: string;
  #previous?: string;
  #removed = new Set<number>();

  constructor({ leastShare = 0.95 } = {}) {
    this.leastShare = leastShare;
  }

  /** The version that answers. */
  get current(): string | undefined {
    return this.#current;
  }

  /** Versions that are kept: built, answering, or to go back to. */
  get kept(): string[] {
    return [...this.#indexes.keys()];
  }

  sizeOf(version: string): number {
    return this.#of(version).size;
  }

  /** Starts to build a version in an empty index; one that was being built under this name is dropped. */
  begin(version: string, index: VectorIndex): void {
    if (version === this.#current || version === this.#previous) {
      throw new RangeError(
        `Cannot begin version: its name must be new: received ${version}, which is kept`,
      );
    }
    this.#indexes.set(version, index);
  }

  /** Adds a vector to the index of its version; somebody who was removed is passed over. */
  add(id: number, { version, vector }: Versioned): boolean {
    const index = this.#of(version);
    if (this.#removed.has(id)) return false;
    index.add(id, vector);
    return true;
  }

  /** Takes a person out of every version, of those that are still built too. */
  remove(id: number): void {
    this.#removed.add(id);
    for (const index of this.#indexes.values()) index.remove(id);
  }

  /** Lets a version answer. The one before is kept, what is older is dropped. */
  switchTo(version: string): void {
    if (version === this.#current) return;
    const next = this.#of(version), from = this.#current;
    const least = from === undefined ? 1 : Math.ceil(this.leastShare * this.#of(from).size);
    if (next.size < least) {
      throw new RangeError(
        `Cannot switch to ${version}: it must hold at least ${least} vectors: received ${next.size}`,
      );
    }
    if (this.#previous !== undefined && this.#previous !== version) {
      this.#indexes.delete(this.#previous);
    }
    [this.#previous, this.#current] = [from, version];
  }

  /** Lets the version before answer again, drops the one that did, and returns its name. */
  rollBack(): string {
    const [bad, good] = [this.#current, this.#previous];
    if (good === undefined) {
      throw new RangeError(
        `Cannot roll back: there must be a version before: received only ${bad}`,
      );
    }
    this.#indexes.delete(bad!);
    [this.#current, this.#previous] = [good, undefined];
    return good;
  }

  /** The nearest in the version that answers. A vector of any other version is refused. */
  search({ version, vector }: Versioned, k: number, ef?: number): Similar[] {
    if (version !== this.#current) {
      throw new RangeError(
        `Cannot search: the vector must be of version ${this.#current}: received ${version}`,
      );
    }
    return this.#of(version).search(vector, k, ef);
  }

  #of(version: string): VectorIndex {
    const index = this.#indexes.get(version);
    if (index !== undefined) return index;
    throw new RangeError(
      `Cannot use version: it must be one of ${
        this.kept.join(", ") || "none"
      }: received ${version}`,
    );
  }
}
