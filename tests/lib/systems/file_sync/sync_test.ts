import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { CertificateAuthority } from "lib/services/certificates.ts";
import { FaultProxy } from "lib/services/fault_proxy.ts";
import { postgres, type PostgresService } from "lib/services/postgres.ts";
import { integer, stream } from "lib/sim/random.ts";
import { FastCdc } from "lib/structures/fastcdc.ts";
import { BlobStore } from "lib/systems/file_sync/blobs.ts";
import { linesOf, startDevice } from "lib/systems/file_sync/device_process.ts";
import { ManifestStore } from "lib/systems/file_sync/manifest_store.ts";
import {
  SyncClient,
  type SyncClientOptions,
  SyncRefusedError,
} from "lib/systems/file_sync/sync_client.ts";
import { follow } from "lib/systems/file_sync/follow.ts";
import { SyncServer } from "lib/systems/file_sync/sync_server.ts";
import { TenantBlobs } from "lib/systems/file_sync/tenant_blobs.ts";
import { withinOneRun } from "../../services/with_postgres.ts";

const test = withinOneRun();
const users = { "token-a": "ada", "token-b": "bob", "token-r": "rita", "token-n": "nobody" };

interface World {
  database: PostgresService;
  manifests: ManifestStore;
  server: SyncServer;
  /** Opens a device; the second time, as after a restart. */
  open(device: string, options?: Partial<SyncClientOptions>): Promise<SyncClient>;
  fileOf(device: string, path: string): string;
}

async function withWorld(body: (world: World) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "sync-" });
  const opened: SyncClient[] = [];
  try {
    await using database = await postgres();
    const manifests = await ManifestStore.open(database.sql);
    for (const user of ["ada", "bob"]) await manifests.grant("docs", user, "write");
    await manifests.grant("docs", "rita", "read");
    const blobs = new BlobStore(join(folder, "server"));
    await Deno.mkdir(blobs.folder);
    await using server = new SyncServer({ blobs, manifests, users });
    await body({
      database,
      manifests,
      server,
      fileOf: (device, path) => join(folder, device, "files", path),
      async open(device, options = {}) {
        const client = await SyncClient.open({
          url: server.url,
          token: "token-a",
          share: "docs",
          device,
          folder: join(folder, device, "files"),
          stateFolder: join(folder, device, "state"),
          cdc: new FastCdc({ mean: 1024 }),
          nowMs: () => 0,
          ...options,
        });
        opened.push(client);
        return client;
      },
    });
  } finally {
    for (const client of opened) client[Symbol.dispose]();
    await Deno.remove(folder, { recursive: true });
  }
}

/** Cuts all connections, ever less often, so that on a slow machine too some request comes through. */
function cutAgainAndAgain(proxy: FaultProxy, firstMs: number): { cuts: number } & Disposable {
  let waitMs = firstMs;
  const cut = () => {
    proxy.drop();
    cutting.cuts++;
    waitMs *= 1.1;
    timer = setTimeout(cut, waitMs);
  };
  let timer = setTimeout(cut, waitMs);
  const cutting = { cuts: 0, [Symbol.dispose]: () => clearTimeout(timer) };
  return cutting;
}

function randomBytes(length: number, seed: number): Uint8Array {
  const random = stream(seed, "bytes");
  return Uint8Array.from({ length }, () => integer(random, 256));
}

