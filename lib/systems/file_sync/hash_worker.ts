/**
 * Hashes chunks for a `ChunkHasher`, in a thread of its own.
 *
 * @module
 */
import { hashOf } from "./blobs.ts";
import type { HashRequest } from "./chunk_hasher.ts";

// The types are those of a window, which has no answer to give.
const scope = globalThis as unknown as { postMessage(hashes: string[]): void };

addEventListener("message", (event) => {
  const { bytes, lengths } = (event as MessageEvent<HashRequest>).data;
  let at = 0;
  scope.postMessage(lengths.map((length) => hashOf(bytes.subarray(at, at += length))));
});
