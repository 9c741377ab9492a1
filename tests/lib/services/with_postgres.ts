/**
 * Tests with PostgreSQL: all of a file share one run, and so its shared server.
 *
 * On a laptop without PostgreSQL they are shown as ignored; in CI they fail.
 */
import { findPostgres } from "../../../lib/services/postgres_binaries.ts";
export { until } from "./one_run.ts";
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
