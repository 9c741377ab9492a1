import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { CompressionTypes } from "kafkajs";
import { kafka } from "lib/services/kafka.ts";
import { Log } from "lib/systems/commit_log/log.ts";
import { decode } from "lib/systems/commit_log/record_batch.ts";
import { withinOneRun } from "../../services/one_run.ts";
import { isKafkaThere, receive } from "../../services/with_kafka.ts";

const test = withinOneRun({ isThere: isKafkaThere });
const text = (bytes: Uint8Array | null) =>
  bytes === null ? undefined : new TextDecoder().decode(bytes);

test("segment files go both ways between this log and a real broker", async () => {
  await using broker = await kafka({ own: true });
  const [node] = broker.nodes;
  const folderOf = (topic: string) => join(node.dataFolder, "data", `${topic}-0`);

  // The broker's file, read by ours, against what a consumer gets.
  const theirs = await broker.createTopic("theirs");
  const producer = await broker.producer();
  for (const compression of [CompressionTypes.None, CompressionTypes.GZIP]) {
    const messages = Array.from({ length: 20 }, (_, n) => ({ key: `k${n % 3}`, value: `v${n}` }));
    await producer.send({ topic: theirs, compression, messages });
  }
  const received = await receive(await broker.consumer({ groupId: "theirs" }), theirs, 40);
  const bytes = await Deno.readFile(join(folderOf(theirs), "00000000000000000000.log"));
  const read = [];
  for (let at = 0; at < bytes.length;) {
    const batch = decode(bytes, at);
    read.push(...batch.records);
    at += batch.size;
  }
  assertEquals(
    read.map(({ offset, key, value }) => ({
      partition: 0,
      offset,
      key: text(key),
      value: text(value),
    })),
    received,
  );

  // Our files in the place of the broker's. After a crash it checks what it finds, and serves it.
  const ours = await broker.createTopic("ours");
  // With the first record the broker writes down which topic the folder belongs to.
  await producer.send({ topic: ours, messages: [{ value: "to be replaced" }] });
  await node.kill();
  await Deno.remove(folderOf(ours) + "/00000000000000000000.log");
  {
    using log = Log.open(folderOf(ours), { segmentBytes: 2000 });
    for (let n = 0; n < 60; n += 3) {
      const records = Array.from({ length: 3 }, (_, i) => ({
        key: `k${i}`,
        value: `ours ${n + i}`,
        timestampMs: Date.now(),
        headers: [["from", "ours"]] as const,
      }));
      log.append(records, { compression: n % 2 === 0 ? "none" : "gzip" });
    }
    assert(log.segments.length > 1);
  }
  await node.restart();
  await producer.send({ topic: ours, messages: [{ key: "k0", value: "theirs" }] });
  const served = await receive(await broker.consumer({ groupId: "ours" }), ours, 61);
  assertEquals(
    served.map(({ offset, value }) => [offset, value]),
    Array.from({ length: 61 }, (_, n) => [n, n < 60 ? `ours ${n}` : "theirs"]),
  );
});
