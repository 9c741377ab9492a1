/**
 * Contents of files as chunks: a content is named by the hash of its manifest, and manifest and chunks are blobs.
 *
 * @module
 */
import type { FastCdc } from "lib/structures/fastcdc.ts";
import { type BlobHash, BlobStore } from "./blobs.ts";
import type { ChunkRow } from "./manifest_store.ts";

export class Contents {
  readonly blobs: BlobStore;
  #cdc: FastCdc;

  constructor(blobs: BlobStore, cdc: FastCdc) {
    this.blobs = blobs;
    this.#cdc = cdc;
  }

  /** Keeps the bytes in chunks; resolves to the name of the content. */
  async put(bytes: Uint8Array): Promise<BlobHash> {
    const rows: ChunkRow[] = [];
    for (const { offset, length } of this.#cdc.chunks(bytes)) {
      rows.push({ hash: await this.blobs.put(bytes.subarray(offset, offset + length)), length });
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
