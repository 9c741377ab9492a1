import { assertEquals } from "@std/assert";
import { listProcesses, signalTree } from "../../../lib/services/processes.ts";
import { ServerProcess } from "../../../lib/services/server_process.ts";
import { until } from "./one_run.ts";

const ignore = Deno.build.os !== "linux";

/** How many processes carry the mark in their command line. */
function countMarked(mark: string): number {
  return listProcesses().filter(({ commandLine }) => commandLine.includes(mark)).length;
}

/** A shell with a child in a session of its own, as PostgreSQL's are, and that with one too. */
function family(mark: string): string[] {
  return ["-c", 'setsid sh -c "sleep 60 & wait" $0 & wait', mark];
}

/** The whole family is there: the youngest is no shell any more. */
async function isComplete(mark: string): Promise<void> {
  await until("the child of the child sleeps", () => {
    const all = listProcesses();
    const family = all.filter(({ commandLine }) => commandLine.includes(mark));
    return all.some(({ parentPid, commandLine }) =>
      commandLine.startsWith("sleep 60") && family.some(({ pid }) => pid === parentPid)
    );
  });
}

Deno.test({
  name: "signalTree() reaches the children of children, also in other sessions",
  ignore,
  fn: async () => {
    const mark = `mark-${crypto.randomUUID()}`;
    const child = new Deno.Command("sh", { args: family(mark) }).spawn();
    await isComplete(mark);
    const pids = signalTree(child.pid, "SIGKILL");
    assertEquals(pids.length, 3, `${pids}`);
    assertEquals((await child.status).signal, "SIGKILL");
    await until("none is left", () => !listProcesses().some(({ pid }) => pids.includes(pid)));
  },
});

Deno.test({
  name: "ServerProcess.pause() resolves when no thread runs any more",
  ignore,
  fn: async () => {
    const folder = await Deno.makeTempDir();
    const spec = { command: Deno.execPath(), args: ["eval", "setInterval(() => {}, 1)"] };
    const process = new ServerProcess(folder, spec, () => Promise.resolve());
    await process.start();
    const states = () =>
      [...Deno.readDirSync(`/proc/${process.pid}/task`)].map(({ name }) =>
        Deno.readTextFileSync(`/proc/${process.pid}/task/${name}/stat`).split(") ").at(-1)![0]
      );
    await until("it has threads", () => states().length > 2);
    await process.pause();
    assertEquals(new Set(states()), new Set(["T"]));
    await process.kill();
    await Deno.remove(folder, { recursive: true });
  },
});

Deno.test({
  name: "ServerProcess.kill() resolves when all that it started has ended",
  ignore,
  fn: async () => {
    const folder = await Deno.makeTempDir();
    const mark = `mark-${crypto.randomUUID()}`;
    const spec = { command: "sh", args: family(mark) };
    const process = new ServerProcess(folder, spec, () => isComplete(mark));
    await process.start();
    await process.kill();
    assertEquals(countMarked(mark), 0);
    await Deno.remove(folder, { recursive: true });
  },
});
