/** Tests with servers: all of a file share one run, and so its shared servers. */
import { openRunFolder, type RunFolder } from "../../../lib/services/run_folder.ts";

/** On a laptop without the service its tests are shown as ignored; in CI they fail. */
export function isLaptopWithout(isThere: boolean): boolean {
  return (!isThere && Deno.env.get("CI") === undefined) || Deno.build.os === "windows";
}

/** Registers tests that run within one run folder. */
export function withinOneRun(
  options: { isThere: boolean },
): (name: string, fn: () => Promise<void>) => void {
  const ignore = isLaptopWithout(options.isThere);
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

/** A port that nobody listens on. */
export function closedPort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

export function sleep(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}

/** Asks until the answer is yes, for at most a minute. */
export async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (const endMs = performance.now() + 60_000; !await isSo();) {
    if (performance.now() > endMs) {
      throw new Error(`Cannot wait longer: ${what} must come true within 60 s`);
    }
    await sleep(20);
  }
}
