import { assert, assertEquals, assertThrows } from "@std/assert";
import { integer, pick, type Random, stream } from "lib/sim/random.ts";
import {
  decodeDelta,
  type Delta,
  encodeDelta,
  literalBytes,
  patch,
} from "lib/systems/file_sync/delta.ts";
import { localDelta } from "lib/systems/file_sync/local_delta.ts";
import { rsyncDelta, signature, signatureBytes } from "lib/systems/file_sync/rsync.ts";

/** Files of few different bytes have many equal blocks, so that wrong matches would show. */
function randomFile(random: Random, length: number): Uint8Array {
  const letters = pick(random, [2, 4, 256]);
  return Uint8Array.from({ length }, () => integer(random, letters));
}

/** Overwrites, inserts, deletes and moves. */
function edit(random: Random, file: Uint8Array): Uint8Array {
  const at = integer(random, file.length + 1), length = integer(random, 60);
  const [head, tail] = [file.subarray(0, at), file.subarray(at)];
  const added = randomFile(random, length);
  const parts = pick(random, [
    [head, added, tail],
    [head, tail.subarray(length)],
    [head, added.subarray(0, tail.length), tail.subarray(length)],
    [tail, head],
  ]);
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

const methods: Record<string, (old: Uint8Array, now: Uint8Array, block: number) => Delta> = {
  rsyncDelta: (old, now, block) => rsyncDelta(signature(old, block), now),
  localDelta: (old, now, block) => localDelta(old, now, { block }),
};

for (const [name, method] of Object.entries(methods)) {
  Deno.test(`${name}() makes the new file from the old one, over the wire`, () => {
    for (let seed = 0; seed < 2000; seed++) {
      const random = stream(seed, "files");
      const old = randomFile(random, integer(random, 500));
      let now = old;
      for (let edits = integer(random, 4); edits >= 0; edits--) now = edit(random, now);
      const delta = method(old, now, 1 + integer(random, 40));
      assertEquals(patch(old, decodeDelta(encodeDelta(delta))), now, `seed ${seed}`);
    }
  });

  Deno.test(`${name}() of the same file sends no byte of it, of another all`, () => {
    const random = stream(1, "file");
    const [old, other] = [1, 2].map(() =>
      Uint8Array.from({ length: 10_001 }, () => integer(random, 256))
    );
    assertEquals(literalBytes(method(old, old, 64)), 0);
    assert(encodeDelta(method(old, old, 64)).length <= 8);
    assert(literalBytes(method(old, other, 64)) >= 9990);
    assertEquals(method(old, new Uint8Array(), 64), []);
    assertEquals(literalBytes(method(new Uint8Array(), old, 64)), old.length);
  });

  Deno.test(`${name}() refuses a block of no length`, () => {
    for (const block of [0, -1, 1.5, NaN]) {
      assertThrows(() => method(new Uint8Array(9), new Uint8Array(9), block), RangeError, "block");
    }
  });
}

Deno.test("localDelta() sends little more than the bytes that are new", () => {
  const random = stream(1, "file");
  const old = Uint8Array.from({ length: 100_000 }, () => integer(random, 256));
  const now = Uint8Array.from([
    ...old.subarray(0, 33_333),
    ...[1, 2, 3],
    ...old.subarray(33_333, 70_001),
    ...old.subarray(70_008),
  ]);
  assert(encodeDelta(localDelta(old, now)).length <= 3 + 3 * 8);
  assert(literalBytes(rsyncDelta(signature(old, 1024), now)) <= 2 * 1024);
  assertEquals(signatureBytes(signature(old, 1024)), Math.ceil(100_000 / 1024) * 20);
});

Deno.test("rsyncDelta() without the strong hash corrupts a file whose weak sums were made equal", () => {
  const old = new Uint8Array([5, 0, 1, 0, 1, 9]), now = new Uint8Array([5, 0, 0, 2, 0, 9]);
  const signed = signature(old, 6);
  assertEquals(patch(old, rsyncDelta(signed, now)), now);
  assertEquals(patch(old, rsyncDelta(signed, now, () => true)), old);
});

Deno.test("patch() refuses copies from outside the old file", () => {
  assertThrows(
    () => patch(new Uint8Array(4), [{ offset: 2, length: 3 }]),
    RangeError,
    "a copy must lie within the old file of 4 bytes: received 2 to 5",
  );
});

Deno.test("decodeDelta() refuses bytes that end too early", () => {
  const sent = encodeDelta([{ literal: new Uint8Array(300) }, {
    offset: 2 ** 40,
    length: 2 ** 41,
  }]);
  assertEquals(decodeDelta(sent)[1], { offset: 2 ** 40, length: 2 ** 41 });
  for (let length = 1; length < sent.length; length++) {
    if (length === 302) continue; // the literal alone is whole
    assertThrows(() => decodeDelta(sent.subarray(0, length)), SyntaxError, "Cannot decode delta");
  }
});
