import { assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { BlobStore, CorruptBlobError, gitBlobId, hashOf } from "lib/systems/file_sync/blobs.ts";

const text = (value: string) => new TextEncoder().encode(value);

async function withStore(body: (store: BlobStore) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "blobs-" });
  try {
    await body(new BlobStore(folder));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function pathOf({ folder }: BlobStore, hash: string): string {
  return join(folder, hash.slice(0, 2), hash);
}

Deno.test("gitBlobId() gives the ids of Pro Git, chapter 10.2", () => {
  assertEquals(gitBlobId(text("test content\n")), "d670460b4b4aece5915caf5c68d12f560a9fe3e4");
  assertEquals(gitBlobId(text("what is up, doc?")), "bd9dbf5aae1a3862dd1526723246b20206e5fc37");
  assertEquals(gitBlobId(text("")), "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
});

Deno.test("BlobStore keeps equal bytes once, also when they are put at the same time", () =>
  withStore(async (store) => {
    const hashes = await Promise.all(Array.from({ length: 20 }, () => store.put(text("same"))));
    assertEquals(new Set(hashes).size, 1);
    assertEquals(await store.get(hashes[0]), text("same"));
    const names = [...Deno.readDirSync(join(store.folder, hashes[0].slice(0, 2)))];
    assertEquals(names.map(({ name }) => name), [hashes[0]]);
    assertEquals(await store.get(await store.put(new Uint8Array())), new Uint8Array());
  }));

Deno.test("BlobStore.missing() names what is not here, each once", () =>
  withStore(async (store) => {
    const here = await store.put(text("here"));
    const [b, a] = [hashOf(text("b")), hashOf(text("a"))];
    assertEquals(await store.missing([b, here, a, b]), [b, a]);
  }));

Deno.test("BlobStore.get() refuses a blob of which one byte has changed", () =>
  withStore(async (store) => {
    const hash = await store.put(text("content"));
    await Deno.writeTextFile(pathOf(store, hash), "Content");
    await assertRejects(() => store.get(hash), CorruptBlobError, `must have the hash ${hash}`);
    await assertRejects(() => store.get(hashOf(text("none"))), Deno.errors.NotFound);
  }));

Deno.test("BlobStore refuses names that are no hashes", () =>
  withStore(async (store) => {
    for (const hash of ["", "../../etc/passwd", "AB".repeat(32)]) {
      await assertRejects(() => store.get(hash), TypeError, "64 hexadecimal digits");
    }
  }));

Deno.test("BlobStore.put() leaves no temporary file when a blob cannot take its place", () =>
  withStore(async (store) => {
    const hash = hashOf(text("blob"));
    const folder = join(store.folder, hash.slice(0, 2));
    await Deno.mkdir(join(pathOf(store, hash), "in the way"), { recursive: true });
    await assertRejects(() => store.put(text("blob")));
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name), [hash]);
  }));

Deno.test("BlobStore.sweep() removes what is named nowhere and older than the grace", () =>
  withStore(async (store) => {
    const [kept, fresh, old] = [
      await store.put(text("kept")),
      await store.put(text("fresh")),
      await store.put(text("old")),
    ];
    const nowMs = Date.now(), day = 86_400_000;
    for (const hash of [kept, old]) {
      await Deno.utime(pathOf(store, hash), new Date(nowMs), new Date(nowMs - 2 * day));
    }
    assertEquals(await store.sweep(new Set([kept]), { nowMs, graceMs: day }), 1);
    assertEquals(await store.missing([kept, fresh, old]), [old]);
  }));