test("SyncClient.sync() brings files to other devices, and sends only chunks that are new", () =>
  withWorld(async ({ open, fileOf, server }) => {
    const [a, b] = [await open("a"), await open("b", { token: "token-b" })];
    const bytes = randomBytes(100_000, 1);
    await Deno.writeFile(fileOf("a", "big.bin"), bytes);
    await Deno.mkdir(fileOf("a", "deep/er"), { recursive: true });
    await Deno.writeTextFile(fileOf("a", "deep/er/empty.txt"), "");
    assert(await a.note("big.bin"));
    assert(await a.note("deep/er/empty.txt"));
    assertEquals(await a.note("big.bin"), false);
    await a.sync();
    await b.sync();
    assertEquals(await Deno.readFile(fileOf("b", "big.bin")), bytes);
    assertEquals(await Deno.readTextFile(fileOf("b", "deep/er/empty.txt")), "");
    assertEquals(server.stats.chunkBytes, 100_000);

    bytes.set([1, 2, 3], 50_000);
    await Deno.writeFile(fileOf("b", "big.bin"), bytes);
    await b.note("big.bin");
    await b.sync();
    await a.sync();
    assertEquals(await Deno.readFile(fileOf("a", "big.bin")), bytes);
    assert(server.stats.chunkBytes <= 100_000 + 3 * 4096, `${server.stats.chunkBytes}`);

    await Deno.remove(fileOf("a", "big.bin"));
    await a.note("big.bin");
    await a.sync();
    await b.sync();
    await assertRejects(() => Deno.stat(fileOf("b", "big.bin")), Deno.errors.NotFound);
  }));

test("concurrent edits: text is merged, of bytes both are kept, on every device", () =>
  withWorld(async ({ open, fileOf }) => {
    const [a, b] = [await open("a"), await open("b", { token: "token-b" })];
    await Deno.writeTextFile(fileOf("a", "plan.txt"), "1\n2\n3\n");
    await Deno.writeFile(fileOf("a", "logo.bin"), new Uint8Array([0, 1]));
    for (const path of ["plan.txt", "logo.bin"]) await a.note(path);
    await a.sync();
    await b.sync();
    await Deno.writeTextFile(fileOf("a", "plan.txt"), "0\n1\n2\n3\n");
    await Deno.writeTextFile(fileOf("b", "plan.txt"), "1\n2\n3\n4\n");
    await Deno.writeFile(fileOf("a", "logo.bin"), new Uint8Array([0, 2]));
    await Deno.writeFile(fileOf("b", "logo.bin"), new Uint8Array([0xff, 0xfe]));
    for (const client of [a, b]) {
      for (const path of ["plan.txt", "logo.bin"]) await client.note(path);
    }
    for (const client of [a, b, a]) await client.sync();
    for (const device of ["a", "b"]) {
      assertEquals(await Deno.readTextFile(fileOf(device, "plan.txt")), "0\n1\n2\n3\n4\n");
      assertEquals(await Deno.readFile(fileOf(device, "logo.bin")), new Uint8Array([0, 2]));
      const copies = [...Deno.readDirSync(fileOf(device, "."))].map(({ name }) => name)
        .filter((name) => name.startsWith("logo (conflict b "));
      assertEquals(copies.length, 1);
      assertEquals(await Deno.readFile(fileOf(device, copies[0])), new Uint8Array([0xff, 0xfe]));
    }
    assertEquals(b.device.notices.map(({ kind }) => kind).sort(), ["copy", "merged"]);
  }));

test("a cut at any byte of the upload: it goes on, and what was acknowledged is not sent again", () =>
  withWorld(async ({ open, fileOf, server }) => {
    const { hostname, port } = new URL(server.url);
    const proxy = await FaultProxy.start({ hostname, port: Number(port) });
    try {
      const a = await open("a", { url: `http://${proxy.hostname}:${proxy.port}` });
      const bytes = randomBytes(60_000, 2);
      await Deno.writeFile(fileOf("a", "big.bin"), bytes);
      await a.note("big.bin");
      using cutting = cutAgainAndAgain(proxy, 15);
      for (let tries = 0; a.device.pending.length > 0 && tries < 1000; tries++) {
        await a.sync().catch(() => {});
      }
      const { cuts } = cutting;
      assertEquals(a.device.pending, []);
      assert(cuts > 0);
      // A chunk whose answer was lost has arrived: at most the one on its way is sent twice.
      assert(a.stats.sentBytes <= 60_000 + cuts * 4096, `${a.stats.sentBytes}, ${cuts} cuts`);
      const b = await open("b", { token: "token-b" });
      await b.sync();
      assertEquals(await Deno.readFile(fileOf("b", "big.bin")), bytes);
    } finally {
      await proxy.close();
    }
  }));

