/**
 * Finds the processes that a test has started, and they: the environment is handed down.
 *
 * @module
 */

/** Command lines of the processes that have a setting in their environment; on Linux only, elsewhere none. */
export function processesWith(setting: string): string[] {
  if (Deno.build.os !== "linux") return [];
  const found: string[] = [];
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name) || Number(name) === Deno.pid) continue;
    try {
      const environment = Deno.readTextFileSync(`/proc/${name}/environ`).split("\0");
      if (environment.includes(setting)) {
        found.push(Deno.readTextFileSync(`/proc/${name}/cmdline`).replaceAll("\0", " "));
      }
    } catch {
      // It ended meanwhile, or is not ours.
    }
  }
  return found;
}
