import { assert, assertEquals } from "@std/assert";
import { Device, Server } from "lib/systems/file_sync/replica.ts";
import { conflictName, isText, resolve } from "lib/systems/file_sync/resolve.ts";
import { checkSync } from "lib/systems/file_sync/check_sync.ts";
import { explore } from "lib/systems/file_sync/simulate/explore.ts";
import { runSchedule, type ScheduleOptions } from "lib/systems/file_sync/simulate/schedule.ts";
import { VectorClock } from "lib/structures/vector_clock.ts";

const flaky: ScheduleOptions = {
  policy: "vectors",
  devices: 3,
  steps: 40,
  cutRate: 0.3,
  skewMs: 5000,
};

Deno.test("vectors lose no edit in 500 schedules, and all devices end alike", () => {
  for (let seed = 0; seed < 500; seed++) {
    const { lost, diverged, trace } = runSchedule(flaky, seed);
    assertEquals([lost, diverged], [[], []], `seed ${seed}\n${trace.join("\n")}`);
  }
});

Deno.test("last writer wins loses edits in most schedules with concurrency", () => {
  const runs = Array.from(
    { length: 200 },
    (_, seed) => runSchedule({ ...flaky, policy: "lastWriterWins" }, seed),
  ).filter(({ hadConcurrency }) => hadConcurrency);
  assert(runs.filter(({ lost }) => lost.length > 0).length > runs.length / 2);
  for (const { diverged } of runs) assertEquals(diverged, []);
});

Deno.test("runSchedule() is the same run again", () => {
  assertEquals(runSchedule(flaky, 7), runSchedule(flaky, 7));
});

Deno.test("explore() finds no lost edit with vectors, and a shortest one with time stamps", () => {
  const options = { depth: 7, edits: 2, skewMs: 3000 };
  const held = explore({ ...options, policy: "vectors" });
  assertEquals(held.counterexample, undefined);
  assert(held.situations > 300, `${held.situations}`);
  const broken = explore({ ...options, policy: "lastWriterWins" });
  assertEquals(broken.counterexample?.steps.length, 2);
});

Deno.test("Server.apply() takes an edit once, however often it is sent", () => {
  const server = new Server("vectors"), device = new Device("d", "vectors");
  const edit = device.edit("a", "one", 0);
  const replies = [server.apply(edit), server.apply(edit), server.apply(edit)];
  assertEquals(replies.map(({ status }) => status), ["committed", "committed", "committed"]);
  assertEquals(server.version("a").vector.toJSON(), { d: 1 });
  for (const reply of replies) device.receive(edit.id, reply);
  assertEquals(device.pending, []);
});

Deno.test("Device: two edits of one file in a row are sent as two, the second on the first", () => {
  const server = new Server("vectors"), device = new Device("d", "vectors");
  device.edit("a", "one", 0);
  device.edit("a", "two", 1);
  device.exchange(server);
  assertEquals(server.version("a").vector.toJSON(), { d: 2 });
  assertEquals(server.version("a").content, "two");
  assertEquals(device.notices, []);
});

Deno.test("resolve() merges text, keeps both of bytes, and lets an edit outlive a deletion", () => {
  const sides = { path: "a", ancestor: "1\n2\n3\n", ours: "0\n1\n2\n3\n", theirs: "1\n2\n3\n4\n" };
  assertEquals(resolve(sides), { kind: "merged", content: "0\n1\n2\n3\n4\n" });
  assertEquals(resolve({ ...sides, ours: "1\nours\n3\n", theirs: "1\ntheirs\n3\n" }), {
    kind: "copy",
    content: "1\ntheirs\n3\n",
    copy: "1\nours\n3\n",
  });
  assertEquals(resolve({ ...sides, theirs: null }).content, sides.ours);
  assertEquals(resolve({ ...sides, ours: null }).content, sides.theirs);
  assertEquals(resolve({ ...sides, ours: "\0a", theirs: "\0b" }), {
    kind: "copy",
    content: "\0b",
    copy: "\0a",
  });
  assertEquals(resolve({ ...sides, ours: null, theirs: null }), { kind: "merged", content: null });
  assertEquals([isText("a"), isText("\0")], [true, false]);
});

Deno.test("conflictName() keeps folder and extension", () => {
  assertEquals(conflictName("docs/plan.txt", "laptop", 7), "docs/plan (conflict laptop 7).txt");
  assertEquals(conflictName("docs.d/plan", "laptop", 7), "docs.d/plan (conflict laptop 7)");
  assertEquals(conflictName("docs/.env", "laptop", 7), "docs/.env (conflict laptop 7)");
});

Deno.test("checkSync() finds what is lost and what differs, and forgives what was replaced", () => {
  const start = new VectorClock(), a1 = start.increment("a");
  const first = { path: "f", token: "first", base: start, vector: a1, replaces: false };
  const seen = {
    path: "f",
    token: "second",
    base: a1,
    vector: a1.increment("b"),
    replaces: true,
  };
  const unseen = { ...seen, base: start, vector: start.increment("b") };
  const files = (text: string) => new Map([["f", text]]);
  assertEquals(checkSync([files("second")], [first, seen]).lost, []);
  assertEquals(checkSync([files("second")], [first, unseen]).lost, ["first"]);
  assertEquals(checkSync([files("second"), files("first")], [first, unseen]), {
    lost: [],
    diverged: ["f"],
  });
});
