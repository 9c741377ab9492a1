import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { integer, stream } from "lib/sim/random.ts";
import { levelOf } from "lib/systems/log_stream/agent.ts";
import type { Level, LogRecord } from "lib/systems/log_stream/record.ts";
import { PlaceFile } from "lib/systems/log_stream/place.ts";
import { Spool } from "lib/systems/log_stream/spool.ts";
import { FileTail } from "lib/systems/log_stream/tail.ts";
import { buildLine, literalsOf, plantSecrets } from "lib/systems/redact/planted.ts";
import { Redactor, RedactorPlan } from "lib/systems/redact/redactor.ts";

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

Deno.test("FileTail goes on where a tail that was killed had come to, in files renamed since", async () => {
  const folder = await Deno.makeTempDir(), planted = plantSecrets(90, stream(1, "place"));
  const plan = new RedactorPlan({ literals: literalsOf(planted) });
  let kills = 0, rotations = 0;
  for (let seed = 0; seed < 30; seed++) {
    const random = stream(seed, "killed"), path = join(folder, `${seed}.log`);
    const kept = join(folder, `${seed}.json`);
    const start = () => {
      const place = new PlaceFile(kept);
      const tail = new FileTail(path, { transform: new Redactor(plan), from: place.place });
      return { place, tail };
    };
    const never = new FileTail(path, { transform: new Redactor(plan) });
    let { place, tail } = start();
    const seen: string[] = [], expected: string[] = [];
    const poll = () => {
      seen.push(...texts(tail));
      for (const mark of tail.takeMarks()) place.mark(mark);
    };
    append(path, "");
    poll();
    for (let n = 0; n < 120; n++) {
      const dice = random();
      if (dice < 0.5) {
        const text = random() < 0.4
          ? planted[integer(random, planted.length)].text
          : `${buildLine(n, random)}${random() < 0.02 ? "x".repeat(150_000) : ""}\n`;
        const cut = random() < 0.3 ? integer(random, text.length) : text.length;
        append(path, text.slice(0, cut));
      } else if (dice < 0.7) poll();
      else if (dice < 0.8) place.advance(integer(random, seen.length + 1));
      else if (dice < 0.9) { // killed: what was not done is read again
        kills++;
        tail.close();
        ({ place, tail } = start());
        seen.length = place.place?.done ?? 0;
      } else if (dice < 0.92) { // cut off in place, after all of it was done
        expected.push(...texts(never));
        poll();
        Deno.truncateSync(path, 0);
        expected.push(...texts(never));
        poll();
        place.advance(seen.length);
      } else {
        append(path, "");
        expected.push(...texts(never));
        Deno.renameSync(path, `${path}.${++rotations}`);
        Deno.utimeSync(`${path}.${rotations}`, rotations, rotations);
        append(path, "");
        if (random() < 0.5) poll();
        else { // nobody looks until the next start
          tail.close();
          ({ place, tail } = start());
          seen.length = place.place?.done ?? 0;
        }
        expected.push(...texts(never));
      }
    }
    poll();
    expected.push(...texts(never));
    assertEquals(seen, expected, `seed ${seed}`);
    tail.close();
    never.close();
  }
  assert(kills > 100 && rotations > 100);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("FileTail begins anew when what it was in is gone, or was cut off", async () => {
  const folder = await Deno.makeTempDir(), path = join(folder, "build.log");
  append(path, "a\nb\nc\n");
  const tail = new FileTail(path);
  assertEquals(texts(tail), ["a", "b", "c"]);
  const mark = tail.takeMarks().at(-1)!;
  tail.close();
  Deno.truncateSync(path, 0);
  append(path, "d\n");
  const cut = new FileTail(path, { from: { ...mark, line: 1, done: 3 } });
  assertEquals(texts(cut), ["d"], "a line that was done is not taken for it");
  assertEquals(cut.takeMarks()[0].line, 3);
  cut.close();
  const gone = new FileTail(path, { from: { ...mark, inode: 1, done: 3 } });
  assertEquals([texts(gone), gone.takeMarks().at(-1)!.line], [["d"], 4]);
  gone.close();
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
