import { assert, assertEquals, assertRejects } from "@std/assert";
import { Log, OffsetOutOfRangeError } from "lib/systems/commit_log/log.ts";
import { folderStore, TieredLog } from "lib/systems/commit_log/tier.ts";

Deno.test("TieredLog reads on where segments have moved to the store, and finds them again", async () => {
  const folder = await Deno.makeTempDir();
  const log = Log.open(`${folder}/local`, { segmentBytes: 2000 });
  for (let n = 0; n < 100; n++) {
    log.append([{ key: null, value: String(n).padEnd(100, "."), timestampMs: n }]);
  }
  const store = folderStore(`${folder}/objects`);
  const tiered = await TieredLog.open(log, store, `${folder}/cache`);
  const moved = await tiered.offload(60);
  assert(moved >= 3 && log.startOffset > 40 && log.startOffset <= 60, `${log.startOffset}`);
  const all = async (tiered: TieredLog, from: number) => {
    const offsets: number[] = [];
    for (let records; (records = await tiered.read(from)).length > 0;) {
      offsets.push(...records.map(({ offset }) => offset));
      from = offsets.at(-1)! + 1;
    }
    return offsets;
  };
  assertEquals(await all(tiered, 0), Array.from({ length: 100 }, (_, n) => n));
  assertEquals([tiered.fetches, tiered.startOffset], [moved, 0]);
  const again = await TieredLog.open(log, store, `${folder}/cache`);
  assertEquals(await all(again, 33), Array.from({ length: 67 }, (_, n) => 33 + n));
  await assertRejects(
    () => again.read(-1),
    OffsetOutOfRangeError,
    "offset must be 0 to 100: received -1",
  );
  await assertRejects(() => again.read(101), OffsetOutOfRangeError);
  log.close();
  await Deno.remove(folder, { recursive: true });
});
