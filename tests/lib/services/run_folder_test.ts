import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { ask, Control } from "../../../lib/services/control.ts";
import { listProcesses } from "../../../lib/services/processes.ts";
import { findRedis } from "../../../lib/services/redis_server.ts";
import { openRunFolder, sweepRunFolders } from "../../../lib/services/run_folder.ts";
import { sleep, until } from "./one_run.ts";

const ignore = (findRedis().length === 0 && Deno.env.get("CI") === undefined) ||
  Deno.build.os === "windows";

function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore, fn });
}

async function accepts(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return true;
  } catch {
    return false;
  }
}

function processesOf(folder: string): number[] {
  return listProcesses().filter(({ commandLine }) => commandLine.includes(folder))
    .map(({ pid }) => pid);
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

interface Holder {
  ports: number[];
  folder: string;
  kill(): Promise<void>;
}

/** Starts a process that holds two servers, in a run of its own under `parent` or in one that is given. */
async function hold(place: { parent: string } | { runFolder: string }): Promise<Holder> {
  const script = new URL("./hold_redis.ts", import.meta.url).href;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--allow-all", "--no-config", script, JSON.stringify(place)],
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  const held = JSON.parse(new TextDecoder().decode(value)) as { ports: number[]; folder: string };
  const kill = async () => {
    child.kill("SIGKILL");
    await child.status;
    await reader.cancel();
  };
  return { ...held, kill };
}

async function supervisorPid(folder: string): Promise<number> {
  return JSON.parse(await Deno.readTextFile(join(folder, "supervisor.json"))).pid;
}

/** A place for runs that no other run of this project sweeps or counts. */
async function withRuns(body: (runs: string) => Promise<void>): Promise<void> {
  const runs = await Deno.makeTempDir({ prefix: "runs-" });
  try {
    await body(runs);
    // A supervisor that came too late is still to see that there is nothing to do.
    await until("nothing is left behind", () => [...Deno.readDirSync(runs)].length === 0);
  } finally {
    await Deno.remove(runs, { recursive: true });
  }
}

test("a process killed with SIGKILL leaves no server, port or folder", () =>
  withRuns(async (runs) => {
    const holder = await hold({ parent: runs });
    assertEquals(processesOf(holder.folder).length, 3, "a supervisor and two servers");
    assertEquals(await Promise.all(holder.ports.map(accepts)), [true, true]);
    await holder.kill();
    await until("no process is left", () => processesOf(holder.folder).length === 0);
    await until("no folder is left", () => !exists(holder.folder));
    assertEquals(await Promise.all(holder.ports.map(accepts)), [false, false]);
  }));

test("a kernel killed with SIGKILL takes its own server along, the run keeps the shared one", () =>
  withRuns(async (runs) => {
    await using run = await openRunFolder(runs);
    const holder = await hold({ runFolder: run.path });
    await holder.kill();
    await until("the own server is gone", async () => !await accepts(holder.ports[1]));
    assertEquals(await accepts(holder.ports[0]), true);
    await run.close();
    assertEquals(await accepts(holder.ports[0]), false);
    await until("no process is left", () => processesOf(run.path).length === 0);
    assert(!exists(run.path));
  }));

test("owner and supervisor killed at once: the next run sweeps what they left", () =>
  withRuns(async (runs) => {
    const holder = await hold({ parent: runs });
    const supervisor = await supervisorPid(holder.folder);
    Deno.kill(supervisor, "SIGKILL");
    await holder.kill();
    // It waited for the owner's lock: dying, it may still be given it.
    await until(
      "the supervisor is gone",
      () => !listProcesses().some(({ pid }) => pid === supervisor),
    );
    assertEquals(await accepts(holder.ports[0]), true, "an orphan, until somebody sweeps");
    await sweepRunFolders(runs, 0);
    assertEquals(processesOf(holder.folder), []);
    assertEquals(await Promise.all(holder.ports.map(accepts)), [false, false]);
    assert(!exists(holder.folder));
  }));

test("a killed supervisor is replaced, and its servers with it", () =>
  withRuns(async (runs) => {
    await using run = await openRunFolder(runs);
    const first = await ask(run.path, { type: "start", shape: "redis", options: {}, own: false });
    Deno.kill(await supervisorPid(run.path), "SIGKILL");
    await until("the supervisor is gone", async () => {
      using control = await Control.connect(run.path);
      return control === undefined;
    });
    const second = await ask(run.path, { type: "start", shape: "redis", options: {}, own: false });
    assertEquals(await accepts(second.nodes[0].port), true);
    await until(
      "the first server is gone",
      async () =>
        first.nodes[0].port === second.nodes[0].port || !await accepts(first.nodes[0].port),
    );
  }));

test("a supervisor that is killed and not yet gone is waited for", () =>
  withRuns(async (runs) => {
    await using run = await openRunFolder(runs);
    // Until the system has ended it, its lock is held.
    const dying = await Deno.open(join(run.path, "supervisor.lock"), { create: true, write: true });
    await dying.lock(true);
    let isAnswered = false;
    const answer = ask(run.path, { type: "status" }).then((nodes) => (isAnswered = true, nodes));
    await until("the next one starts", () => processesOf(run.path).length === 1);
    await sleep(300);
    assertEquals(isAnswered, false);
    dying.close();
    assertEquals(await answer, []);
  }));

test("a supervisor's answer arrives whole, however long", () =>
  withRuns(async (runs) => {
    await using run = await openRunFolder(runs);
    const request = { type: "start", shape: "redis", options: {}, own: false } as const;
    const { nodes: [{ name }] } = await ask(run.path, request);
    const line = `${"x".repeat(99)}\n`;
    await Deno.writeTextFile(join(run.path, name, "log"), line.repeat(200_000), { append: true });
    const log = await ask(run.path, { type: "log", node: name });
    assert(log.length > 20_000_000, `${log.length} characters`);
  }));

test("a run whose folder is removed ends", () =>
  withRuns(async (runs) => {
    const run = await openRunFolder(runs);
    const request = { type: "start", shape: "redis", options: {}, own: false } as const;
    const { nodes: [{ port }] } = await ask(run.path, request);
    await Deno.remove(run.path, { recursive: true });
    await until("no process is left", () => processesOf(run.path).length === 0);
    assertEquals(await accepts(port), false);
    await run.close();
  }));

test("equal requests of several clients at once start one server", () =>
  withRuns(async (runs) => {
    await using run = await openRunFolder(runs);
    const request = { type: "start", shape: "redis", options: {}, own: false } as const;
    const all = await Promise.all(Array.from({ length: 8 }, () => ask(run.path, request)));
    assertEquals(new Set(all.map((started) => started.nodes[0].port)).size, 1);
    assertEquals((await ask(run.path, { type: "status" })).length, 1);
  }));

test("a supervisor answers only who knows the secret of its folder", () =>
  withRuns(async (runs) => {
    await using run = await openRunFolder(runs);
    await ask(run.path, { type: "status" });
    const { port } = JSON.parse(await Deno.readTextFile(join(run.path, "supervisor.json")));
    using stranger = await Deno.connect({ hostname: "127.0.0.1", port });
    await stranger.write(new TextEncoder().encode('{"type":"shutdown","token":"guess"}\n'));
    assertEquals(await stranger.read(new Uint8Array(10)), null);
    assertEquals(await ask(run.path, { type: "status" }), []);
    const { mode } = await Deno.stat(join(run.path, "supervisor.json"));
    assertEquals(mode! & 0o077, 0);
  }));

test("openRunFolder() sweeps nothing of a run that lives", () =>
  withRuns(async (runs) => {
    await using run = await openRunFolder(runs);
    const { nodes: [{ port }] } = await ask(run.path, {
      type: "start",
      shape: "redis",
      options: {},
      own: false,
    });
    await sweepRunFolders(runs, 0);
    assertEquals([exists(run.path), await accepts(port)], [true, true]);
  }));

test("openRunFolder() where nothing can be written says so", async () => {
  await assertRejects(
    () => openRunFolder("/proc/no-such-folder"),
    Error,
    "Cannot open a run folder: /proc/no-such-folder must be a writable folder",
  );
});

test("services of a run that has ended are an error, not a new run", () =>
  withRuns(async (runs) => {
    const run = await openRunFolder(runs);
    await run.close();
    await assertRejects(
      () => ask(run.path, { type: "status" }),
      Error,
      "Cannot start services: the run folder must exist and be writable",
    );
  }));
