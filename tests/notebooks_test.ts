/**
 * Runs every notebook of the workshop in the real kernel, and compares its outputs with the committed ones.
 *
 * A test a notebook, a step a heading. While one notebook is compared the next already runs, so that two cores are busy.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { openRunFolder, type RunFolder } from "lib/services/run_folder.ts";
import { dirname, join } from "node:path";
import { compareNotebook } from "../scripts/compare_notebook.ts";
import { executeNotebook, type Execution } from "../scripts/notebook/execute.ts";
import { readNotebook } from "../scripts/run/run_notebook.ts";
import { allNotebooks, displayName, ROOT } from "../scripts/select.ts";
import { isHere, servicesOf } from "../scripts/setup/services.ts";

const AT_ONCE = 2;
const CELL_TIMEOUT_MS = 120_000;

const paths = await allNotebooks();
const controller = new AbortController();
/** The private servers that all notebooks share. */
let servers: Promise<RunFolder> | undefined;
const runs = new Map<string, Promise<Execution>>();

async function execute(path: string): Promise<Execution> {
  servers ??= openRunFolder();
  return await executeNotebook(await readNotebook(path), {
    cwd: dirname(path),
    path: displayName(path),
    timeoutMs: CELL_TIMEOUT_MS,
    signal: controller.signal,
    env: { WORKSHOP_RUN_DIR: (await servers).path },
  });
}

/** Starts a notebook and the ones after it that may run at the same time. */
function runFrom(index: number): Promise<Execution> {
  for (const path of paths.slice(index, index + AT_ONCE)) {
    if (runs.has(path)) continue;
    const run = execute(path);
    // The test of that notebook says why it cannot be run.
    run.catch(() => {});
    runs.set(path, run);
  }
  return runs.get(paths[index])!;
}

/** Whether it asks for a service that is not here: then it is skipped, which CI takes for a failure. */
function lacksService(path: string): boolean {
  return !servicesOf(Deno.readTextFileSync(path)).every(isHere);
}

const tested: string[] = [];

for (const [index, path] of paths.entries()) {
  tested.push(path);
  Deno.test({
    name: displayName(path),
    ignore: lacksService(path),
    // The next notebook runs beyond the end of this test.
    sanitizeOps: false,
    sanitizeResources: false,
    async fn(t) {
      const execution = await runFrom(index);
      const verdicts = compareNotebook(displayName(path), await readNotebook(path), execution);
      for (const { heading, problems } of verdicts) {
        await t.step(heading, () => assert(problems.length === 0, `\n${problems.join("\n")}`));
      }
      assert(verdicts.length > 0, "it must have cells to run");
      assertEquals(execution.status, "ok");
    },
  });
}

async function notebooksBelow(folder: string): Promise<string[]> {
  const found = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory && name !== ".ipynb_checkpoints") {
      found.push(...await notebooksBelow(join(folder, name)));
    } else if (name.endsWith(".ipynb")) found.push(join(folder, name));
  }
  return found;
}

Deno.test("every notebook in the tree has a test", async () => {
  const inTree = await notebooksBelow(join(ROOT, "notebooks"));
  assert(inTree.length > 0, "there must be notebooks");
  assertEquals(tested, inTree.sort());
});

Deno.test.afterAll(async () => {
  controller.abort();
  await Promise.allSettled(runs.values());
  await (await servers)?.close();
});
