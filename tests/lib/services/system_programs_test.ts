import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { join } from "node:path";
import type { Binary } from "../../../lib/services/binaries.ts";
import {
  chooseSystemProgram,
  findSystemProgram,
  SYSTEM_PROGRAMS,
  type SystemProgram,
} from "../../../lib/services/system_programs.ts";
import { withFolder } from "../../with_folder.ts";

/** A program that says what we want it to say of its version. */
async function fakeProgram(folder: string, name: string, says: string): Promise<Binary> {
  const path = join(folder, name);
  await Deno.writeTextFile(path, `#!/bin/sh\necho "${says}" >&2\n`);
  await Deno.chmod(path, 0o755);
  return { path, from: "PATH" };
}

const ignore = Deno.build.os === "windows";

Deno.test({
  name: "findSystemProgram() takes the PATH before the places of system packages",
  ignore,
  fn: () =>
    withFolder(async (folder) => {
      const [bin, sbin] = [join(folder, "bin"), join(folder, "sbin")];
      for (const place of [bin, sbin]) {
        await Deno.mkdir(place);
        await fakeProgram(place, "server", "1.0");
      }
      assertEquals(findSystemProgram("server", bin, [sbin, bin]), [
        { path: join(bin, "server"), from: "PATH" },
        { path: join(sbin, "server"), from: "system" },
      ]);
      assertEquals(findSystemProgram("server", "", []), []);
    }),
});

Deno.test({
  name: "chooseSystemProgram() passes over one that is too old, and says the three ways",
  ignore,
  fn: () =>
    withFolder(async (folder) => {
      const old = await fakeProgram(folder, "old", "PgBouncer 1.12.0");
      const fine = await fakeProgram(folder, "fine", "PgBouncer 1.21.0\nlibevent 2.1.12");
      const broken: Binary = { path: join(folder, "none"), from: "PATH" };
      assertEquals(await chooseSystemProgram("pgbouncer", [broken, old, fine]), {
        ...fine,
        version: "1.21.0",
      });
      const error = await assertRejects(
        () => chooseSystemProgram("pgbouncer", [broken, old]),
        Error,
        `Cannot start pgbouncer: pgbouncer must be 1.16 or newer: received unknown at ${broken.path}, ` +
          `1.12.0 at ${old.path}. Three ways to get one: (1)`,
      );
      assertMatch(error.message, /first on the PATH.*apt-get install pgbouncer.*task setup/);
    }),
});

Deno.test("chooseSystemProgram() says of each program that is missing how to get it", async () => {
  for (const name of Object.keys(SYSTEM_PROGRAMS) as SystemProgram[]) {
    const error = await assertRejects(() => chooseSystemProgram(name, []), Error);
    assertMatch(error.message, /received none on the PATH, none of the system's packages/);
    assertMatch(error.message, /\(1\).*\(2\).*apt-get install.*brew install.*\(3\).*task setup/);
  }
});
