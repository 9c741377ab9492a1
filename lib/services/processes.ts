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

interface Process {
  pid: number;
  commandLine: string;
}

function linuxProcesses(): Process[] {
  const processes: Process[] = [];
  for (const entry of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(entry.name)) continue;
    try {
      const commandLine = Deno.readTextFileSync(`/proc/${entry.name}/cmdline`).replaceAll(
        "\0",
        " ",
      );
      processes.push({ pid: Number(entry.name), commandLine });
    } catch {
      // It ended meanwhile.
    }
  }
  return processes;
}

function otherProcesses(): Process[] {
  const { stdout } = new Deno.Command("ps", { args: ["-A", "-ww", "-o", "pid=,args="] })
    .outputSync();
  return new TextDecoder().decode(stdout).split("\n").filter((line) => line.trim() !== "")
    .map((line) => {
      const [, pid, commandLine] = line.match(/^\s*(\d+)\s*(.*)$/) ?? [];
      return { pid: Number(pid), commandLine: commandLine ?? "" };
    });
}

/** Every process of this machine that we may see; none on Windows. */
export function listProcesses(): Process[] {
  if (Deno.build.os === "linux") return linuxProcesses();
  return Deno.build.os === "windows" ? [] : otherProcesses();
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

/** Kills the processes that belong to a run folder, kernels only when the run is over; returns their pids. */
export function killLeftovers(folder: string, { kernels }: { kernels: boolean }): number[] {
  const recorded = recordedPids(folder);
  const isKernel = (line: string) =>
    kernels && line.includes(" jupyter ") && line.includes("--kernel");
  const leftovers = listProcesses().filter(({ pid, commandLine }) =>
    pid !== Deno.pid && commandLine.includes(folder) && (recorded.has(pid) || isKernel(commandLine))
  );
  for (const { pid } of leftovers) {
    try {
      Deno.kill(pid, "SIGKILL");
    } catch {
      // It ended meanwhile.
    }
  }
  return leftovers.map(({ pid }) => pid);
}
