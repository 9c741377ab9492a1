import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { WriteAheadLog } from "lib/systems/file_sync/wal.ts";

async function withPath(body: (path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "wal-" });
  try {
    await body(join(folder, "wal"));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function pendingIn(path: string): Promise<string[]> {
  using wal = await WriteAheadLog.open<string>(path);
  return wal.pending.map(({ id, entry }) => `${id} ${entry}`);
}

Deno.test("WriteAheadLog keeps what is not acknowledged, in order, over a restart", () =>
  withPath(async (path) => {
    {
      using wal = await WriteAheadLog.open<string>(path);
      const ids = await Promise.all(["a", "b", "c"].map((entry) => wal.append(entry)));
      assertEquals(ids, [1, 2, 3]);
      await wal.ack(2);
      await wal.ack(2);
      assertEquals(wal.pending.map(({ entry }) => entry), ["a", "c"]);
    }
    assertEquals(await pendingIn(path), ["1 a", "3 c"]);
    using wal = await WriteAheadLog.open<string>(path);
    assertEquals(await wal.append("d"), 4);
  }));

Deno.test("WriteAheadLog cut or changed at any byte keeps every record before it", () =>
  withPath(async (path) => {
    const ends: number[] = [];
    {
      using wal = await WriteAheadLog.open<string>(path);
      for (const entry of ["first", "second", "third"]) {
        await wal.append(entry);
        ends.push((await Deno.stat(path)).size);
      }
    }
    const whole = await Deno.readFile(path);
    const broken = whole.slice();
    for (let at = 0; at < whole.length; at++) {
      const kept = ends.filter((end) => end <= at).length;
      await Deno.writeFile(path, whole.subarray(0, at));
      assertEquals((await pendingIn(path)).length, kept, `cut at ${at}`);
      broken[at] ^= 0x40;
      await Deno.writeFile(path, broken);
      assertEquals((await pendingIn(path)).length, kept, `changed at ${at}`);
      broken[at] ^= 0x40;
    }
    await Deno.writeFile(path, whole.subarray(0, whole.length - 1));
    using wal = await WriteAheadLog.open<string>(path);
    assert(wal.dropped > 0);
    await wal.append("instead");
    assertEquals(await pendingIn(path), ["1 first", "2 second", "3 instead"]);
  }));

Deno.test("WriteAheadLog starts anew when all is acknowledged, and gives no id twice", () =>
  withPath(async (path) => {
    let largest = 0;
    {
      using wal = await WriteAheadLog.open<string>(path);
      for (let n = 0; n < 30; n++) {
        largest = await wal.append("x".repeat(10_000));
        await wal.ack(largest);
      }
    }
    assert((await Deno.stat(path)).size < 100_000);
    using wal = await WriteAheadLog.open<string>(path);
    assertEquals(await wal.append("next"), largest + 1);
  }));

Deno.test("WriteAheadLog on a full disk refuses an entry and keeps the others", () =>
  withPath(async (path) => {
    // A limit on the size of files stands for the end of the disk.
    const script = `
      import { WriteAheadLog } from "lib/systems/file_sync/wal.ts";
      using wal = await WriteAheadLog.open(${JSON.stringify(path)});
      await wal.append("small");
      const failed = await wal.append("x".repeat(20_000)).then(() => "no", () => "yes");
      await wal.append("small too");
      await Deno.stdout.write(new TextEncoder().encode(failed));`;
    const command = `trap '' XFSZ; ulimit -f 16; exec "$0" eval --ext=ts "$1"`;
    const { stdout, stderr } = await new Deno.Command("bash", {
      args: ["-c", command, Deno.execPath(), script],
    }).output();
    assertEquals(new TextDecoder().decode(stdout), "yes", new TextDecoder().decode(stderr));
    assertEquals(await pendingIn(path), ["1 small", "3 small too"]);
  }));

Deno.test("WriteAheadLog.open() of a folder is an error", () =>
  withPath(async (path) => {
    await Deno.mkdir(path);
    await assertRejects(() => WriteAheadLog.open(path));
  }));
