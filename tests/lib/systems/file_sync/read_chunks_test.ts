import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { integer, stream } from "lib/sim/random.ts";
import { FastCdc } from "lib/structures/fastcdc.ts";
import { BlobStore, hashOf } from "lib/systems/file_sync/blobs.ts";
import { Contents } from "lib/systems/file_sync/contents.ts";
import { readChunks } from "lib/systems/file_sync/read_chunks.ts";
import { incompressible } from "lib/systems/file_sync/simulate/corpus.ts";
import { fileOf } from "./file_of.ts";

const cdc = new FastCdc({ mean: 16_384 });
const PIECE = 2 ** 18;

Deno.test("readChunks() cuts as chunks() does, however the reads come", () => {
  const random = stream(1, "reads");
  const sizes = [0, 1, 4096, cdc.max, PIECE, PIECE + cdc.max, PIECE + cdc.max + 1, 2_000_000];
  for (const [seed, size] of sizes.entries()) {
    const bytes = incompressible(size, seed);
    for (const most of [() => Infinity, () => 1 + integer(random, 5000)]) {
      const cut = Array.from(readChunks(fileOf(bytes, most), cdc), hashOf);
      const whole = Array.from(
        cdc.chunks(bytes),
        ({ offset, length }) => hashOf(bytes.subarray(offset, offset + length)),
      );
      assertEquals(cut, whole, `${size}`);
    }
  }
});

Deno.test("Contents.putFile() names a large file as put() does, also while its thread is busy", async () => {
  const folder = await Deno.makeTempDir({ prefix: "contents-" });
  try {
    const store = new BlobStore(join(folder, "blobs")), path = join(folder, "file");
    using contents = new Contents(store, new FastCdc({ mean: 2 ** 18 }));
    const bytes = incompressible(9_000_000, 1);
    await Deno.writeFile(path, bytes);
    const names = await Promise.all([contents.putFile(path), contents.putFile(path)]);
    assertEquals(names, Array(2).fill(await contents.put(bytes)));
    bytes.fill(7, 4_000_000, 4_000_100);
    await Deno.writeFile(path, bytes);
    assertEquals(await contents.putFile(path), await contents.put(bytes));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("Contents.putFile() names a file as put() names its bytes", async () => {
  const folder = await Deno.makeTempDir({ prefix: "contents-" });
  try {
    const contents = new Contents(new BlobStore(join(folder, "blobs")), cdc);
    for (const size of [0, 700_000]) {
      const bytes = incompressible(size, size);
      await Deno.writeFile(join(folder, "file"), bytes);
      const name = await contents.putFile(join(folder, "file"));
      assertEquals(await contents.put(bytes), name);
      assert(await contents.read(name).then((read) => hashOf(read) === hashOf(bytes)));
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
