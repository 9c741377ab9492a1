/**
 * An empty data folder of PostgreSQL, made once by initdb (seconds) and then copied (a fraction of one).
 *
 * It is kept in `.workshop/postgres/`, one for each version, origin and user. The superuser is `postgres`, with a
 * password of its own; text is UTF-8 and sorts by code point, so that results are the same on every machine. The copies
 * have one system identifier: that makes a copy the replica of another.
 *
 * @module
 */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { PostgresPrograms } from "./postgres_binaries.ts";
import { runUnprivileged, unprivilegedUser } from "./unprivileged.ts";

export interface PostgresTemplate {
  data: string;
  /** Of the superuser `postgres`. */
  password: string;
}

const templatesFolder = fileURLToPath(new URL("../../.workshop/postgres/", import.meta.url));

async function run(command: string, args: string[]): Promise<void> {
  // Texts in English, so that errors can be told apart; a current folder that any user may enter.
  const env = { LC_ALL: "C" };
  const { success, stdout, stderr } = await new Deno.Command(command, { args, env, cwd: "/" })
    .output();
  if (success) return;
  const decoder = new TextDecoder();
  throw new Error(
    `Cannot make a PostgreSQL data folder: ${args.at(-1)} must be writable: ` +
      `received this from initdb:\n${decoder.decode(stdout)}${decoder.decode(stderr)}`,
  );
}

/** Makes the data folder and its password in a new folder. */
async function initialise(initdb: string, folder: string): Promise<void> {
  await Deno.mkdir(dirname(folder), { recursive: true });
  await Deno.mkdir(folder, { mode: 0o700 });
  const password = join(folder, "password");
  await Deno.writeTextFile(password, crypto.randomUUID(), { mode: 0o600 });
  const user = unprivilegedUser();
  if (user !== undefined) {
    for (const path of [folder, password]) await Deno.chown(path, user.uid, user.gid);
  }
  const { command, args } = runUnprivileged(initdb, [
    "--username=postgres",
    "--auth=scram-sha-256",
    `--pwfile=${password}`,
    "--encoding=UTF8",
    "--locale=C",
    "--no-instructions",
    join(folder, "data"),
  ], dirname(folder));
  await run(command, args);
}

/**
 * The empty data folder for these programs, made now if need be.
 *
 * @throws {Error} with what initdb says
 */
export async function postgresTemplate(
  { initdb, version, from }: PostgresPrograms,
  parent = templatesFolder,
): Promise<PostgresTemplate> {
  const folder = join(parent, `${version}-${from}-${Deno.uid() ?? ""}`);
  const template = async () => ({
    data: join(folder, "data"),
    password: await Deno.readTextFile(join(folder, "password")),
  });
  try {
    return await template();
  } catch {
    // None yet.
  }
  const draft = `${folder}-${crypto.randomUUID()}`;
  try {
    await initialise(initdb, draft);
    // Two that make one at the same time: one takes that of the other.
    await Deno.rename(draft, folder).catch(() => {});
    return await template();
  } finally {
    await Deno.remove(draft, { recursive: true }).catch(() => {});
  }
}

/** Copies an empty data folder, owners and rights included. @throws {Error} where the disk is full */
export async function copyTemplate(template: PostgresTemplate, target: string): Promise<void> {
  const { success, stderr } = await new Deno.Command("cp", {
    args: ["-a", template.data, target],
  }).output();
  if (success) return;
  throw new Error(
    `Cannot make a PostgreSQL data folder: ${dirname(target)} must be writable and have 40 MB: ` +
      `received ${new TextDecoder().decode(stderr).trim().split("\n")[0]}`,
  );
}
