import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { hkdfSync } from "node:crypto";
import { dirname, join } from "node:path";
import { BlobStore, CorruptBlobError, hashOf } from "lib/systems/file_sync/blobs.ts";
import { incompressible } from "lib/systems/file_sync/simulate/corpus.ts";
import { TenantBlobs } from "lib/systems/file_sync/tenant_blobs.ts";
import { withFolder } from "../../../with_folder.ts";

const master = incompressible(32, 1);
const text = (value: string) => new TextEncoder().encode(value);

/** All files below, by path. */
function filesBelow(folder: string): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) =>
    isDirectory ? filesBelow(join(folder, name)) : [join(folder, name)]
  );
}

Deno.test("TenantBlobs keeps what a tenant put, and nothing of it is readable on disk", () =>
  withFolder(async (folder) => {
    const store = new TenantBlobs(folder, master).of("acme");
    const secret = text("the quick brown fox ".repeat(50));
    const hashes = [await store.put(secret), await store.put(new Uint8Array())];
    assertEquals(hashes, [secret, new Uint8Array()].map(hashOf));
    for (const path of filesBelow(folder)) {
      const bytes = new TextDecoder("latin1").decode(await Deno.readFile(path));
      assert(!bytes.includes("quick"));
      assert(!path.includes("acme") && hashes.every((hash) => !path.includes(hash)), path);
    }
    // After a restart the same keys come from the same master.
    const again = new TenantBlobs(folder, master).of("acme");
    assertEquals(await again.get(hashes[0]), secret);
    assertEquals(await again.get(hashes[1]), new Uint8Array());
    assertEquals(await again.missing([...hashes, hashOf(text("x"))]), [hashOf(text("x"))]);
    assertEquals(await again.put(secret), hashes[0]);
    assertEquals(filesBelow(folder).length, 2, "equal bytes once");
  }));

Deno.test("equal bytes of two tenants are two blobs that nobody can match; shared they are one", () =>
  withFolder(async (folder) => {
    const tenants = new TenantBlobs(join(folder, "sealed"), master);
    const bytes = incompressible(1000, 2);
    for (const tenant of ["acme", "umbrella"]) await tenants.of(tenant).put(bytes);
    const [a, b] = filesBelow(tenants.folder);
    assert(a.split("/").at(-1) !== b.split("/").at(-1));
    const [sealedA, sealedB] = [a, b].map((path) => Deno.readFileSync(path));
    assertEquals([sealedA.length, sealedB.length], [1028, 1028]);
    assert(sealedA.filter((byte, i) => byte === sealedB[i]).length < 30);
    const shared = new BlobStore(join(folder, "shared"));
    for (const _ of ["acme", "umbrella"]) await shared.put(bytes);
    assertEquals(filesBelow(shared.folder).length, 1);
  }));

Deno.test("TenantBlobs opens no blob that was changed, moved, cut short or sealed by another key", () =>
  withFolder(async (folder) => {
    const store = new TenantBlobs(folder, master).of("acme");
    const hashA = await store.put(text("one")), [pathA] = filesBelow(folder);
    const hashB = await store.put(text("two"));
    const pathB = filesBelow(folder).find((path) => path !== pathA)!;
    const whole = await Deno.readFile(pathB);
    const broken = [
      ...whole.keys().map((at) => whole.with(at, whole[at] ^ 1)),
      whole.subarray(0, 27),
      whole.subarray(0, -1),
      await Deno.readFile(pathA),
    ];
    for (const bytes of broken) {
      await Deno.writeFile(pathB, bytes);
      await assertRejects(() => store.get(hashB), CorruptBlobError, "Cannot read blob");
    }
    const other = new TenantBlobs(folder, incompressible(32, 9)).of("acme");
    await assertRejects(() => other.get(hashA), Deno.errors.NotFound);
    assertThrows(() => new TenantBlobs(folder, master.subarray(1)), RangeError, "32 bytes");
  }));

Deno.test("TenantBlobs.sweep() keeps what is named by its hash", () =>
  withFolder(async (folder) => {
    const store = new TenantBlobs(folder, master).of("acme");
    const [kept, gone] = [await store.put(text("kept")), await store.put(text("gone"))];
    const options = { nowMs: Date.now() + 1e6, graceMs: 1000 };
    assertEquals(await store.sweep(new Set([kept]), options), 1);
    assertEquals(await store.missing([kept, gone]), [gone]);
    assert(dirname(store.folder) === folder);
  }));

Deno.test("HKDF-SHA-256 derives what RFC 5869, appendix A.1, says", () => {
  const hex = (digits: string) => Uint8Array.fromHex(digits);
  const key = hkdfSync(
    "sha256",
    hex("0b".repeat(22)),
    hex("000102030405060708090a0b0c"),
    hex("f0f1f2f3f4f5f6f7f8f9"),
    42,
  );
  const expected =
    "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865";
  assertEquals(new Uint8Array(key).toHex(), expected);
});
