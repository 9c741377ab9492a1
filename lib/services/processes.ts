/**
 * Finds and kills what a run left behind when even its supervisor was killed.
 *
 * A process belongs to a run folder when its pid is recorded there (`NAME/pid`) and its command line still names the
 * folder, so that a reused pid is never hit; or when it is a Jupyter kernel whose connection file lies in the folder.
 *
 * Simplified: Windows is not covered; there a killed supervisor leaves its servers to the user.
 *
 * @module
 */
import { join } from "node:path";
import { freeSharedMemory } from "./postgres_shared_memory.ts";

interface Process {
  pid: number;
  parentPid: number;
  commandLine: string;
}

function linuxProcesses(): Process[] {
  const processes: Process[] = [];
  for (const entry of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(entry.name)) continue;
    try {
      const read = (file: string) => Deno.readTextFileSync(`/proc/${entry.name}/${file}`);
      const commandLine = read("cmdline").replaceAll("\0", " ");
      // "pid (name) state parent …", where the name may hold anything.
      const fields = read("stat").split(") ").at(-1)!.split(" ");
      const [state, parentPid] = fields;
      const threads = Number(fields[17]);
      // One that is ending has no command line any more, but its locks and ports still: until it is a zombie with
      // no thread left.
      if (state === "X" || (state === "Z" && threads <= 1)) continue;
      processes.push({ pid: Number(entry.name), parentPid: Number(parentPid), commandLine });
    } catch {
      // It ended meanwhile.
    }
  }
  return processes;
}

function otherProcesses(): Process[] {
  const { stdout } = new Deno.Command("ps", { args: ["-A", "-ww", "-o", "pid=,ppid=,args="] })
    .outputSync();
  return new TextDecoder().decode(stdout).split("\n").filter((line) => line.trim() !== "")
    .map((line) => {
      const [, pid, parentPid, commandLine] = line.match(/^\s*(\d+)\s+(\d+)\s*(.*)$/) ?? [];
      return { pid: Number(pid), parentPid: Number(parentPid), commandLine: commandLine ?? "" };
    });
}

/** Every process of this machine that we may see and that has not ended; none on Windows. */
export function listProcesses(): Process[] {
  if (Deno.build.os === "windows") return [];
  if (Deno.build.os === "linux") return linuxProcesses();
  return otherProcesses().filter(({ commandLine }) => !["", "<defunct>"].includes(commandLine));
}

/**
 * Signals a process and all that it started, and they; returns their pids.
 *
 * A server of several processes (PostgreSQL, nginx) crashes or freezes as a machine does: all at once.
 */
export function signalTree(root: number, signal: Deno.Signal): number[] {
  const send = (pid: number, signal: Deno.Signal) => {
    try {
      Deno.kill(pid, signal);
    } catch {
      // It ended meanwhile.
    }
  };
  // Held still, it starts no further one while we look.
  if (signal !== "SIGCONT") send(root, "SIGSTOP");
  const tree = new Set([root]);
  const processes = listProcesses();
  for (let size = 0; size < tree.size;) {
    size = tree.size;
    for (const { pid, parentPid } of processes) if (tree.has(parentPid)) tree.add(pid);
  }
  for (const pid of tree) send(pid, signal);
  return [...tree];
}

/** Waits until processes that were killed have ended, and with them their locks, ports and files; at most 5 s. */
export async function waitForEnd(pids: readonly number[]): Promise<void> {
  for (const endMs = performance.now() + 5000; performance.now() < endMs;) {
    if (pids.length === 0 || !listProcesses().some(({ pid }) => pids.includes(pid))) return;
    await new Promise((done) => setTimeout(done, 10));
  }
}

/** Whether no thread of a process runs any more; true where we cannot see that. */
function isStopped(pid: number): boolean {
  try {
    return [...Deno.readDirSync(`/proc/${pid}/task`)].every(({ name }) => {
      const stat = Deno.readTextFileSync(`/proc/${pid}/task/${name}/stat`);
      return "TtZX".includes(stat.split(") ").at(-1)![0]);
    });
  } catch {
    // It ended meanwhile, or this is no Linux.
    return true;
  }
}

/**
 * Waits until processes that were sent SIGSTOP stand still, at most 5 s.
 *
 * One thread takes the signal and stops the others: where it waits for a processor, they go on for a while.
 */
export async function waitForStop(pids: readonly number[]): Promise<void> {
  for (const endMs = performance.now() + 5000; performance.now() < endMs;) {
    if (pids.every(isStopped)) return;
    await new Promise((done) => setTimeout(done, 2));
  }
}

function recordedPids(folder: string): Set<number> {
  const pids = new Set<number>();
  for (const entry of Deno.readDirSync(folder)) {
    if (!entry.isDirectory) continue;
    try {
      pids.add(Number(Deno.readTextFileSync(join(folder, entry.name, "pid"))));
    } catch {
      // A folder without a process.
    }
  }
  return pids;
}

/** Kills the processes that belong to a run folder, kernels only when the run is over; waits for their end, returns their pids. */
export async function killLeftovers(
  folder: string,
  { kernels }: { kernels: boolean },
): Promise<number[]> {
  const recorded = recordedPids(folder);
  const isKernel = (line: string) =>
    kernels && line.includes(" jupyter ") && line.includes("--kernel");
  const leftovers = listProcesses().filter(({ pid, commandLine }) =>
    pid !== Deno.pid && commandLine.includes(folder) && (recorded.has(pid) || isKernel(commandLine))
  );
  await waitForEnd(leftovers.flatMap(({ pid }) => signalTree(pid, "SIGKILL")));
  for (const { name } of Deno.readDirSync(folder)) freeSharedMemory(join(folder, name));
  return leftovers.map(({ pid }) => pid);
}
