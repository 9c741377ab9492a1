/**
 * The files of a server: configuration, users, certificates.
 *
 * They belong to whom their folder belongs, so that a server that runs as another user can read them, and nobody else.
 *
 * @module
 */
import { basename, join } from "node:path";
import { unprivilegedUser } from "./unprivileged.ts";

/** Texts by the name of their file. */
export type Files = Readonly<Record<string, string>>;

/** Gives a folder to the user that servers run as. */
export async function giveToServer(folder: string): Promise<void> {
  const user = unprivilegedUser();
  if (user !== undefined) await Deno.chown(folder, user.uid, user.gid);
}

/** Removes a folder with all that is in it; tries again while a process that ends or begins still writes there. */
export async function removeFolder(folder: string): Promise<void> {
  for (let tries = 0; tries < 50; tries++) {
    try {
      return await Deno.remove(folder, { recursive: true });
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return;
    }
    await new Promise((done) => setTimeout(done, 20));
  }
}

/** Writes files of a folder, each at once as a whole. @throws {Error} where the disk is full */
export async function writeFiles(folder: string, files: Files): Promise<void> {
  const { uid, gid } = await Deno.stat(folder);
  for (const [name, text] of Object.entries(files)) {
    if (basename(name) !== name) {
      throw new RangeError(`Cannot write a file: its name must have no folder: received ${name}`);
    }
    const draft = join(folder, `${name}.new`);
    await Deno.writeTextFile(draft, text, { mode: 0o600 });
    if (uid !== null && uid !== Deno.uid()) await Deno.chown(draft, uid, gid);
    await Deno.rename(draft, join(folder, name));
  }
}

/** The files that are there, of those that are named. */
export async function readFiles(folder: string, names: readonly string[]): Promise<Files> {
  const found = await Promise.all(names.map(async (name) => {
    const text = await Deno.readTextFile(join(folder, name)).catch(() => undefined);
    return [name, text] as const;
  }));
  return Object.fromEntries(found.filter(([, text]) => text !== undefined)) as Files;
}
