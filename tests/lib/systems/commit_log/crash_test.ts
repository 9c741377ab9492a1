import { assert, assertEquals } from "@std/assert";
import { integer, stream } from "lib/sim/random.ts";
import { Log } from "lib/systems/commit_log/log.ts";

const text = (bytes: Uint8Array | null) => bytes === null ? null : new TextDecoder().decode(bytes);

/** What the log must hold, by offset. */
interface Model {
  records: Map<number, { key: string; value: string | null }>;
  durable: number;
  highest: number;
  /** Below it, only the last record of each key is left. */
  compactedTo: number;
  survivors: Set<number>;
}

/** The last offset of each key. */
function lastOf(records: Model["records"]): Set<number> {
  const last = new Map<string, number>();
  for (const [offset, { key }] of records) last.set(key, offset);
  return new Set(last.values());
}

/** Compares a log with the model. */
function judge(log: Log, { records, compactedTo, survivors }: Model, where: string): void {
  const expected = [...records.keys()].filter((offset) =>
    offset >= compactedTo || survivors.has(offset)
  );
  const read = [...log.records()];
  assertEquals(read.map(({ offset }) => offset), expected, where);
  for (const { offset, key, value } of read) {
    assertEquals({ key: text(key), value: text(value) }, records.get(offset) as never, where);
  }
}

Deno.test("Log keeps its laws over 300 seeds of append, crash, reopen and compact", () => {
  const root = Deno.makeTempDirSync();
  let crashes = 0, torn = 0;
  for (let seed = 0; seed < 300; seed++) {
    const random = stream(seed, "log"), folder = `${root}/${seed}`;
    const options = { segmentBytes: 400 + integer(random, 3000), cleanup: "compact" as const };
    const model: Model = {
      records: new Map(),
      durable: 0,
      highest: -1,
      compactedTo: 0,
      survivors: new Set(),
    };
    let log = Log.open(folder, options), durableSize = 0, durableBase = 0;
    const noteDurable = () => {
      log.flush();
      model.durable = log.endOffset;
      [durableBase, durableSize] = [log.segments.at(-1)!.baseOffset, log.segments.at(-1)!.size];
    };
    for (let step = 0; step < 25; step++) {
      const dice = random();
      if (dice < 0.6) {
        const count = 1 + integer(random, 4);
        const records = Array.from({ length: count }, () => ({
          key: `k${integer(random, 6)}`,
          value: "v".repeat(integer(random, 120)),
          timestampMs: step,
        }));
        const offset = log.append(records);
        assert(offset > model.highest || offset >= model.durable, "offsets are not used again");
        records.forEach(({ key, value }, i) => model.records.set(offset + i, { key, value }));
        model.highest = log.endOffset - 1;
        // A roll makes the closed segments durable.
        model.durable = Math.max(model.durable, log.segments.at(-1)!.baseOffset);
      } else if (dice < 0.75) noteDurable();
      else if (dice < 0.85) {
        noteDurable();
        log.roll();
        log.compact(0);
        model.survivors = lastOf(model.records);
        noteDurable();
        model.compactedTo = log.segments.at(-1)!.baseOffset;
      } else {
        crashes++;
        const { path, size, baseOffset } = log.segments.at(-1)!;
        log.close();
        const kept = baseOffset === durableBase ? durableSize : 0;
        if (size > kept) Deno.truncateSync(`${path}.log`, kept + integer(random, size - kept + 1));
        log = Log.open(folder, options);
        if (log.cutBytes > 0) torn++;
        assert(
          log.endOffset >= model.durable,
          `seed ${seed}: durable to ${model.durable}, ends ${log.endOffset}`,
        );
        for (const offset of model.records.keys()) {
          if (offset >= log.endOffset) model.records.delete(offset);
        }
        noteDurable();
      }
      judge(log, model, `seed ${seed}, step ${step}`);
    }
    log.close();
  }
  Deno.removeSync(root, { recursive: true });
  assert(crashes > 500 && torn > 100, `${crashes} crashes, ${torn} torn tails`);
});
