/**
 * One value on several Redis nodes, read and written by so many of them as you choose.
 *
 * A write goes to all nodes and is acknowledged when W have stored it; a node keeps the higher version. A read asks R
 * nodes and takes the newest answer. With R + W > N every read meets every acknowledged write; with less, a read may
 * meet only nodes that the write has not reached yet.
 *
 * Simplified: no read repair, no hinted hand-off, and versions come from the caller.
 *
 * @example
 * ```ts
 * import { QuorumStore } from "lib/systems/cache/quorum.ts";
 * import { redis } from "lib/services/redis.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await using service = await redis();
 * const store = new QuorumStore([service.client], { read: 1, write: 1, random: () => 0 });
 * await store.write("a", 1);
 * assertEquals(await store.read("a"), 1);
 * ```
 *
 * Source: Gifford, "Weighted voting for replicated data", SOSP 1979.
 *
 * @module
 */
import type { Redis } from "ioredis";
import { type Random, shuffle } from "../../sim/random.ts";

const KEEP_NEWER = `
local old = redis.call('GET', KEYS[1])
if not old or tonumber(old) < tonumber(ARGV[1]) then redis.call('SET', KEYS[1], ARGV[1]) end
return 1
`;

export interface QuorumOptions {
  /** Nodes asked by a read. */
  read: number;
  /** Nodes that must have stored a write. */
  write: number;
  random: Random;
}

/** Versions of keys on N nodes. */
export class QuorumStore {
  #nodes: readonly Redis[];
  #options: QuorumOptions;
  #late = new Set<Promise<unknown>>();

  /** @throws {RangeError} when read or write is not an integer from 1 to the number of nodes */
  constructor(nodes: readonly Redis[], options: QuorumOptions) {
    for (const name of ["read", "write"] as const) {
      const count = options[name];
      if (Number.isInteger(count) && count >= 1 && count <= nodes.length) continue;
      throw new RangeError(
        `Cannot create quorum store: ${name} must be an integer from 1 to ${nodes.length}: received ${count}`,
      );
    }
    this.#nodes = nodes;
    this.#options = options;
  }

  /**
   * Writes a version to all nodes; resolves when enough have it.
   *
   * @throws {AggregateError} when too many nodes fail
   */
  async write(key: string, version: number): Promise<void> {
    const writes = this.#nodes.map((node) => node.eval(KEEP_NEWER, 1, key, version));
    for (const write of writes) {
      const late = write.catch(() => {}).finally(() => this.#late.delete(late));
      this.#late.add(late);
    }
    await firstOf(writes, this.#options.write);
  }

  /** The newest version that the asked nodes know; 0 when none does. */
  async read(key: string): Promise<number> {
    const { read, random } = this.#options;
    const asked = shuffle(random, this.#nodes).slice(0, read);
    const versions = await Promise.all(asked.map((node) => node.get(key)));
    return Math.max(...versions.map((version) => Number(version ?? 0)));
  }

  /** Resolves when every write has reached, or missed, every node. */
  async settled(): Promise<void> {
    await Promise.all(this.#late);
  }
}

/** Resolves when `count` have; rejects when so many fail that they cannot. */
function firstOf(promises: readonly Promise<unknown>[], count: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const errors: unknown[] = [];
    let done = 0;
    for (const promise of promises) {
      promise.then(
        () => void (++done === count && resolve()),
        (error) => {
          if (errors.push(error) > promises.length - count) reject(new AggregateError(errors));
        },
      );
    }
  });
}
