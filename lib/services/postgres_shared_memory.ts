/**
 * Gives back the shared memory of a PostgreSQL that was killed.
 *
 * PostgreSQL marks a data folder as in use by a System V segment of a few bytes, which outlives a killed server: its
 * next start takes it over, but a folder that is removed has none. `postmaster.pid` says which segment it is.
 *
 * Simplified: Linux only; elsewhere the few bytes stay until the machine restarts.
 *
 * @module
 */
import { join } from "node:path";

function readText(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return "";
  }
}

/** Frees the segment of the data folder `data/` in the folder of a server, if there is one. */
export function freeSharedMemory(folder: string): void {
  const lines = readText(join(folder, "data", "postmaster.pid")).split("\n");
  const pid = lines[0]?.trim();
  const [, id] = (lines[6] ?? "").trim().split(/\s+/);
  // Columns: key, shmid, perms, size, cpid … The number may be another's by now; the pid that made it tells.
  const segments = readText("/proc/sysvipc/shm").split("\n").map((row) => row.trim().split(/\s+/));
  if (id === undefined || !segments.some((row) => row[1] === id && row[4] === pid)) return;
  try {
    new Deno.Command("ipcrm", { args: ["-m", id] }).outputSync();
  } catch {
    // No ipcrm: a few bytes stay.
  }
}
