import { assertEquals, assertNotEquals } from "@std/assert";
import { integer, stream } from "lib/sim/random.ts";
import { crc32c } from "lib/structures/crc32c.ts";

/** Bit by bit, as the definition has it. */
function byDefinition(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  return ~crc >>> 0;
}

function randomBytes(random: () => number, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => integer(random, 256));
}

Deno.test("crc32c() gives the check value, and the examples of RFC 3720, B.4", () => {
  const ascending = Uint8Array.from({ length: 32 }, (_, i) => i);
  const cases: [Uint8Array, number][] = [
    [new TextEncoder().encode("123456789"), 0xe3069283],
    [new Uint8Array(32), 0x8a9136aa],
    [new Uint8Array(32).fill(0xff), 0x62a8ab43],
    [ascending, 0x46dd794e],
    [ascending.toReversed(), 0x113fdb5c],
    [new Uint8Array(0), 0],
  ];
  for (const [bytes, expected] of cases) assertEquals(crc32c(bytes), expected);
});

Deno.test("crc32c() agrees with its definition on random bytes, whole and in two parts", () => {
  const random = stream(1, "bytes");
  for (let run = 0; run < 500; run++) {
    const bytes = randomBytes(random, integer(random, 60)), cut = integer(random, bytes.length + 1);
    const expected = byDefinition(bytes);
    assertEquals(crc32c(bytes), expected);
    assertEquals(crc32c(bytes.subarray(cut), crc32c(bytes.subarray(0, cut))), expected);
  }
});

Deno.test("crc32c() finds every single flipped bit", () => {
  const bytes = randomBytes(stream(1, "bits"), 40), expected = crc32c(bytes);
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = bytes.slice();
    flipped[bit >> 3] ^= 1 << (bit & 7);
    assertNotEquals(crc32c(flipped), expected);
  }
});
