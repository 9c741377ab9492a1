/** Services whose folder cannot be written, or whose disk is full. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { ask } from "../../../lib/services/control.ts";
import { Host } from "../../../lib/services/host.ts";
import { findJava } from "../../../lib/services/java.ts";
import { findKafkaJars } from "../../../lib/services/kafka_jars.ts";
import { findPostgres } from "../../../lib/services/postgres_binaries.ts";
import { postgres } from "../../../lib/services/postgres.ts";
import { redis } from "../../../lib/services/redis.ts";
import { findRedis } from "../../../lib/services/redis_server.ts";
import { openRunFolder } from "../../../lib/services/run_folder.ts";
import { type ShapeName, startShape } from "../../../lib/services/shapes.ts";
import { findSystemProgram } from "../../../lib/services/system_programs.ts";
import { isLaptopWithout } from "./one_run.ts";

/** What is asked for of each service, and the first file of its folder that is ours. */
const CASES: Record<ShapeName, { options: object; file?: string; isThere: boolean }> = {
  redis: { options: {}, file: "redis.conf", isThere: findRedis().length > 0 },
  kafka: {
    options: {},
    file: "server.properties",
    isThere: findKafkaJars().length > 0 && findJava().length > 0,
  },
  postgres: { options: {}, isThere: findPostgres().length > 0 },
  pgbouncer: {
    options: { upstream: "postgres://me:secret@127.0.0.1:5432/db" },
    file: "pgbouncer.ini.new",
    isThere: findSystemProgram("pgbouncer").length > 0,
  },
  etcd: { options: {}, isThere: findSystemProgram("etcd").length > 0 },
  haproxy: {
    options: { files: { "haproxy.cfg": "global\n" }, port: 1, statusPort: 2 },
    file: "haproxy.cfg.new",
    isThere: findSystemProgram("haproxy").length > 0,
  },
  nginx: {
    options: { files: { "nginx.conf": "events {}\n" }, port: 1, statusPort: 2 },
    file: "nginx.conf.new",
    isThere: findSystemProgram("nginx").length > 0,
  },
};

const NAMES = Object.keys(CASES) as ShapeName[];

/** A host whose folders hold a file that is always full. */
class FullHost extends Host {
  #file: string;

  constructor(folder: string, file: string) {
    super(folder);
    this.#file = file;
  }

  override async newFolder(kind: string): Promise<string> {
    const folder = await super.newFolder(kind);
    await Deno.symlink("/dev/full", join(folder, this.#file));
    return folder;
  }
}

/** A disk of its own for the body, where we may mount one; elsewhere the tests with /dev/full must do. */
async function withSmallDisk(size: string, body: (folder: string) => Promise<void>) {
  const folder = await Deno.makeTempDir({ prefix: "disk-" });
  const args = ["-t", "tmpfs", "-o", `size=${size},mode=755`, "tmpfs", folder];
  const mount = new Deno.Command("mount", { args, stderr: "null" });
  const isMounted = await mount.output().then(({ success }) => success, () => false);
  try {
    if (isMounted) await body(folder);
  } finally {
    if (isMounted) await new Deno.Command("umount", { args: ["--lazy", folder] }).output();
    await Deno.remove(folder, { recursive: true });
  }
}

/** Fills the disk to the last byte; returns the file to remove. */
async function fill(folder: string): Promise<string> {
  const path = join(folder, "filler");
  for (const size of [1 << 20, 1 << 12, 1]) {
    const bytes = new Uint8Array(size);
    while (await Deno.writeFile(path, bytes, { append: true }).then(() => true, () => false));
  }
  return path;
}

for (const name of NAMES) {
  const { options, file, isThere } = CASES[name];
  Deno.test({
    name: `${name}: a folder that cannot be written is an error that names it`,
    ignore: isLaptopWithout(isThere) || Deno.build.os !== "linux",
    fn: async () => {
      await assertRejects(
        () => startShape(new Host("/proc/self"), name, options),
        Error,
        `its folder must be writable: received /proc/self/${name}-1`,
      );
    },
  });
  if (file === undefined) continue;
  Deno.test({
    name: `${name}: a full disk is an error that says so`,
    ignore: isLaptopWithout(isThere) || Deno.build.os !== "linux",
    async fn() {
      const folder = await Deno.makeTempDir({ prefix: "host-" });
      try {
        const host = new FullHost(folder, file);
        await assertRejects(
          () => startShape(host, name, options),
          Error,
          `Cannot start ${name}: the disk that holds ${folder} must have room: received `,
        );
        assertEquals(host.status(), []);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}

Deno.test({
  name: "a run on a full disk says so at once; with room again, its services start",
  ignore: isLaptopWithout(NAMES.every((name) => CASES[name].isThere)),
  fn: () =>
    withSmallDisk("4m", async (folder) => {
      await using run = await openRunFolder(folder);
      const start = (shape: "redis" | "postgres") =>
        ask(run.path, { type: "start", shape, options: {}, own: false });
      const filler = await fill(folder);
      await assertRejects(() => start("redis"), Error, "No space left on device");
      await Deno.remove(filler);
      assertEquals((await start("redis")).nodes.length, 1);
      await assertRejects(
        () => start("postgres"),
        Error,
        `Cannot start postgres: the disk that holds ${run.path} must have room`,
      );
    }),
});

Deno.test({
  name: "a disk that fills up under Redis and PostgreSQL: writes fail, what was acknowledged stays",
  ignore: isLaptopWithout(CASES.redis.isThere && CASES.postgres.isThere),
  fn: () =>
    withSmallDisk("120m", async (folder) => {
      await using run = await openRunFolder(folder);
      const before = Deno.env.get("WORKSHOP_RUN_DIR");
      Deno.env.set("WORKSHOP_RUN_DIR", run.path);
      try {
        const config = { appendonly: "yes", appendfsync: "always" };
        await using cache = await redis({ own: true, config });
        await using database = await postgres({ own: true });
        await database.sql`create table blobs (number int, text text)`;
        const text = "x".repeat(100_000);
        const write = {
          postgres: (number: number) => database.sql`insert into blobs values (${number}, ${text})`,
          redis: (number: number) => cache.client.rpush("blobs", `${number} ${text}`),
        };
        const acknowledged = { postgres: 0, redis: 0 };
        const writeTill = async (name: keyof typeof write, most: number) => {
          while (acknowledged[name] < most) {
            try {
              await write[name](acknowledged[name] + 1);
            } catch (error) {
              return error as Error;
            }
            acknowledged[name]++;
          }
          return undefined;
        };
        await writeTill("redis", 20);
        await writeTill("postgres", 20);
        const filler = await fill(folder);
        assert(await writeTill("redis", 1000) !== undefined, "a write must fail");
        assert(await writeTill("postgres", 1000) !== undefined, "a write must fail");

        await Deno.remove(filler);
        await database.nodes[0].restart();
        await cache.node.restart();
        const rows = await database.sql`select number from blobs order by number`;
        assert(rows.length >= acknowledged.postgres && rows.length <= acknowledged.postgres + 1);
        const reader = await cache.connect();
        const kept = await reader.llen("blobs");
        assert(kept >= acknowledged.redis && kept <= acknowledged.redis + 1, `${kept}`);
        await write.postgres(0);
        await reader.rpush("blobs", "0");
      } finally {
        if (before === undefined) Deno.env.delete("WORKSHOP_RUN_DIR");
        else Deno.env.set("WORKSHOP_RUN_DIR", before);
      }
    }),
});