test("a restart between note and sync, or between commit and acknowledgement, loses and doubles nothing", () =>
  withWorld(async ({ open, fileOf, manifests }) => {
    {
      const a = await open("a");
      await Deno.writeTextFile(fileOf("a", "plan.txt"), "one\n");
      await a.note("plan.txt");
    }
    const again = await open("a");
    assertEquals(again.device.pending.length, 1);
    const [edit] = again.device.pending;
    const rows = await again.contents.manifest(edit.content!);
    // The server has it; the answer never came.
    await again.sync();
    const { vector } = await manifests.current("docs", "plan.txt");
    const request = { share: "docs", path: "plan.txt", device: "a", id: edit.id, base: edit.base };
    const second = await manifests.commit({ ...request, manifest: rows });
    assertEquals(second.status, "committed");
    assertEquals(second.version.vector.toJSON(), vector.toJSON());
    assertEquals((await manifests.current("docs", "plan.txt")).vector.toJSON(), { a: 1 });
  }));

test("a folder whose device lost its state comes back under a new name, with no copy of what is the same", () =>
  withWorld(async ({ open, fileOf, manifests }) => {
    {
      const a = await open("a");
      for (const name of ["same.txt", "edited.txt"]) {
        await Deno.writeTextFile(fileOf("a", name), `${name}\n`);
        await a.note(name);
      }
      await a.sync();
    }
    await Deno.writeTextFile(fileOf("a", "edited.txt"), "edited.txt\nand more\n");
    const again = await open("a2", { folder: fileOf("a", ".") });
    await again.sync();
    assertEquals(again.device.pending, []);
    const b = await open("b", { token: "token-b" });
    await b.sync();
    const texts = Object.fromEntries(
      [...Deno.readDirSync(fileOf("b", "."))].map((
        { name },
      ) => [name, Deno.readTextFileSync(fileOf("b", name))]),
    );
    assertEquals(texts["same.txt"], "same.txt\n");
    assert(Object.values(texts).includes("edited.txt\nand more\n"), JSON.stringify(texts));
    assert(!Object.keys(texts).some((name) => name.startsWith("same (conflict")));
    assertEquals((await manifests.current("docs", "same.txt")).manifest?.length, 1);
  }));

