/** Runs with every service that are killed: what is left of them, and whether they met. */
import { assert, assertEquals } from "@std/assert";
import { findJava } from "../../../lib/services/java.ts";
import { findKafkaJars } from "../../../lib/services/kafka_jars.ts";
import { findPostgres } from "../../../lib/services/postgres_binaries.ts";
import { listProcesses } from "../../../lib/services/processes.ts";
import { findRedis } from "../../../lib/services/redis_server.ts";
import { findSystemProgram } from "../../../lib/services/system_programs.ts";
import { isLaptopWithout, until } from "./one_run.ts";

const isThere = findRedis().length > 0 && findPostgres().length > 0 && findJava().length > 0 &&
  findKafkaJars().length > 0 &&
  ["pgbouncer", "etcd", "haproxy", "nginx"].every((name) => findSystemProgram(name).length > 0);

interface Holder {
  /** Of the whole run but the process that holds it. */
  pids: number[];
  /** Those of them that still run. */
  alive(): number[];
  kill(): Promise<void>;
}

/** When a process started: together with its pid it is the same one. */
function startOf(pid: number): string | undefined {
  try {
    // The 22nd field; the second, a name in brackets, may hold anything.
    return Deno.readTextFileSync(`/proc/${pid}/stat`).split(") ").at(-1)!.split(" ")[19];
  } catch {
    return undefined;
  }
}

/** The processes of a run folder, and all that they started. */
function processesOf(folder: string, except: number): number[] {
  const all = listProcesses();
  const found = new Set(
    all.filter(({ commandLine }) => commandLine.includes(folder)).map(({ pid }) => pid),
  );
  for (let size = 0; size < found.size;) {
    size = found.size;
    for (const { pid, parentPid } of all) if (found.has(parentPid)) found.add(pid);
  }
  found.delete(except);
  return [...found];
}

async function hold(parent: string): Promise<Holder> {
  const script = new URL("./hold_all.ts", import.meta.url).pathname;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--allow-all", script, parent],
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  const folder = new TextDecoder().decode(value).trim();
  const kill = async () => {
    child.kill("SIGKILL");
    await child.status;
    await reader.cancel();
  };
  const pids = processesOf(folder, child.pid);
  const starts = new Map(pids.map((pid) => [pid, startOf(pid)]));
  const alive = () =>
    listProcesses().map(({ pid }) => pid)
      .filter((pid) => starts.has(pid) && starts.get(pid) === startOf(pid));
  return { pids, alive, kill };
}

/** The listening sockets of this machine, as the kernel knows them: a number that no later one has, and the port. */
function listening(): Map<string, number> {
  const rows = ["tcp", "tcp6"].flatMap((file) =>
    Deno.readTextFileSync(`/proc/net/${file}`).split("\n").map((row) => row.trim().split(/\s+/))
  );
  return new Map(
    rows.filter(([, , , state]) => state === "0A")
      .map(([, local, , , , , , , , inode]) => [inode, parseInt(local.split(":")[1], 16)]),
  );
}

/** The sockets on which processes listen. */
function socketsOf(pids: readonly number[]): Map<string, number> {
  const inodes = new Set<string>();
  for (const pid of pids) {
    try {
      for (const { name } of Deno.readDirSync(`/proc/${pid}/fd`)) {
        const target = Deno.readLinkSync(`/proc/${pid}/fd/${name}`);
        const inode = target.match(/^socket:\[(\d+)\]$/)?.[1];
        if (inode !== undefined) inodes.add(inode);
      }
    } catch {
      // It ended meanwhile.
    }
  }
  return new Map([...listening()].filter(([inode]) => inodes.has(inode)));
}

/** How many of these sockets listen still; that another process has the port meanwhile does not count. */
function countListening(sockets: ReadonlyMap<string, number>): number {
  return [...listening().keys()].filter((inode) => sockets.has(inode)).length;
}

/** Segments of shared memory that were made by one of these processes. */
function sharedMemoryOf(pids: readonly number[]): string[] {
  return Deno.readTextFileSync("/proc/sysvipc/shm").split("\n")
    .filter((row) => pids.includes(Number(row.trim().split(/\s+/)[4])));
}

Deno.test({
  name: "two runs with every service do not meet; killed, they leave nothing behind",
  ignore: isLaptopWithout(isThere) || Deno.build.os !== "linux",
  async fn() {
    const runs = await Deno.makeTempDir({ prefix: "runs-" });
    // PostgreSQL is another user where we are root.
    await Deno.chmod(runs, 0o755);
    try {
      const [first, second] = await Promise.all([hold(runs), hold(runs)]);
      const [ours, others] = [socketsOf(first.pids), socketsOf(second.pids)];
      const ports = [...new Set(ours.values())];
      const otherPorts = [...new Set(others.values())];
      // Supervisor, Kafka with its controller, two PostgreSQL, pgbouncer, Redis: 1, 2, and 3 with their buses;
      // etcd's members with ports for each other, HAProxy and nginx with ports to tell of themselves.
      assertEquals([ports.length, otherPorts.length], [25, 25]);
      assertEquals(ports.filter((port) => otherPorts.includes(port)), []);
      assert(first.pids.length > 15, `${first.pids.length} processes`);
      assertEquals(first.pids.filter((pid) => second.pids.includes(pid)), []);
      assertEquals(sharedMemoryOf(first.pids).length, 2, "of two PostgreSQL");

      await first.kill();
      await until("no process is left", () => first.alive().length === 0);
      await until("no port is left", () => countListening(ours) === 0);
      assertEquals(sharedMemoryOf(first.pids), []);
      assertEquals(countListening(others), others.size, "the other run goes on");

      await second.kill();
      await until("no process is left", () => second.alive().length === 0);
      await until("no port is left", () => countListening(others) === 0);
      assertEquals(sharedMemoryOf(second.pids), []);
      await until("no folder is left", () => [...Deno.readDirSync(runs)].length === 0);
    } finally {
      await Deno.remove(runs, { recursive: true });
    }
  },
});
