import { assert, assertEquals, assertThrows } from "@std/assert";
import { join } from "node:path";
import { CorruptBatchError } from "lib/systems/commit_log/batch_header.ts";
import { Log, OffsetOutOfRangeError, RecordTooLargeError } from "lib/systems/commit_log/log.ts";
import { OutOfOrderSequenceError } from "lib/systems/commit_log/producer_state.ts";
import type { NewRecord } from "lib/systems/commit_log/record_batch.ts";
import { type AppendFile, openForWriting } from "lib/systems/commit_log/segment.ts";

const text = (bytes: Uint8Array | null) => bytes === null ? null : new TextDecoder().decode(bytes);

function withFolder(body: (folder: string) => void): () => void {
  return () => {
    const folder = Deno.makeTempDirSync();
    try {
      body(folder);
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  };
}

function batch(from: number, count: number, bytes = 100): NewRecord[] {
  return Array.from({ length: count }, (_, i) => ({
    key: `k${(from + i) % 7}`,
    value: String(from + i).padEnd(bytes, "."),
    timestampMs: (from + i) * 1000,
  }));
}

/** Flips one bit of a file. */
function damage(path: string, at: number): void {
  const bytes = Deno.readFileSync(path);
  bytes[at] ^= 1;
  Deno.writeFileSync(path, bytes);
}

Deno.test(
  "Log.append() gives offsets in order; read() starts anywhere, across segments",
  withFolder((folder) => {
    using log = Log.open(folder, { segmentBytes: 2000 });
    for (let n = 0; n < 100; n += 5) assertEquals(log.append(batch(n, 5)), n);
    assert(log.segments.length > 3);
    for (let from = 0; from < 100; from++) {
      const offsets = log.records(from).map(({ offset }) => offset).toArray();
      assertEquals(offsets, Array.from({ length: 100 - from }, (_, i) => from + i));
    }
    assertEquals(log.read(100), []);
    for (const offset of [-1, 101, NaN]) {
      assertThrows(
        () => log.read(offset),
        OffsetOutOfRangeError,
        `offset must be 0 to 100: received ${offset}`,
      );
    }
  }),
);

Deno.test(
  "Log.read() gives whole batches of at most so many bytes, but at least one",
  withFolder((folder) => {
    using log = Log.open(folder);
    for (let n = 0; n < 60; n += 3) log.append(batch(n, 3, 5000));
    assertEquals(log.read(0, 1).length, 3);
    assertEquals(log.read(4, 1).map(({ offset }) => offset), [4, 5]);
    assertEquals(log.read(0, 40_000).length, 6);
    assertEquals(log.read(0, 1 << 30).length, 60);
  }),
);

Deno.test(
  "Log.open() finds what was closed, and numbers on",
  withFolder((folder) => {
    for (let start = 0; start < 50; start += 10) {
      using log = Log.open(folder, { segmentBytes: 1500 });
      assertEquals([log.endOffset, log.cutBytes], [start, 0]);
      log.append(batch(start, 10));
    }
    using log = Log.open(folder);
    assertEquals(log.records().map(({ offset }) => offset).toArray().length, 50);
    const index = [...Deno.readDirSync(folder)].filter(({ name }) => name.endsWith(".index"));
    assert(index.length > 0);
  }),
);

Deno.test(
  "Log.roll() happens by size and by age",
  withFolder((folder) => {
    using log = Log.open(folder, { segmentMs: 60_000 });
    for (let n = 0; n < 180; n++) log.append(batch(n, 1));
    assertEquals(log.segments.map(({ baseOffset }) => baseOffset), [0, 60, 120]);
  }),
);

Deno.test(
  "Log.retain() deletes closed segments by age, and by size",
  withFolder((folder) => {
    using log = Log.open(folder, { segmentMs: 60_000, retentionMs: 100_000 });
    for (let n = 0; n < 180; n++) log.append(batch(n, 1));
    assertEquals(log.retain(159_000), 0);
    assertEquals(log.retain(159_001), 1);
    assertEquals([log.startOffset, log.read(60)[0].offset], [60, 60]);
    assertThrows(() => log.read(59), OffsetOutOfRangeError);
    assertEquals(log.retain(1e12), 1);
    log.options.retentionBytes = 0;
    assertEquals([log.retain(0), log.startOffset, log.endOffset], [0, 120, 180]);
  }),
);

Deno.test(
  "Log.retain() by size keeps at least that much",
  withFolder((folder) => {
    using log = Log.open(folder, { segmentBytes: 2000, retentionBytes: 5000 });
    for (let n = 0; n < 100; n++) log.append(batch(n, 1));
    log.retain(0);
    assert(log.bytes >= 5000 && log.bytes < 7000, `${log.bytes}`);
  }),
);

Deno.test(
  "Log.offsetAt() finds the first batch of a time",
  withFolder((folder) => {
    using log = Log.open(folder, { segmentBytes: 2000 });
    for (let n = 0; n < 100; n++) log.append(batch(n, 1));
    for (const second of [0, 1, 37, 99]) assertEquals(log.offsetAt(second * 1000 - 500), second);
    assertEquals(log.offsetAt(1e9), 100);
  }),
);

Deno.test(
  "Log.compact() keeps the last record of each key, and every offset",
  withFolder((folder) => {
    const log = Log.open(folder, { segmentBytes: 2000, cleanup: "compact" });
    for (let n = 0; n < 300; n += 3) log.append(batch(n, 3));
    const bytes = log.bytes;
    log.roll();
    log.compact(0);
    const kept = log.records().map((
      { key, value, offset },
    ) => [text(key), parseInt(text(value)!), offset]).toArray();
    assertEquals(kept, [293, 294, 295, 296, 297, 298, 299].map((n) => [`k${n % 7}`, n, n]));
    assert(log.bytes < bytes / 10);
    assertEquals(log.append(batch(300, 1)), 300);
    log.close();
    using again = Log.open(folder, { segmentBytes: 2000, cleanup: "compact" });
    assertEquals(again.records(200).map(({ offset }) => offset).toArray(), [
      293,
      294,
      295,
      296,
      297,
      298,
      299,
      300,
    ]);
    assertThrows(
      () => again.append([{ key: null, value: "x", timestampMs: 0 }]),
      TypeError,
      "Cannot append record: its key must be there in a compacted log",
    );
  }),
);

Deno.test(
  "Log.rewritten() and replaceSegment() change values of a closed segment, and no offset",
  withFolder((folder) => {
    const log = Log.open(folder, { segmentBytes: 2000 });
    for (let n = 0; n < 60; n += 3) log.append(batch(n, 3));
    const before = log.records().toArray(), { baseOffset } = log.segments[1];
    const batches = log.rewritten(
      baseOffset,
      (record) => record.offset === baseOffset + 1 ? { ...record, value: null } : record,
    );
    assertEquals(log.records().toArray(), before, "not yet");
    log.replaceSegment(baseOffset, batches);
    const expected = before.map((record) =>
      record.offset === baseOffset + 1 ? { ...record, value: null } : record
    );
    assertEquals(log.records().toArray(), expected);
    log.close();
    using again = Log.open(folder, { segmentBytes: 2000 });
    assertEquals(again.records().toArray(), expected);
    assertEquals(again.endOffset, 60);
    for (const base of [baseOffset + 1, again.segments.at(-1)!.baseOffset]) {
      assertThrows(
        () => again.rewritten(base, (record) => record),
        RangeError,
        `a closed one must begin at ${base}`,
      );
    }
  }),
);

Deno.test(
  "Log.compact() keeps a tombstone for a while, then drops it with its key",
  withFolder((folder) => {
    using log = Log.open(folder, { cleanup: "compact", deleteRetentionMs: 1000 });
    log.append([{ key: "ann", value: "x", timestampMs: 0 }, {
      key: "ann",
      value: null,
      timestampMs: 10,
    }]);
    log.roll();
    log.compact(1009);
    assertEquals(log.records().map(({ offset, value }) => [offset, value]).toArray(), [[1, null]]);
    log.compact(1010);
    assertEquals([log.records().toArray(), log.endOffset], [[], 2]);
    assertEquals(log.append([{ key: "bob", value: "y", timestampMs: 20 }]), 2);
  }),
);

Deno.test(
  "Log.open() finishes a compaction that a crash cut in two",
  withFolder((folder) => {
    const log = Log.open(folder, { segmentBytes: 2000, cleanup: "compact" });
    for (let n = 0; n < 100; n++) log.append(batch(n, 1));
    log.roll();
    log.close();
    const before = [...Deno.readDirSync(folder)].filter(({ name }) => name.endsWith(".log"))
      .map(({ name }) => [name, Deno.readFileSync(join(folder, name))] as const);
    const compacted = Log.open(folder, { segmentBytes: 1 << 20, cleanup: "compact" });
    compacted.compact(0);
    const expected = compacted.records().map(({ offset }) => offset).toArray();
    compacted.close();
    // As it was after the new file got its name, before the old ones were removed.
    const base = "0".padStart(20, "0"), end = "100".padStart(20, "0");
    Deno.renameSync(join(folder, `${base}.log`), join(folder, `${base}-${end}.swap`));
    for (const [name, bytes] of before) Deno.writeFileSync(join(folder, name), bytes);
    Deno.writeTextFileSync(join(folder, `${base}.cleaned`), "half of it");
    using again = Log.open(folder, { cleanup: "compact" });
    assertEquals(again.records().map(({ offset }) => offset).toArray(), expected);
    assertEquals([...Deno.readDirSync(folder)].filter(({ name }) => /swap|cleaned/.test(name)), []);
  }),
);

Deno.test(
  "a torn tail is cut off; damage before whole batches is not, and is an error where it is read",
  withFolder((folder) => {
    const log = Log.open(folder, { segmentBytes: 2000 });
    for (let n = 0; n < 30; n++) log.append(batch(n, 1));
    const [first, , active] = log.segments.map(({ path, baseOffset }) => ({
      path: `${path}.log`,
      baseOffset,
    }));
    log.close();
    damage(first.path, 300); // the second batch
    damage(active.path, 100); // its first batch, others follow
    Deno.writeFileSync(active.path, new Uint8Array(70), { append: true });
    using again = Log.open(folder, { segmentBytes: 2000 });
    assertEquals([again.cutBytes, again.endOffset], [70, 30]);
    assertEquals(again.read(0).map(({ offset }) => offset), [0], "up to the damage");
    const error = assertThrows(
      () => again.read(1),
      CorruptBatchError,
      "Cannot read batch at offset 1: CRC-32C must be",
    );
    assertEquals(error.offset, 1);
    assertEquals(again.read(2)[0].offset, 2, "behind it");
    assertThrows(() => again.read(active.baseOffset), CorruptBatchError);
    assertEquals(
      again.records(active.baseOffset + 1).map(({ offset }) => offset).toArray().at(-1),
      29,
    );
  }),
);

Deno.test(
  "a batch whose last bytes are wrong is a torn tail too",
  withFolder((folder) => {
    const log = Log.open(folder);
    for (let n = 0; n < 3; n++) log.append(batch(n, 1));
    const { path, size } = log.segments[0];
    log.close();
    damage(`${path}.log`, size - 1);
    using again = Log.open(folder);
    assertEquals([again.endOffset, again.records().toArray().length], [2, 2]);
    assert(again.cutBytes > 100);
  }),
);

Deno.test(
  "Log.append() refuses a batch that is too large, and appends nothing",
  withFolder((folder) => {
    using log = Log.open(folder, { maxBatchBytes: 500 });
    log.append(batch(0, 1));
    assertThrows(
      () => log.append(batch(1, 1, 1000)),
      RecordTooLargeError,
      "Cannot append batch: it must be at most 500 bytes: received 1",
    );
    assertEquals([log.endOffset, log.records().toArray().length], [1, 1]);
  }),
);

Deno.test(
  "Log.append() on a full disk fails, and the log is as it was",
  withFolder((folder) => {
    let room = 3000;
    const openFile = (path: string): AppendFile => {
      const file = openForWriting(path) as Deno.FsFile;
      const writeSync = (bytes: Uint8Array) => {
        if (room === 0) throw new Error("No space left on device (os error 28)");
        const size = file.writeSync(bytes.subarray(0, room));
        room -= size;
        return size;
      };
      return new Proxy(file, {
        get: (target, name) => {
          if (name === "writeSync") return writeSync;
          const value = Reflect.get(target, name, target);
          return typeof value === "function" ? value.bind(target) : value;
        },
      });
    };
    const log = Log.open(folder, { openFile });
    let appended = 0;
    assertThrows(
      () => {
        for (;; appended += 5) log.append(batch(appended, 5));
      },
      Error,
      "No space left",
    );
    assert(appended > 0);
    assertEquals([log.endOffset, log.records().toArray().length], [appended, appended]);
    room = 10_000;
    assertEquals(log.append(batch(appended, 5)), appended);
    log.close();
    using again = Log.open(folder);
    assertEquals([again.cutBytes, again.endOffset], [0, appended + 5]);
  }),
);

Deno.test(
  "Log.append() of an idempotent producer appends once, also across a restart",
  withFolder((folder) => {
    const log = Log.open(folder);
    const send = (log: Log, sequence: number) =>
      log.append(batch(sequence, 2), { producer: { id: 1, epoch: 0, sequence } });
    assertEquals([send(log, 0), send(log, 2), send(log, 2), send(log, 0)], [0, 2, 2, 0]);
    assertThrows(() => send(log, 6), OutOfOrderSequenceError, "sequence must be 4: received 6");
    log.close();
    using again = Log.open(folder);
    assertEquals([send(again, 2), send(again, 4), again.endOffset], [2, 4, 6]);
  }),
);
