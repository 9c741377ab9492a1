import { assert, assertEquals, assertThrows } from "@std/assert";
import { murmur2, partitionOf } from "lib/structures/murmur2.ts";

Deno.test("murmur2() gives the values of Apache Kafka's UtilsTest", () => {
  const expected = {
    "21": -973932308,
    "foobar": -790332482,
    "a-little-bit-long-string": -985981536,
    "a-little-bit-longer-string": -1486304829,
    "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
    "abc": 479470107,
  };
  for (const [key, hash] of Object.entries(expected)) assertEquals(murmur2(key), hash, key);
});

Deno.test("murmur2() hashes text as its UTF-8 bytes", () => {
  assertEquals(murmur2("Zoë"), murmur2(new Uint8Array([0x5a, 0x6f, 0xc3, 0xab])));
});

Deno.test("partitionOf() agrees with kafkajs on random keys", async () => {
  const { Partitioners } = (await import("kafkajs")).default;
  const partitioner = Partitioners.DefaultPartitioner();
  const partitionMetadata = Array.from({ length: 12 }, (_, partitionId) => ({
    partitionId,
    leader: 1,
    replicas: [1],
    isr: [1],
    partitionErrorCode: 0,
  }));
  for (let user = 0; user < 2000; user++) {
    const key = `user-${user ** 3}`;
    const message = { key, value: null };
    assertEquals(
      partitionOf(key, 12),
      partitioner({ topic: "presence.changes", partitionMetadata, message }),
      key,
    );
  }
});

Deno.test("partitionOf() spreads keys evenly", () => {
  const counts = new Array(16).fill(0);
  for (let user = 0; user < 160_000; user++) counts[partitionOf(`user-${user}`, 16)]++;
  for (const count of counts) assert(Math.abs(count - 10_000) < 5 * 100, `${count} of 10,000`);
});

Deno.test("partitionOf() refuses a partition count that is none", () => {
  assertThrows(
    () => partitionOf("abc", 0),
    RangeError,
    "Cannot partition key: partitions must be an integer of at least 1: received 0",
  );
});
