/**
 * The manifest of a file by two threads: this one reads and cuts, a worker hashes what was cut before.
 *
 * Two pieces of memory are shared and take turns. While the worker hashes the chunks of one, the other is read and cut,
 * so that a file takes the time of the slower half and not of both. Only lengths and hashes go back and forth.
 *
 * Simplified: one file at a time, one worker; it pays from some megabytes on, below which `readChunks` and a hash each
 * are done before a message is there and back.
 *
 * @example
 * ```ts
 * import { FastCdc } from "lib/structures/fastcdc.ts";
 * import { hashOf } from "lib/systems/file_sync/blobs.ts";
 * import { ChunkHasher } from "lib/systems/file_sync/chunk_hasher.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const path = await Deno.makeTempFile();
 * await Deno.writeFile(path, new Uint8Array(4096));
 * using hasher = new ChunkHasher();
 * using file = await Deno.open(path);
 * const rows = await hasher.rows(file, new FastCdc({ mean: 4096, min: 4096, max: 4096 }));
 * assertEquals(rows, [{ hash: hashOf(new Uint8Array(4096)), length: 4096 }]);
 * await Deno.remove(path);
 * ```
 *
 * @module
 */
import type { FastCdc } from "lib/structures/fastcdc.ts";
import type { ChunkRow } from "./manifest_store.ts";

/** Bytes that are cut before the worker is told. */
const PIECE = 2 ** 20;

/** What the worker is asked: the hashes of chunks that follow each other. */
export interface HashRequest {
  bytes: Uint8Array<SharedArrayBuffer>;
  lengths: number[];
}

/** The thread that hashes is busy or gone; what it was to do can be done without it. */
export class NoHasherError extends Error {
  override name = "NoHasherError";
}

export class ChunkHasher implements Disposable {
  #worker: Worker;
  #waiting: PromiseWithResolvers<string[]>[] = [];
  #failure: Error | undefined;
  #isBusy = false;

  /** `worker` is for tests; by default `hash_worker.ts` is started. */
  constructor(
    worker = new Worker(new URL("./hash_worker.ts", import.meta.url), { type: "module" }),
  ) {
    this.#worker = worker;
    worker.onmessage = ({ data }) => this.#waiting.shift()?.resolve(data);
    worker.onerror = (event) => {
      event.preventDefault();
      this.#fail(
        new NoHasherError(`Cannot hash chunks: the worker must live: received ${event.message}`),
      );
    };
  }

  /**
   * The rows of an open file, from where it stands to its end.
   *
   * @throws {NoHasherError} when the worker has ended, or another file is being hashed
   */
  async rows(file: Pick<Deno.FsFile, "readSync">, cdc: FastCdc): Promise<ChunkRow[]> {
    if (this.#isBusy) {
      throw new NoHasherError("Cannot hash chunks: another file must be finished first");
    }
    this.#isBusy = true;
    try {
      return await this.#rows(file, cdc);
    } finally {
      this.#isBusy = false;
    }
  }

  async #rows(file: Pick<Deno.FsFile, "readSync">, cdc: FastCdc): Promise<ChunkRow[]> {
    const pieces = [0, 1].map(() => new Uint8Array(new SharedArrayBuffer(PIECE + cdc.max)));
    const asked: { lengths: number[]; hashes: Promise<string[]> }[] = [];
    let rest = pieces[1].subarray(0, 0);
    for (let turn = 0, isMore = true; isMore; turn++) {
      // The hashes of this piece's last turn, before it is written over.
      await asked.at(-2)?.hashes;
      const piece = pieces[turn % 2], lengths: number[] = [];
      piece.set(rest);
      let from = 0, to = rest.length;
      while (isMore && to < piece.length) {
        const read = file.readSync(piece.subarray(to));
        isMore = read !== null;
        to += read ?? 0;
      }
      // What follows the longest chunk cannot change the cut.
      while (isMore ? to - from >= cdc.max : from < to) {
        lengths.push(cdc.cut(piece, from, to));
        from += lengths.at(-1)!;
      }
      rest = piece.subarray(from, to);
      asked.push({ lengths, hashes: this.#ask({ bytes: piece, lengths }) });
    }
    const rows = asked.map(async ({ lengths, hashes }) =>
      (await hashes).map((hash, i) => ({ hash, length: lengths[i] }))
    );
    return (await Promise.all(rows)).flat();
  }

  #ask(request: HashRequest): Promise<string[]> {
    const answer = Promise.withResolvers<string[]>();
    // Whoever waits sees a failure; until then it is nobody's.
    answer.promise.catch(() => {});
    if (this.#failure) answer.reject(this.#failure);
    else {
      this.#waiting.push(answer);
      this.#worker.postMessage(request);
    }
    return answer.promise;
  }

  #fail(failure: Error): void {
    this.#failure ??= failure;
    for (const { reject } of this.#waiting.splice(0)) reject(this.#failure);
  }

  /** Ends the worker; a file that is being hashed fails. */
  [Symbol.dispose](): void {
    this.#worker.terminate();
    this.#fail(new NoHasherError("Cannot hash chunks: the worker must live: received an end"));
  }
}
