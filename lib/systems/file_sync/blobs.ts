/**
 * A store of blobs by their content: the name of a blob is the hash of its bytes, so that equal bytes are kept once.
 *
 * A blob is written under a temporary name, made durable, and renamed; whoever sees the name sees the whole. A read
 * computes the hash again, so that a byte that rotted on disk is an error and not content.
 *
 * Simplified: a file a blob, in 256 folders; the folder's own entry is not made durable, so that after a power failure a
 * blob may have to be sent again, which the sender finds by asking `missing`.
 *
 * @example
 * ```ts
 * import { BlobStore, gitBlobId } from "lib/systems/file_sync/blobs.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = new TextEncoder().encode("what is up, doc?");
 * const store = new BlobStore(await Deno.makeTempDir());
 * const hash = await store.put(bytes);
 * assertEquals(await store.get(hash), bytes);
 * assertEquals(gitBlobId(bytes), "bd9dbf5aae1a3862dd1526723246b20206e5fc37");
 * await Deno.remove(store.folder, { recursive: true });
 * ```
 *
 * @module
 */
import { createHash } from "node:crypto";
import { join } from "node:path";

/** The SHA-256 of a blob, in hexadecimal. */
export type BlobHash = string;

export function hashOf(bytes: Uint8Array): BlobHash {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Git's own name of the same bytes: the SHA-1 of a header and the content. */
export function gitBlobId(bytes: Uint8Array): string {
  return createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
}

function assertHash(hash: string): void {
  if (/^[0-9a-f]{64}$/.test(hash)) return;
  throw new TypeError(
    `Cannot find blob: hash must be 64 hexadecimal digits: received ${JSON.stringify(hash)}`,
  );
}

/** A blob whose bytes are no longer those of its name. */
export class CorruptBlobError extends Error {
  override name = "CorruptBlobError";
}

export class BlobStore {
  readonly folder: string;
  #temporary = 0;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Keeps the bytes; resolves to their hash when they are durable. */
  async put(bytes: Uint8Array): Promise<BlobHash> {
    const hash = hashOf(bytes);
    const path = this.#pathOf(hash);
    if (await this.has(hash)) return hash;
    await Deno.mkdir(join(this.folder, hash.slice(0, 2)), { recursive: true });
    const temporary = `${path}.${Deno.pid}-${this.#temporary++}`;
    try {
      using file = await Deno.open(temporary, { createNew: true, write: true });
      for (let done = 0; done < bytes.length;) done += await file.write(bytes.subarray(done));
      await file.syncData();
      await Deno.rename(temporary, path);
    } catch (error) {
      await Deno.remove(temporary).catch(() => {});
      throw error;
    }
    return hash;
  }

  /**
   * The bytes of a blob.
   *
   * @throws {Deno.errors.NotFound} when there is none
   * @throws {CorruptBlobError} when its bytes have changed
   */
  async get(hash: BlobHash): Promise<Uint8Array> {
    const bytes = await Deno.readFile(this.#pathOf(hash));
    const actual = hashOf(bytes);
    if (actual === hash) return bytes;
    throw new CorruptBlobError(
      `Cannot read blob: its bytes must have the hash ${hash}: received ${actual}`,
    );
  }

  async has(hash: BlobHash): Promise<boolean> {
    return await Deno.stat(this.#pathOf(hash)).then(() => true, () => false);
  }

  /** Those that are not here, each once, in the given order. */
  async missing(hashes: readonly BlobHash[]): Promise<BlobHash[]> {
    const distinct = [...new Set(hashes)];
    const here = await Promise.all(distinct.map((hash) => this.has(hash)));
    return distinct.filter((_, i) => !here[i]);
  }

  /** Removes what no manifest names and what is older than the grace (ms); returns how many blobs went. */
  async sweep(
    named: ReadonlySet<BlobHash>,
    { nowMs, graceMs }: { nowMs: number; graceMs: number },
  ): Promise<number> {
    let removed = 0;
    for await (const { name: folder, isDirectory } of Deno.readDir(this.folder)) {
      if (!isDirectory) continue;
      for await (const { name } of Deno.readDir(join(this.folder, folder))) {
        if (named.has(name)) continue;
        const path = join(this.folder, folder, name);
        const { mtime } = await Deno.stat(path);
        if (mtime === null || nowMs - mtime.getTime() < graceMs) continue;
        await Deno.remove(path);
        removed++;
      }
    }
    return removed;
  }

  #pathOf(hash: BlobHash): string {
    assertHash(hash);
    return join(this.folder, hash.slice(0, 2), hash);
  }
}
