import { assert, assertEquals } from "@std/assert";
import { listProcesses, signalTree } from "../../../lib/services/processes.ts";
import { ServerProcess } from "../../../lib/services/server_process.ts";

const ignore = Deno.build.os !== "linux";

/** How many processes carry the mark in their command line. */
function countMarked(mark: string): number {
  return listProcesses().filter(({ commandLine }) => commandLine.includes(mark)).length;
}

async function until(isSo: () => boolean): Promise<boolean> {
  for (let tries = 0; tries < 200 && !isSo(); tries++) {
    await new Promise((done) => setTimeout(done, 20));
  }
  return isSo();
}

/** A shell with a child in a session of its own, as PostgreSQL's are, and that with one too. */
function family(mark: string): string[] {
  return ["-c", 'setsid sh -c "sleep 60 & wait" $0 & wait', mark];
}

Deno.test({
  name: "signalTree() reaches the children of children, also in other sessions",
  ignore,
  fn: async () => {
    const mark = `mark-${crypto.randomUUID()}`;
    const child = new Deno.Command("sh", { args: family(mark) }).spawn();
    assert(await until(() => countMarked(mark) >= 2));
    const pids = signalTree(child.pid, "SIGKILL");
    assert(pids.length >= 2, `${pids}`);
    assertEquals((await child.status).signal, "SIGKILL");
    assert(await until(() => countMarked(mark) === 0));
  },
});

Deno.test({
  name: "ServerProcess.kill() resolves when all that it started has ended",
  ignore,
  fn: async () => {
    const folder = await Deno.makeTempDir();
    const mark = `mark-${crypto.randomUUID()}`;
    const spec = { command: "sh", args: family(mark) };
    const process = new ServerProcess(folder, spec, async () => {
      assert(await until(() => countMarked(mark) >= 2));
    });
    await process.start();
    await process.kill();
    assertEquals(countMarked(mark), 0);
    await Deno.remove(folder, { recursive: true });
  },
});