test("SyncServer refuses what it must, and says what would be right", () =>
  withWorld(async ({ open, fileOf, server, manifests }) => {
    const ask = async (path: string, init: RequestInit = {}, token = "token-a") => {
      const headers = { authorization: `Bearer ${token}` };
      const response = await fetch(server.url + path, { ...init, headers });
      return { status: response.status, body: await response.json() };
    };
    const delta = (changes: Record<string, unknown>, token?: string) => {
      const whole = { share: "docs", path: "f", device: "x", id: 1, base: {}, manifest: null };
      return ask(
        "/sync/delta",
        { method: "POST", body: JSON.stringify({ ...whole, ...changes }) },
        token,
      );
    };
    for (const path of ["../x", "/etc/passwd", "a\0b", "a//b", "", "C:\\x", 7]) {
      const { status, body } = await delta({ path });
      assertEquals([status, /path must/.test(body.error)], [400, true], `${path}`);
    }
    const huge = Array.from({ length: 257 }, () => ({ hash: "0".repeat(64), length: 2 ** 24 }));
    assertEquals((await delta({ manifest: huge })).status, 413);
    assertEquals((await delta({ manifest: [{ hash: "x", length: 1 }] })).status, 400);
    assertEquals((await delta({ base: { x: -1 } })).status, 400);
    assertEquals((await delta({ id: 0 })).status, 400);
    assertEquals((await ask("/sync/delta", { method: "POST", body: "{" })).status, 400);
    assertEquals((await delta({}, "token-x")).status, 401);
    assertEquals((await delta({}, "constructor")).status, 401);
    assertEquals((await delta({}, "token-r")).status, 403, "a reader does not write");
    assertEquals((await ask("/sync/manifest?share=docs", {}, "token-n")).status, 403);
    assertEquals((await ask("/sync/manifest?share=docs", {}, "token-r")).status, 200);
    assertEquals((await ask("/sync/nothing")).status, 404);

    const row = { hash: "ab".repeat(32), length: 3 };
    const { status, body } = await delta({ manifest: [row] });
    assertEquals([status, body.missing, body.next], [202, [row.hash], 0]);
    const upload = (chunk: number, token?: string) =>
      ask(
        `/sync/upload?session=${body.session}&chunk=${chunk}`,
        { method: "POST", body: "abc" },
        token,
      );
    assertEquals(await upload(5).then(({ status, body }) => [status, body.next]), [416, 0]);
    assertEquals(await upload(0).then(({ status, body }) => [status, body.chunk]), [400, 0]);
    assertEquals((await upload(0, "token-b")).status, 404, "somebody else's session");

    const a = await open("a");
    await Deno.writeTextFile(fileOf("a", "f"), "text");
    await a.note("f");
    await a.sync();
    const stale = await delta({});
    assertEquals([stale.status, stale.body.version.vector], [409, { a: 1 }]);
    const [{ hash }] = (await manifests.current("docs", "f")).manifest!;
    assertEquals((await ask(`/sync/blob/${hash}?share=docs`, {}, "token-n")).status, 403);
    assertEquals((await ask(`/sync/blob/${row.hash}?share=docs`)).status, 404);
  }));

test("SyncClient keeps its entry while the server refuses or is away", () =>
  withWorld(async ({ open, fileOf }) => {
    const reader = await open("r", { token: "token-r" });
    await Deno.writeTextFile(fileOf("r", "f"), "mine");
    await reader.note("f");
    await assertRejects(() => reader.sync(), SyncRefusedError, "rita must have the role write");
    assertEquals(reader.device.pending.length, 1);
    const away = await open("z", { url: "http://127.0.0.1:1" });
    await Deno.writeTextFile(fileOf("z", "f"), "mine");
    await away.note("f");
    await assertRejects(() => away.sync(), TypeError);
    assertEquals(away.device.pending.length, 1);
    await assertRejects(() => away.note("../f"), TypeError, "path must");
  }));

/** Waits for what other tasks bring about, a minute at most. */
async function until(isSo: () => boolean): Promise<void> {
  for (let tries = 0; !isSo(); tries++) {
    assert(tries < 6000, `${isSo}`);
    await new Promise((done) => setTimeout(done, 10));
  }
}

test("follow() carries what happens in one folder to another, folders and all", () =>
  withWorld(async ({ open, fileOf }) => {
    const ending = new AbortController();
    const [a, b] = [await open("a"), await open("b", { token: "token-b" })];
    const failures: unknown[] = [];
    const options = {
      signal: ending.signal,
      nowMs: () => performance.now(),
      ...{ quietMs: 20, idleMs: 50 },
      onTurn: ({ failure }: { failure?: unknown }) => failure && failures.push(failure),
    };
    const following = [a, b].map((client) => follow(client, options));
    const textAt = (device: string, path: string) => {
      try {
        return Deno.readTextFileSync(fileOf(device, path));
      } catch {
        return undefined;
      }
    };
    await Deno.writeTextFile(fileOf("a", "plan.txt"), "one\n");
    await until(() => textAt("b", "plan.txt") === "one\n");
    await Deno.writeTextFile(fileOf("b", "plan.txt"), "one\ntwo\n");
    await until(() => textAt("a", "plan.txt") === "one\ntwo\n");
    // Whole folders come by one event, with files that have none of their own.
    await Deno.mkdir(fileOf("a", "../packed/deep"), { recursive: true });
    await Deno.writeTextFile(fileOf("a", "../packed/deep/leaf.txt"), "leaf");
    await Deno.rename(fileOf("a", "../packed"), fileOf("a", "moved"));
    await until(() => textAt("b", "moved/deep/leaf.txt") === "leaf");
    await Deno.rename(fileOf("a", "moved"), fileOf("a", "../away"));
    await until(() => textAt("b", "moved/deep/leaf.txt") === undefined);
    ending.abort();
    await Promise.all(following);
    assertEquals(failures, []);
    // A folder that is gone, as on a disk that is not mounted, is no order to delete.
    await Deno.rename(a.folder, `${a.folder} elsewhere`);
    await assertRejects(() => a.scan(), Deno.errors.NotFound);
    assertEquals([a, b].map(({ device }) => device.pending.length), [0, 0]);
  }));

