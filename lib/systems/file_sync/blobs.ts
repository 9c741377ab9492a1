/**
 * A store of blobs by their content: the name of a blob is the hash of its bytes, so that equal bytes are kept once.
 *
 * A blob is written under a temporary name, made durable, and renamed; whoever sees the name sees the whole. A read
 * computes the hash again, so that a byte that rotted on disk is an error and not content.
 *
 * What reaches the disk may be sealed, see `tenant_blobs.ts`.
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
import { dirname, join } from "node:path";

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

/** What a store does to its blobs before they reach the disk, and after. */
export interface BlobSeal {
  /** The name on disk, 64 hexadecimal digits: equal for equal hashes. */
  nameOf(hash: BlobHash): string;
  seal(hash: BlobHash, bytes: Uint8Array): Uint8Array;
  /** @throws {Error} when it is not what was sealed under that hash */
  open(hash: BlobHash, sealed: Uint8Array): Uint8Array;
}

const NO_SEAL: BlobSeal = {
  nameOf: (hash) => hash,
  seal: (_, bytes) => bytes,
  open(hash, bytes) {
    const actual = hashOf(bytes);
    if (actual === hash) return bytes;
    throw new Error(`its bytes must have the hash ${hash}: received ${actual}`);
  },
};

export class BlobStore {
  readonly folder: string;
  #seal: BlobSeal;
  #temporary = 0;

  constructor(folder: string, seal: BlobSeal = NO_SEAL) {
    this.folder = folder;
    this.#seal = seal;
  }

  /** Keeps the bytes; resolves to their hash when they are durable. */
  async put(bytes: Uint8Array): Promise<BlobHash> {
    const hash = hashOf(bytes);
    const path = this.#pathOf(hash);
    if (this.has(hash)) return hash;
    await Deno.mkdir(dirname(path), { recursive: true });
    const sealed = this.#seal.seal(hash, bytes);
    const temporary = `${path}.${Deno.pid}-${this.#temporary++}`;
    try {
      using file = await Deno.open(temporary, { createNew: true, write: true });
      for (let done = 0; done < sealed.length;) done += await file.write(sealed.subarray(done));
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
    try {
      return this.#seal.open(hash, bytes);
    } catch (error) {
      throw new CorruptBlobError(`Cannot read blob: ${(error as Error).message}`);
    }
  }

  /** Asks on this thread: a name is looked up in a twentieth of the time that a hop to another takes. */
  has(hash: BlobHash): boolean {
    try {
      return Deno.statSync(this.#pathOf(hash)).isFile;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      throw error;
    }
  }

  /** Those that are not here, each once, in the given order. */
  async missing(hashes: readonly BlobHash[]): Promise<BlobHash[]> {
    const distinct = [...new Set(hashes)];
    const isHere = (path: string) => Deno.stat(path).then(({ isFile }) => isFile, () => false);
    const here = await Promise.all(distinct.map((hash) => isHere(this.#pathOf(hash))));
    return distinct.filter((_, i) => !here[i]);
  }

  /** Removes what no manifest names and what is older than the grace (ms); returns how many blobs went. */
  async sweep(
    named: ReadonlySet<BlobHash>,
    { nowMs, graceMs }: { nowMs: number; graceMs: number },
  ): Promise<number> {
    const names = new Set(Array.from(named, (hash) => this.#seal.nameOf(hash)));
    let removed = 0;
    for await (const { name: folder, isDirectory } of Deno.readDir(this.folder)) {
      if (!isDirectory) continue;
      for await (const { name } of Deno.readDir(join(this.folder, folder))) {
        if (names.has(name)) continue;
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
    const name = this.#seal.nameOf(hash);
    return join(this.folder, name.slice(0, 2), name);
  }
}
