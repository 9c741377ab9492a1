import { assertEquals } from "@std/assert";
import { type Batch, batches } from "lib/systems/file_sync/follow.ts";

const change = (path: string, kind: Deno.FsEvent["kind"] = "modify") => ({ kind, paths: [path] });
const never = new Promise<void>(() => {});

async function take(from: AsyncGenerator<Batch>, count: number): Promise<Batch[]> {
  const taken: Batch[] = [];
  while (taken.length < count) taken.push((await from.next()).value);
  return taken;
}

Deno.test("batches() gathers what comes before it is quiet, each path once, and reads for nothing", async () => {
  async function* saves() {
    for (const path of ["plan.txt", "draft.txt", "plan.txt"]) yield change(path);
    yield change("read.txt", "access");
    yield { ...change("plan.txt"), flag: "rescan" as const };
    await never;
  }
  const found = batches(saves(), { nowMs: () => 0, quietMs: 5, idleMs: 10 });
  assertEquals(await take(found, 2), [
    { paths: ["plan.txt", "draft.txt"], mustScan: true },
    { paths: [], mustScan: false },
  ]);
});

Deno.test("batches() ends a batch that never becomes quiet when its first event is too old", async () => {
  async function* log() {
    for (let line = 0;; line++) yield change(`line ${line}`);
  }
  let nowMs = 0;
  const found = batches(log(), { nowMs: () => nowMs++, quietMs: 1000, longestMs: 10 });
  const sizes = (await take(found, 3)).map(({ paths }) => paths.length);
  assertEquals(sizes, [6, 6, 6], "the clock moves by two an event");
});

Deno.test("batches() ends with its events", async () => {
  async function* one() {
    yield change("last.txt");
  }
  assertEquals(await Array.fromAsync(batches(one(), { nowMs: () => 0 })), [
    { paths: ["last.txt"], mustScan: false },
  ]);
});
