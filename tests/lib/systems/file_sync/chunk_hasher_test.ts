import { assertEquals, assertRejects } from "@std/assert";
import { FastCdc } from "lib/structures/fastcdc.ts";
import { hashOf } from "lib/systems/file_sync/blobs.ts";
import { ChunkHasher, NoHasherError } from "lib/systems/file_sync/chunk_hasher.ts";
import { incompressible } from "lib/systems/file_sync/simulate/corpus.ts";
import { fileOf } from "./file_of.ts";

const cdc = new FastCdc({ mean: 16_384 });
const PIECE = 2 ** 20;

function rowsOf(bytes: Uint8Array) {
  return Array.from(
    cdc.chunks(bytes),
    ({ offset, length }) => ({ hash: hashOf(bytes.subarray(offset, offset + length)), length }),
  );
}

/** A worker that runs the given code. */
function workerOf(code: string): Worker {
  return new Worker(`data:text/javascript,${encodeURIComponent(code)}`, { type: "module" });
}

Deno.test("ChunkHasher.rows() are those of one thread, for files of any size and reads of any", async () => {
  using hasher = new ChunkHasher();
  const sizes = [0, 1, cdc.max, PIECE, PIECE + cdc.max, PIECE + cdc.max + 1, 3_500_000];
  for (const [seed, size] of sizes.entries()) {
    const bytes = incompressible(size, seed);
    for (const most of [() => Infinity, () => 70_000]) {
      assertEquals(await hasher.rows(fileOf(bytes, most), cdc), rowsOf(bytes), `${size}`);
    }
  }
});

Deno.test("a worker that dies fails the file that waits for it, and every later one", async () => {
  const dies = `let asked = 0;
    onmessage = ({ data }) => {
      if (++asked === 2) throw new Error("out of luck");
      postMessage(data.lengths.map(() => ""));
    };`;
  using hasher = new ChunkHasher(workerOf(dies));
  const bytes = incompressible(4 * PIECE, 1);
  for (const _ of ["first", "later"]) {
    await assertRejects(() => hasher.rows(fileOf(bytes), cdc), NoHasherError, "out of luck");
  }
});

Deno.test("a ChunkHasher that is ended, or busy, says so", async () => {
  const hasher = new ChunkHasher(workerOf("onmessage = () => {};"));
  const waiting = assertRejects(
    () => hasher.rows(fileOf(incompressible(9, 1)), cdc),
    NoHasherError,
    "end",
  );
  await assertRejects(
    () => hasher.rows(fileOf(new Uint8Array()), cdc),
    NoHasherError,
    "another file",
  );
  hasher[Symbol.dispose]();
  await waiting;
  await assertRejects(
    () => hasher.rows(fileOf(new Uint8Array(1)), cdc),
    NoHasherError,
    "must live",
  );
});
