/**
 * Runs a test with temporary folders of its own, and fails when it leaves a process, port or file.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { freePorts } from "../../../scripts/notebook/kernel_process.ts";
import { waitForNone } from "../wait_for_none.ts";
import { processesWith } from "../processes_with.ts";

/** Processes of a group that still run; on Linux only, elsewhere none. */
async function groupMembers(group: number): Promise<string[]> {
  if (Deno.build.os !== "linux") return [];
  const members: string[] = [];
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await Deno.readTextFile(`/proc/${name}/stat`).catch(() => "");
    const [state, , processGroup] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (Number(processGroup) === group && state !== "Z") members.push(stat);
  }
  return members;
}

function isFree(port: number): boolean {
  try {
    Deno.listen({ hostname: "127.0.0.1", port }).close();
    return true;
  } catch {
    return false;
  }
}

/** What the test itself may use: five free ports, an empty folder, and a note of the kernel's pid. */
export interface Watched {
  ports: number[];
  folder: string;
  pids: number[];
}

/** Runs `test`, then checks that processes, ports and temporary files are gone. */
export async function leavesNothing(test: (watched: Watched) => Promise<void>): Promise<void> {
  const temp = await Deno.makeTempDir();
  const folder = await Deno.makeTempDir();
  const before = Deno.env.get("TMPDIR");
  Deno.env.set("TMPDIR", temp);
  const watched = { ports: freePorts(5), folder, pids: [] as number[] };
  try {
    await test(watched);
    for (const pid of watched.pids) {
      await waitForNone(() => groupMembers(pid), "no process is left");
    }
    await waitForNone(
      () => processesWith(`TMPDIR=${temp}`),
      "no process is left that left its group",
    );
    // Where no process of ours is left, a port that is taken again is another's.
    if (Deno.build.os !== "linux") {
      assertEquals(watched.ports.filter((port) => !isFree(port)), [], "no port is left");
    }
    assertEquals(Array.from(Deno.readDirSync(temp)), [], "no temporary file is left");
  } finally {
    if (before === undefined) Deno.env.delete("TMPDIR");
    else Deno.env.set("TMPDIR", before);
    await Deno.remove(temp, { recursive: true });
    await Deno.remove(folder, { recursive: true });
  }
}
