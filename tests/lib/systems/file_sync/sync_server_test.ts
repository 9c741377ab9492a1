import { assert, assertEquals } from "@std/assert";
import { VectorClock } from "lib/structures/vector_clock.ts";
import { BlobStore, hashOf } from "lib/systems/file_sync/blobs.ts";
import type { ManifestStore } from "lib/systems/file_sync/manifest_store.ts";
import { SyncServer } from "lib/systems/file_sync/sync_server.ts";
import { withFolder } from "../../../with_folder.ts";

/** A store on a slow disk. */
class SlowStore extends BlobStore {
  readonly begun = Promise.withResolvers<void>();
  readonly disk = Promise.withResolvers<void>();
  override async put(bytes: Uint8Array): Promise<string> {
    this.begun.resolve();
    await this.disk.promise;
    return await super.put(bytes);
  }
}

Deno.test("SyncServer ends when nothing is written any more, also for a client that has gone", () =>
  withFolder(async (folder) => {
    const blobs = new SlowStore(folder);
    const current = { path: "f", vector: new VectorClock(), manifest: null, seq: 0 };
    const manifests = {
      roleOf: () => Promise.resolve("write"),
      current: () => Promise.resolve(current),
    } as unknown as ManifestStore;
    const server = new SyncServer({ blobs, manifests, users: { token: "ada" } });
    const bytes = new TextEncoder().encode("chunk");
    const post = (path: string, body: BodyInit, signal?: AbortSignal) =>
      fetch(server.url + path, {
        ...{ method: "POST", headers: { authorization: "Bearer token" }, body, signal },
      });
    const manifest = [hashOf(bytes), "0".repeat(64)].map((hash) => ({ hash, length: 5 }));
    const delta = { share: "docs", path: "f", device: "x", id: 1, base: {}, manifest };
    const { session } = await (await post("/sync/delta", JSON.stringify(delta))).json();
    const going = new AbortController();
    const upload = post(`/sync/upload?session=${session}&chunk=0`, bytes, going.signal);
    await blobs.begun.promise;
    going.abort();
    await upload.catch(() => {});
    let hasEnded = false;
    const ending = server[Symbol.asyncDispose]().then(() => hasEnded = true);
    await new Promise((done) => setTimeout(done, 50));
    assertEquals(hasEnded, false);
    blobs.disk.resolve();
    await ending;
    assert(blobs.has(hashOf(bytes)));
  }));
