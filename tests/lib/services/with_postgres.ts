/**
 * Tests with PostgreSQL: all of a file share one run, and so its shared server.
 *
 * On a laptop without PostgreSQL they are shown as ignored; in CI they fail.
 */
import { findPostgres } from "../../../lib/services/postgres_binaries.ts";
import { openRunFolder, type RunFolder } from "../../../lib/services/run_folder.ts";

export const ignore = (findPostgres().length === 0 && Deno.env.get("CI") === undefined) ||
  Deno.build.os === "windows";

/** Registers tests that run within one run folder. */
export function withinOneRun(): (name: string, fn: () => Promise<void>) => void {
  let run: RunFolder | undefined;
  let before: string | undefined;
  Deno.test.beforeAll(async () => {
    before = Deno.env.get("WORKSHOP_RUN_DIR");
    run = await openRunFolder();
    Deno.env.set("WORKSHOP_RUN_DIR", run.path);
  });
  Deno.test.afterAll(async () => {
    await run?.close();
    if (before === undefined) Deno.env.delete("WORKSHOP_RUN_DIR");
    else Deno.env.set("WORKSHOP_RUN_DIR", before);
  });
  return (name, fn) => Deno.test({ name, ignore, fn });
}

/** Asks until the answer is yes, for at most 10 s. */
export async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (await isSo()) return;
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error(`Cannot wait longer: ${what} must come true within 10 s`);
}
