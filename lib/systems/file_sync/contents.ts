/**
 * Contents of files as chunks: a content is named by the hash of its manifest, and manifest and chunks are blobs.
 *
 * @module
 */
import type { FastCdc } from "lib/structures/fastcdc.ts";
import { type BlobHash, BlobStore } from "./blobs.ts";
import { ChunkHasher, NoHasherError } from "./chunk_hasher.ts";
import type { ChunkRow } from "./manifest_store.ts";
import { readChunks } from "./read_chunks.ts";

/** From so many bytes on, two threads are faster than one. */
const LARGE = 8 * 2 ** 20;

export class Contents implements Disposable {
  readonly blobs: BlobStore;
  #cdc: FastCdc;
  #hasher: ChunkHasher | undefined;

  constructor(blobs: BlobStore, cdc: FastCdc) {
    this.blobs = blobs;
    this.#cdc = cdc;
  }

  /** Keeps the bytes in chunks; resolves to the name of the content. */
  async put(bytes: Uint8Array): Promise<BlobHash> {
    const chunks = this.#cdc.chunks(bytes);
    return await this.#putAll(
      chunks.map(({ offset, length }) => bytes.subarray(offset, offset + length)),
    );
  }

  /** Keeps what a file on disk holds, read piece by piece; resolves to the name of the content. */
  async putFile(path: string): Promise<BlobHash> {
    using file = await Deno.open(path);
    if ((await file.stat()).size < LARGE) return await this.#putAll(readChunks(file, this.#cdc));
    try {
      this.#hasher ??= new ChunkHasher();
      return await this.#putMissing(file, await this.#hasher.rows(file, this.#cdc));
    } catch (error) {
      if (!(error instanceof NoHasherError)) throw error;
      // The worker is busy, or has died: this thread can do it alone.
      await file.seek(0, Deno.SeekMode.Start);
      return await this.#putAll(readChunks(file, this.#cdc));
    }
  }

  /** Ends the thread that hashes large files. */
  [Symbol.dispose](): void {
    this.#hasher?.[Symbol.dispose]();
  }

  /** Reads again what is new of a file; one that has changed meanwhile gets the rows of what is read now. */
  async #putMissing(file: Deno.FsFile, rows: ChunkRow[]): Promise<BlobHash> {
    let at = 0;
    for (const row of rows) {
      const offset = at;
      at += row.length;
      if (this.blobs.has(row.hash)) continue;
      await file.seek(offset, Deno.SeekMode.Start);
      const bytes = new Uint8Array(row.length);
      let to = 0;
      for (let read: number | null = 0; read !== null && to < bytes.length;) {
        read = await file.read(bytes.subarray(to));
        to += read ?? 0;
      }
      row.length = to;
      row.hash = await this.blobs.put(bytes.subarray(0, to));
    }
    return await this.putManifest(rows);
  }

  async #putAll(chunks: Iterable<Uint8Array>): Promise<BlobHash> {
    const rows: ChunkRow[] = [];
    for (const chunk of chunks) {
      rows.push({ hash: await this.blobs.put(chunk), length: chunk.length });
    }
    return await this.putManifest(rows);
  }

  /** Keeps a manifest whose chunks are here, or will be. */
  putManifest(rows: readonly ChunkRow[]): Promise<BlobHash> {
    const plain = rows.map(({ hash, length }) => ({ hash, length }));
    return this.blobs.put(new TextEncoder().encode(JSON.stringify(plain)));
  }

  async manifest(content: BlobHash): Promise<ChunkRow[]> {
    return JSON.parse(new TextDecoder().decode(await this.blobs.get(content)));
  }

  async read(content: BlobHash): Promise<Uint8Array> {
    const rows = await this.manifest(content);
    const bytes = new Uint8Array(rows.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const { hash, length } of rows) {
      bytes.set(await this.blobs.get(hash), at);
      at += length;
    }
    return bytes;
  }
}
