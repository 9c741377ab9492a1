import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { integer, stream } from "lib/sim/random.ts";
import { levelOf } from "lib/systems/log_stream/agent.ts";
import type { Level, LogRecord } from "lib/systems/log_stream/record.ts";
import { Spool } from "lib/systems/log_stream/spool.ts";
import { FileTail } from "lib/systems/log_stream/tail.ts";

const append = (path: string, data: string | Uint8Array) =>
  Deno.writeFileSync(path, typeof data === "string" ? new TextEncoder().encode(data) : data, {
    append: true,
    create: true,
  });
const texts = (tail: FileTail) => tail.poll().map(({ text }) => text);

Deno.test("FileTail.poll() gives each line once through appends, rotations and cut-offs", async () => {
  const folder = await Deno.makeTempDir();
  for (let seed = 0; seed < 20; seed++) {
    const random = stream(seed, "tail"), path = join(folder, `${seed}.log`);
    const tail = new FileTail(path), written: string[] = [], seen: string[] = [];
    assertEquals(tail.poll(), [], "no file yet");
    append(path, "");
    let partial = "";
    for (let n = 0; n < 150; n++) {
      const dice = random();
      if (dice < 0.7) {
        const text = `line ${n} ${"é".repeat(integer(random, 50))}`;
        const isWhole = random() < 0.7;
        append(path, isWhole ? `${text}\n` : text);
        partial += text;
        if (isWhole) {
          written.push(partial);
          partial = "";
        }
      } else if (dice < 0.9) seen.push(...texts(tail));
      else {
        seen.push(...texts(tail));
        if (partial !== "") written.push(partial);
        partial = "";
        if (dice < 0.95) {
          append(path, "");
          Deno.renameSync(path, `${path}.1`);
          append(path, "");
        } else Deno.truncateSync(path, 0);
        seen.push(...texts(tail));
      }
    }
    append(path, "\n");
    written.push(partial);
    seen.push(...texts(tail));
    assertEquals(seen, written);
    tail.close();
  }
  await Deno.remove(folder, { recursive: true });
});

Deno.test("FileTail.poll() splits a line of 2 MB, and replaces bytes that are no UTF-8", async () => {
  const path = await Deno.makeTempFile();
  const tail = new FileTail(path), long = "é".repeat(1 << 20);
  append(path, `${long}\n`);
  append(path, Uint8Array.of(97, 0xff, 98, 10));
  const lines = tail.poll();
  assertEquals(lines.length, 33);
  assert(lines.every(({ text }) => text.length <= 64 << 10));
  assertEquals(lines.slice(0, -1).map(({ more }) => more), [...Array(31).fill(true), false]);
  assertEquals(lines.slice(0, -1).map(({ text }) => text).join(""), long);
  assertEquals(lines.at(-1), { text: "a\uFFFDb", more: false });
  tail.close();
  await Deno.remove(path);
});

const record = (seq: number, level: Level): LogRecord => ({
  deploymentId: "acme.1",
  stepId: "build",
  timestamp: 0,
  level,
  message: `${level} ${"x".repeat(100)}`,
  redactionState: "raw",
  agentId: "a",
  seq,
});

Deno.test("Spool drops the oldest debug lines first, counts them, and never errors", async () => {
  const folder = await Deno.makeTempDir();
  const spool = new Spool(folder, { maxBytes: 20_000 });
  const levels = ["debug", "info", "warn", "error"] as const;
  for (let n = 0; n < 50; n++) spool.add(levels.map((level, m) => record(4 * n + m, level)));
  const again = new Spool(folder, { maxBytes: 20_000 });
  assertEquals([again.length, again.bytes], [spool.length, spool.bytes]);
  again.unshift([record(-1, "error")]);
  assertEquals(again.first()![0].seq, -1);
  again.shift();
  const left: LogRecord[] = [];
  for (let batch = again.first(); batch !== undefined; batch = again.first()) {
    left.push(...batch);
    again.shift();
  }
  const dropped = [spool, again].flatMap(({ dropped }) => Object.values(dropped));
  assertEquals(left.filter(({ level }) => level === "error").length, 50);
  assertEquals(left.length + dropped.reduce((a, b) => a + b), 200);
  assertEquals(spool.dropped.debug, 50, "debug lines are gone before the others are touched");
  assertEquals(left.map(({ seq }) => seq), left.map(({ seq }) => seq).toSorted((a, b) => a - b));
  await Deno.remove(folder, { recursive: true });
});

Deno.test("levelOf() reads the level that a line names", () => {
  assertEquals(levelOf("12:00 ERROR no space"), "error");
  assertEquals(levelOf("an ERRORLESS day"), "info");
});
