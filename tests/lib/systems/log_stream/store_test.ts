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
    LogStore.open({
      folder,
      sql: database.sql,
      nowMs: () => nowMs,
      segmentLines: 10,
      retentionMs: 3000,
    });
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
    const text = await store.metrics.registry.metrics();
    assert(text.includes("audit_chain_broken_total 1\n"), text);
    await Deno.writeFile(path, bytes);
    assertEquals(await store.verify("acme.1"), []);
    await Deno.rename(path, `${path}.away`);
    assertEquals((await store.verify("acme.1")).map(({ because }) => because), [
      "its file is gone",
    ]);
    await Deno.rename(`${path}.away`, path);
  });

  await t.step("deleteLine() leaves a note, the other lines, and a chain that holds", async () => {
    const path = (base: number) => join(folder, "acme.1", `${`${base}`.padStart(20, "0")}.log`);
    const before = store.read("acme.1", 0, 100), original = await Deno.readFile(path(12));
    await store.deleteLine("acme.1", 17, "a key");
    await store.deleteLine("acme.1", 13, "another");
    const expected = before.map(({ text, offset }) =>
      offset === 17 ? "[deleted: a key]\n" : offset === 13 ? "[deleted: another]\n" : text
    );
    assertEquals(store.read("acme.1", 0, 100).map(({ text }) => text), expected);
    assert(!new TextDecoder("latin1").decode(await Deno.readFile(path(12))).includes("line 17"));
    assertEquals(await store.verify("acme.1"), []);
    store.close();
    store = await open();
    assertEquals(store.read("acme.1", 0, 100).map(({ text }) => text), expected);
    assertEquals(await store.verify("acme.1"), []);
    const now = await Deno.readFile(path(12));
    await Deno.writeFile(path(12), original);
    assertEquals((await store.verify("acme.1")).map(({ because }) => because), [
      "the deletion of a line was cut short",
    ]);
    store.close();
    store = await open();
    await store.deleteLine("acme.1", 13, "another"); // once more, and the other one is done too
    assertEquals(await Deno.readFile(path(12)), now);
    assertEquals(await store.verify("acme.1"), []);
  });

  await t.step("deleteLine() seals what is open first", async () => {
    await store.append("acme.3", records("acme.3", 0, 3));
    await store.deleteLine("acme.3", 1, "a key");
    assertEquals(store.read("acme.3", 0, 9).map(({ text }) => text), [
      "line 0\n",
      "[deleted: a key]\n",
      "line 2\n",
    ]);
    await store.append("acme.3", records("acme.3", 3, 4));
    assertEquals([store.end("acme.3"), await store.verify("acme.3")], [4, []]);
  });

  await t.step(
    "deleteLine() refuses what is not there, held or altered, and changes nothing",
    async () => {
      const refused = (deployment: string, offset: number, reason: string, because: string) =>
        assertRejects(() => store.deleteLine(deployment, offset, reason), RangeError, because);
      await refused("acme.1", 99, "a key", "it must be in the log");
      await refused("acme.9", 0, "a key", "it must be in the log");
      await refused("acme.1", 1, "two\nlines", "one line of text");
      await store.hold("acme.3", "case 3");
      await refused("acme.3", 0, "a key", "received a hold, case 3");
      const path = join(folder, "acme.1", "00000000000000000024.log");
      const bytes = await Deno.readFile(path), changed = bytes.slice();
      changed[changed.length - 3] ^= 1;
      await Deno.writeFile(path, changed);
      await refused("acme.1", 25, "a key", "verify() tells more");
      assertEquals(await Deno.readFile(path), changed);
      await Deno.writeFile(path, bytes);
      assertEquals(await store.verify("acme.1"), []);
    },
  );

  await t.step("retain() deletes what is old, not what is held, and writes it down", async () => {
    await store.hold("acme.2", "case 7");
    nowMs = 5000;
    await store.append("acme.1", records("acme.1", 36, 50));
    const overdue = /^retention_overdue_segments (\d+)$/m;
    assertEquals(overdue.exec(await store.metrics.registry.metrics())?.[1], "4");
    assertEquals(await store.retain(2000), 4);
    assertEquals(overdue.exec(await store.metrics.registry.metrics())?.[1], "0");
    assertEquals([store.start("acme.1"), store.start("acme.2")], [36, 0]);
    assertEquals([await store.verify("acme.1"), await store.verify("acme.2")], [[], []]);
    assertEquals(store.read("acme.1", 0, 100)[0].offset, 36);
    const audit = await database.sql`select action, deployment from log_audit order by id`;
    assertEquals(audit.map(({ action, deployment }) => `${action} ${deployment}`), [
      ...Array(3).fill("deleted acme.1"),
      "deleted acme.3",
      "held acme.3",
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
