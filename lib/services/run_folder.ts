/**
 * The folder of a run: its owner's lock, its supervisor, the data and logs of its private servers.
 *
 * Whoever opens it owns the run: a `deno task run`, the lab, or a kernel that nobody else looks after. Child processes
 * find it by `WORKSHOP_RUN_DIR`. Closing it ends all servers; when the owner dies instead, the supervisor sees the lock
 * go and does the same. Opening one also sweeps what a killed owner with a killed supervisor left.
 *
 * @example
 * ```ts
 * import { openRunFolder } from "./run_folder.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const folder = await openRunFolder();
 * assertEquals((await Deno.stat(folder.path)).isDirectory, true);
 * await folder.close();
 * ```
 *
 * @module
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Control } from "./control.ts";
import { removeFolder } from "./folder_files.ts";
import { killLeftovers } from "./processes.ts";

const workshopFolder = fileURLToPath(new URL("../../.workshop/", import.meta.url));

/** Servers that `deno task services up` started stay here until `down`. */
export const servicesFolder = join(workshopFolder, "services");

/** A folder younger than this may not have its lock yet. */
const SWEEP_AGE_MS = 10_000;

export interface RunFolder extends AsyncDisposable {
  readonly path: string;
  /** Ends all servers of the run and removes its folder. */
  close(): Promise<void>;
}

async function openLock(folder: string): Promise<Deno.FsFile> {
  return await Deno.open(join(folder, "owner.lock"), { create: true, read: true, write: true });
}

/** Ends the servers of a run folder; its supervisor removes the folder. Returns whether there was one. */
export async function endServers(folder: string): Promise<boolean> {
  using control = await Control.connect(folder);
  // A supervisor that ends by itself at this moment does not answer.
  await control?.ask({ type: "shutdown" }).catch(() => {});
  return control !== undefined;
}

/** Makes a run folder under `parent` and takes its lock. @throws {Error} when it cannot be written */
export async function openRunFolder(parent = join(workshopFolder, "runs")): Promise<RunFolder> {
  await sweepRunFolders(parent);
  const path = join(parent, crypto.randomUUID().slice(0, 8));
  try {
    await Deno.mkdir(path, { recursive: true });
  } catch (error) {
    throw new Error(
      `Cannot open a run folder: ${parent} must be a writable folder: received ${
        (error as Error).message
      }`,
    );
  }
  const lock = await openLock(path);
  await lock.lock(true);
  let closed = false;
  const close = async () => {
    if (closed) return;
    closed = true;
    await endServers(path);
    lock.close();
    await removeFolder(path);
  };
  return { path, close, [Symbol.asyncDispose]: close };
}

/** Removes run folders whose owner and supervisor are both gone, and kills what runs in them. */
export async function sweepRunFolders(parent: string, minimumAgeMs = SWEEP_AGE_MS): Promise<void> {
  let names: string[];
  try {
    names = [...Deno.readDirSync(parent)].map((entry) => entry.name);
  } catch {
    return;
  }
  for (const name of names) {
    const folder = join(parent, name);
    try {
      const { birthtime, mtime } = await Deno.stat(folder);
      const madeMs = (birthtime ?? mtime ?? new Date()).getTime();
      if (Date.now() - madeMs < minimumAgeMs) continue;
      using lock = await openLock(folder);
      if (!await lock.tryLock(true)) continue;
      await killLeftovers(folder, { kernels: true });
      await removeFolder(folder);
    } catch {
      // Its owner removes it at this moment.
    }
  }
}
