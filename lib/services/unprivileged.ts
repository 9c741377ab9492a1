/**
 * Runs servers that refuse root (PostgreSQL, pgbouncer) as the user `nobody`, where we are root ourselves.
 *
 * `setpriv` of util-linux changes the user and becomes the server, so that the pid and the command line stay its own.
 * Where a folder above the program or its data is closed to others (a project in /root), `nobody` could not get
 * there: then the server keeps the right to pass file permissions, and nothing else of root.
 *
 * @module
 */
import { dirname } from "node:path";
import { findBinaries } from "./binaries.ts";

export interface Identity {
  uid: number;
  gid: number;
}

/** Whose the files of such a server must be; undefined: ours, as they are anyway. */
export function unprivilegedUser(): Identity | undefined {
  if (Deno.build.os === "windows" || Deno.uid() !== 0) return undefined;
  const [, uid, gid] = Deno.readTextFileSync("/etc/passwd")
    .match(/^nobody:[^:]*:(\d+):(\d+):/m) ?? [];
  if (uid === undefined) {
    throw new Error("Cannot start a server as root: /etc/passwd must have nobody: received none");
  }
  return { uid: Number(uid), gid: Number(gid) };
}

/** Whether every user may pass the folder and those above it. */
function isOpen(folder: string): boolean {
  const { mode } = Deno.statSync(folder);
  return ((mode ?? 0) & 0o001) !== 0 && (folder === dirname(folder) || isOpen(dirname(folder)));
}

/**
 * The command line that runs a program as that user.
 *
 * @param folder where its data lie
 * @throws {Error} as root without setpriv
 */
export function runUnprivileged(
  program: string,
  args: readonly string[],
  folder: string,
): { command: string; args: string[] } {
  const user = unprivilegedUser();
  if (user === undefined) return { command: program, args: [...args] };
  const [setpriv] = findBinaries("setpriv");
  if (setpriv === undefined) {
    throw new Error(
      `Cannot start ${program} as root: setpriv must be on the PATH: received none. ` +
        "Install util-linux, or be another user",
    );
  }
  const capability = isOpen(dirname(program)) && isOpen(folder)
    ? []
    : ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"];
  const identity = [`--reuid=${user.uid}`, `--regid=${user.gid}`, "--clear-groups"];
  return { command: setpriv.path, args: [...identity, ...capability, "--", program, ...args] };
}