test("over TLS, with blobs sealed at rest, a device syncs with the server whose authority it knows, and with no other", () =>
  withWorld(async ({ open, fileOf, manifests }) => {
    const [authority, other] = [
      await CertificateAuthority.create(),
      await CertificateAuthority.create(),
    ];
    const { certificate: cert, key } = await authority.issue("sync.test");
    const blobs = new TenantBlobs(fileOf("", "../sealed"), randomBytes(32, 1));
    await using safe = new SyncServer({ blobs, manifests, users, tls: { cert, key } });
    assert(safe.url.startsWith("https://"));
    using knowing = Deno.createHttpClient({ caCerts: [authority.certificate] });
    using wary = Deno.createHttpClient({ caCerts: [other.certificate] });
    const a = await open("a", { url: safe.url, http: knowing });
    await Deno.writeTextFile(fileOf("a", "secret.txt"), "over TLS");
    await a.note("secret.txt");
    await a.sync();
    const b = await open("b", { url: safe.url, http: wary, token: "token-b" });
    const refused = await assertRejects(() => b.sync(), TypeError);
    assert(/certificate/.test(`${refused.cause}`), `${refused.cause}`);
    const c = await open("c", { url: safe.url, http: knowing, token: "token-b" });
    await c.sync();
    assertEquals(await Deno.readTextFile(fileOf("c", "secret.txt")), "over TLS");
  }));

test("three device processes, killed and cut, lose no line that was noted", () =>
  withWorld(async ({ server, open, fileOf }) => {
    const root = fileOf("", "../processes");
    const { hostname, port } = new URL(server.url);
    await using proxy = await FaultProxy.start({ hostname, port: Number(port) });
    const url = `http://${proxy.hostname}:${proxy.port}`;
    const noted: string[] = [];
    const run = async (device: string, seed: number, edits: number, killAfter: number) => {
      const child = startDevice({
        ...{ url, token: "token-a", share: "docs", device, root, path: "log.txt", edits, seed },
      });
      let count = 0;
      for await (const line of linesOf(child)) {
        if ("noted" in line) noted.push(line.noted);
        if (++count === killAfter) child.kill("SIGKILL");
      }
      await child.status;
    };
    using _cutting = cutAgainAndAgain(proxy, 150);
    await Promise.all(["x", "y", "z"].map(async (device, i) => {
      await run(device, 1, 15, 5 + 3 * i);
      await run(device, 2, 5, Infinity);
    }));
    const reader = await open("reader");
    await reader.sync();
    const names = [...Deno.readDirSync(fileOf("reader", "."))].map(({ name }) => name);
    const texts = await Promise.all(names.map((name) => Deno.readTextFile(fileOf("reader", name))));
    const kept = texts.map((text) => text.split("\n"));
    assert(noted.length >= 3 * 10, `${noted.length}`);
    for (const line of noted) assert(kept.some((lines) => lines.includes(line)), line);
    for (const lines of kept) assertEquals(new Set(lines).size, lines.length, "no line twice");
  }));
