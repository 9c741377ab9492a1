import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { chooseJava, findJava } from "../../../lib/services/java.ts";

/** A program that claims a version, as `java -version` does, on standard error. */
async function fakeJava(home: string, version: string): Promise<string> {
  await Deno.mkdir(join(home, "bin"), { recursive: true });
  const path = join(home, "bin", "java");
  await Deno.writeTextFile(path, `#!/bin/sh\necho 'openjdk version "${version}" 2025' >&2\n`);
  await Deno.chmod(path, 0o755);
  return path;
}

Deno.test({
  name: "chooseJava() takes the first that runs and is 17 or newer, JAVA_HOME before the others",
  ignore: Deno.build.os === "windows",
  async fn() {
    const folder = await Deno.makeTempDir({ prefix: "java-" });
    try {
      const old = await fakeJava(join(folder, "8"), "1.8.0_402");
      const older = await fakeJava(join(folder, "11"), "11.0.22");
      const fine = await fakeJava(join(folder, "25"), "25.0.2");
      assertEquals(findJava(join(folder, "25"))[0], { path: fine, from: "system" });
      const binaries = [join(folder, "none"), old, older, fine]
        .map((path) => ({ path, from: "PATH" as const }));
      assertEquals(await chooseJava(binaries), { path: fine, from: "PATH", version: "25.0.2" });
      assertEquals(await chooseJava(binaries.slice(0, 3)), undefined);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
