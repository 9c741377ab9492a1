import { assert, assertEquals, assertThrows } from "@std/assert";
import { integer, stream } from "lib/sim/random.ts";
import { type Chunk, ChunkStream, FastCdc } from "lib/structures/fastcdc.ts";

const cdc = new FastCdc({ mean: 1024 });

function randomBytes(length: number, seed: number): Uint8Array {
  const random = stream(seed, "bytes");
  return Uint8Array.from({ length }, () => integer(random, 256));
}

function contents(bytes: Uint8Array, chunks: Iterable<Chunk>): string[] {
  return Array.from(chunks, ({ offset, length }) => `${bytes.subarray(offset, offset + length)}`);
}

Deno.test("FastCdc.chunks() covers the bytes with chunks within the sizes, about the mean", () => {
  const bytes = randomBytes(1 << 20, 1);
  const chunks = [...cdc.chunks(bytes)];
  let next = 0;
  for (const { offset, length } of chunks) {
    assertEquals(offset, next);
    assert(length <= cdc.max);
    next += length;
    if (next < bytes.length) assert(length >= cdc.min);
  }
  assertEquals(next, bytes.length);
  const mean = bytes.length / chunks.length;
  assert(mean > 1024 && mean < 1.3 * 1024, `${mean}`);
});

Deno.test("FastCdc.chunks() of few, equal or no bytes", () => {
  assertEquals([...cdc.chunks(new Uint8Array())], []);
  assertEquals([...cdc.chunks(new Uint8Array(10))], [{ offset: 0, length: 10 }]);
  const zeros = [...cdc.chunks(new Uint8Array(10_000))];
  assertEquals(zeros.reduce((sum, { length }) => sum + length, 0), 10_000);
});

Deno.test("FastCdc.chunks() remakes one or two chunks after a byte inserted, seldom more", () => {
  const changed = Array.from({ length: 100 }, (_, seed) => {
    const bytes = randomBytes(50_000, seed);
    const at = integer(stream(seed, "position"), bytes.length);
    const edited = new Uint8Array(bytes.length + 1);
    edited.set(bytes.subarray(0, at));
    edited[at] = 7;
    edited.set(bytes.subarray(at), at + 1);
    const old = new Set(contents(bytes, cdc.chunks(bytes)));
    return contents(edited, cdc.chunks(edited)).filter((chunk) => !old.has(chunk)).length;
  });
  assert(changed.every((count) => count >= 1 && count <= 8), `${changed}`);
  assert(changed.filter((count) => count <= 2).length >= 90, `${changed}`);
});

Deno.test("ChunkStream.push() cuts where FastCdc.chunks() does, however the bytes are split", () => {
  for (let seed = 0; seed < 20; seed++) {
    const random = stream(seed, "pieces");
    const bytes = randomBytes(30_000, seed);
    const pieces = new ChunkStream(cdc);
    const got: Uint8Array[] = [];
    for (let at = 0; at < bytes.length;) {
      const length = 1 + integer(random, seed % 2 ? 50 : 9000);
      got.push(...pieces.push(bytes.subarray(at, at + length)));
      at += length;
    }
    got.push(...pieces.finish());
    assertEquals(got.map(String), contents(bytes, cdc.chunks(bytes)));
    assertEquals(pieces.finish(), []);
  }
});

Deno.test("FastCdc cuts elsewhere with another gear", () => {
  const bytes = randomBytes(50_000, 1);
  const other = new FastCdc({ mean: 1024, seed: 2 });
  const [ours, theirs] = [cdc, other].map((each) => new Set(contents(bytes, each.chunks(bytes))));
  assert([...theirs].filter((chunk) => ours.has(chunk)).length <= 1);
});

Deno.test("FastCdc refuses sizes that cannot be met", () => {
  for (const mean of [0, 63, 1000, NaN, 2 ** 25]) {
    assertThrows(() => new FastCdc({ mean }), RangeError, "mean must be a power of two");
  }
  for (const sizes of [{ min: 2048 }, { max: 512 }, { min: 0 }, { min: 1.5 }]) {
    assertThrows(() => new FastCdc({ mean: 1024, ...sizes }), RangeError, "1 ≤ min ≤ mean ≤ max");
  }
});
