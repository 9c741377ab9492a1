import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { join } from "node:path";
import type { Binary } from "../../../lib/services/binaries.ts";
import { freePort, Host } from "../../../lib/services/host.ts";
import { choosePostgres } from "../../../lib/services/postgres_binaries.ts";
import { startPostgres } from "../../../lib/services/postgres_server.ts";
import { ignore } from "./with_postgres.ts";

async function withFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "host-" });
  try {
    // The server is another user where we are root.
    await Deno.chmod(folder, 0o755);
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function withHost(port: () => number, body: (host: Host) => Promise<void>): Promise<void> {
  await withFolder(async (folder) => {
    const host = new Host(folder, { freePort: port });
    try {
      await body(host);
    } finally {
      await host.remove(host.status().map(({ name }) => name));
    }
  });
}

/** Programs that claim a version. */
async function fakePostgres(parent: string, version: string, programs: string[]): Promise<Binary> {
  const folder = join(parent, `${version}-${programs.length}`);
  await Deno.mkdir(folder);
  for (const program of programs) {
    const text = `#!/bin/sh\necho "${program} (PostgreSQL) ${version}"\n`;
    await Deno.writeTextFile(join(folder, program), text, { mode: 0o755 });
  }
  return { path: join(folder, "postgres"), from: "system" };
}

Deno.test({
  name: "choosePostgres() passes over one that is too old or not whole, and says the three ways",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withFolder(async (folder) => {
      const missing: Binary = { path: join(folder, "missing"), from: "PATH" };
      const old = await fakePostgres(folder, "13.9", ["postgres", "initdb"]);
      const bare = await fakePostgres(folder, "17.2", ["postgres"]);
      const fine = await fakePostgres(folder, "16.1", ["postgres", "initdb"]);
      const { version, from } = await choosePostgres([missing, old, bare, fine]);
      assertEquals([version, from], ["16.1", "system"]);
      const error = await assertRejects(() => choosePostgres([old, bare]), Error);
      assertMatch(
        error.message,
        /^Cannot start PostgreSQL: postgres must be 14 or newer: received 13\.9 at .*, 17\.2 without initdb at /,
      );
      assertMatch(error.message, /DATABASE_URL.*compose.*apt-get install.*deno@\S+ install/s);
      await assertRejects(() => choosePostgres([]), Error, "received none on the PATH");
    }),
});

Deno.test({
  name: "startPostgres() takes another port when somebody was faster",
  ignore,
  async fn() {
    using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    let asked = 0;
    const port = () => ++asked <= 1 ? taken.addr.port : freePort();
    await withHost(port, async (host) => {
      const { nodes } = await startPostgres(host);
      assertEquals([asked, nodes[0].port === taken.addr.port], [2, false]);
      assertEquals(host.status().map(({ state }) => state), ["running"]);
    });
  },
});

Deno.test({
  name: "startPostgres() gives up when every port is taken, shows the log and leaves none behind",
  ignore,
  async fn() {
    using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    await withHost(() => taken.addr.port, async (host) => {
      const error = await assertRejects(() => startPostgres(host, { shards: 2 }), Error);
      assertMatch(
        error.message,
        /^Cannot start postgres-\d+: it ended \(code 1\) before it answered/,
      );
      assertMatch(error.message, /Its log, kept in \S+\.log, ends:[^]*Address already in use/);
      assertEquals(host.status(), []);
    });
  },
});

Deno.test({
  name: "startPostgres() with a setting that PostgreSQL refuses shows the server's log",
  ignore,
  fn: () =>
    withHost(freePort, async (host) => {
      const config = { shared_buffers: "plenty" };
      await assertRejects(() => startPostgres(host, { config }), Error, "shared_buffers");
    }),
});
