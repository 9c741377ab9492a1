import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { postgres } from "lib/services/postgres.ts";
import type { NumberedRecord } from "lib/systems/log_stream/record.ts";
import { LogStore } from "lib/systems/log_stream/store.ts";

const record = (deploymentId: string, offset: number): NumberedRecord => ({
  deploymentId,
  stepId: offset < 5 ? "build" : "test",
  timestamp: 0,
  level: offset % 7 === 0 ? "error" : "info",
  message: `line ${offset}`,
  redactionState: "clean",
  agentId: "a",
  seq: offset,
  offset,
});
const records = (deployment: string, from: number, to: number) =>
  Array.from({ length: to - from }, (_, n) => record(deployment, from + n));

Deno.test("LogStore keeps, seals, finds changes, expires and holds", async (t) => {
  await using database = await postgres();
  const folder = await Deno.makeTempDir();
  let nowMs = 1000;
  const open = () =>
    LogStore.open({ folder, sql: database.sql, nowMs: () => nowMs, segmentLines: 10 });
  let store = await open();

  await t.step("append() keeps lines once, in order, over a new start", async () => {
    for (const deployment of ["acme.1", "acme.2"]) {
      for (let n = 0; n < 34; n += 4) {
        await store.append(deployment, records(deployment, n, Math.min(34, n + 4)));
      }
    }
    await store.append("acme.1", records("acme.1", 20, 34));
    await assertRejects(
      () => store.append("acme.1", [record("acme.1", 40)]),
      RangeError,
      "must be 34",
    );
    store.close();
    store = await open();
    const lines = store.read("acme.1", 3, 500);
    assertEquals(lines.map(({ offset }) => offset), Array.from({ length: 31 }, (_, n) => n + 3));
    assertEquals(store.read("acme.1", 30, 2).map(({ text }) => text), ["line 30\n", "line 31\n"]);
    assertEquals([store.has("acme.1"), store.has("acme.3"), store.end("acme.2")], [
      true,
      false,
      34,
    ]);
  });

  await t.step("seal() writes an index row a segment", async () => {
    await store.append("acme.1", records("acme.1", 34, 36));
    await store.seal("acme.1");
    const rows = await store.segments("acme.1");
    assertEquals(rows.map(({ base, end }) => [base, end]), [[0, 12], [12, 24], [24, 34], [34, 36]]);
    assertEquals([rows[0].steps, rows[0].levels], [["build", "test"], ["error", "info"]]);
    assertEquals(await store.verify("acme.1"), []);
  });

  await t.step("verify() finds one altered byte, and a file that is gone", async () => {
    const path = join(folder, "acme.1", "00000000000000000012.log");
    const bytes = await Deno.readFile(path), changed = bytes.slice();
    changed[changed.length - 3] ^= 1;
    await Deno.writeFile(path, changed);
    assertEquals((await store.verify("acme.1")).map(({ base }) => base), [12]);
    await Deno.writeFile(path, bytes);
    assertEquals(await store.verify("acme.1"), []);
    await Deno.rename(path, `${path}.away`);
    assertEquals((await store.verify("acme.1")).map(({ because }) => because), [
      "its file is gone",
    ]);
    await Deno.rename(`${path}.away`, path);
  });

  await t.step("retain() deletes what is old, not what is held, and writes it down", async () => {
    await store.hold("acme.2", "case 7");
    nowMs = 5000;
    await store.append("acme.1", records("acme.1", 36, 50));
    assertEquals(await store.retain(2000), 4);
    assertEquals([store.start("acme.1"), store.start("acme.2")], [36, 0]);
    assertEquals([await store.verify("acme.1"), await store.verify("acme.2")], [[], []]);
    assertEquals(store.read("acme.1", 0, 100)[0].offset, 36);
    const audit = await database.sql`select action, deployment from log_audit order by id`;
    assertEquals(audit.map(({ action, deployment }) => `${action} ${deployment}`), [
      "held acme.2",
      ...Array(4).fill("expired acme.1"),
    ]);
    assertEquals(await store.retain(2000), 0);
  });

  await t.step("subscribe() hears of new lines only", async () => {
    const heard: number[] = [];
    const leave = store.subscribe(
      "acme.2",
      (lines) => heard.push(...lines.map(({ offset }) => offset)),
    );
    await store.append("acme.2", records("acme.2", 33, 36));
    leave();
    await store.append("acme.2", records("acme.2", 36, 37));
    assertEquals(heard, [34, 35]);
    assert(store.end("acme.2") === 37);
  });
  store.close();
  await Deno.remove(folder, { recursive: true });
});
