import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { join } from "node:path";
import { aptInstall } from "../../scripts/setup/apt.ts";
import { digest } from "../../scripts/setup/digest.ts";
import { isPythonReady, preparePython, venvProgram } from "../../scripts/setup/python.ts";
import { withProjectCopy } from "./project_copy.ts";

const PATH = Deno.env.get("PATH")!;

async function hasPython(): Promise<boolean> {
  try {
    const args = ["-c", "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))"];
    return (await new Deno.Command("python3", { args }).output()).success;
  } catch {
    return false;
  }
}

const ignore = Deno.env.get("CI") === undefined && !await hasPython();

/** A project folder with these requirements; nothing is fetched from anywhere. */
async function withRequirements(
  text: string,
  body: (root: string, prepare: Prepare) => Promise<void>,
): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "python-" });
  try {
    await Deno.writeTextFile(join(root, "requirements.txt"), text);
    await body(root, async (env = { PATH, PIP_NO_INDEX: "1" }) => {
      const lines: string[] = [];
      const print = (line: string) => void lines.push(line);
      const missing = await preparePython({ root, print, env, mayInstall: false });
      return { missing, lines };
    });
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

type Prepare = (env?: Record<string, string>) => Promise<
  { missing: Awaited<ReturnType<typeof preparePython>>; lines: string[] }
>;

Deno.test({
  name:
    "preparePython() heals an interrupted .venv, does nothing the second time, follows requirements",
  ignore,
  fn: () =>
    withRequirements("# nothing\n", async (root, prepare) => {
      const litter = join(root, ".venv", "lib", "half-unpacked");
      await Deno.mkdir(litter, { recursive: true });
      await Deno.writeTextFile(join(root, ".venv", "workshop-stamp"), "unfinished");
      assertEquals(await isPythonReady(root), false);

      const first = await prepare();
      assertEquals(first.missing, undefined);
      assertMatch(
        first.lines.join("\n"),
        /not whole and is made anew\n.*making .venv\/[^]*ready after/,
      );
      assertEquals(await Deno.stat(litter).then(() => true, () => false), false);
      const { success } = await new Deno.Command(venvProgram(root, "python"), {
        args: ["--version"],
      }).output();
      assert(success);

      // It does not even look for a Python.
      const nothing = { PATH: "/no/such/folder" };
      assertEquals(await prepare(nothing), { missing: undefined, lines: [] });

      await Deno.writeTextFile(join(root, "requirements.txt"), "# other\n");
      assertEquals(await isPythonReady(root), false);
    }),
});

Deno.test({
  name: "preparePython() that fails says why, and is not taken for whole",
  ignore,
  fn: () =>
    withRequirements("no-such-package-of-ours==1.0\n", async (root, prepare) => {
      const { missing } = await prepare();
      assertEquals(missing?.need, "python");
      assertMatch(missing!.reason, /^\.venv\/ could not be made:[^]*no-such-package-of-ours/);
      assertEquals(await isPythonReady(root), false);
      assertEquals(await Deno.readTextFile(join(root, ".venv", "workshop-stamp")), "unfinished");
    }),
});

Deno.test("preparePython() without Python says how to get it, and makes nothing", () =>
  withRequirements("# nothing\n", async (root, prepare) => {
    const { missing } = await prepare({ PATH: "/no/such/folder" });
    assertEquals(missing?.reason, "no Python 3.10 or later with venv");
    assertMatch(missing!.remedy, /apt-get install python3 python3-venv.*brew install python/);
    assertEquals([...Deno.readDirSync(root)].map((entry) => entry.name), ["requirements.txt"]);
  }));

/** An apt-get that notes how it was called, and knows packages only after an update. */
async function withFakeApt(body: (command: string, log: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "apt-" });
  try {
    const [command, log] = [join(folder, "apt-get"), join(folder, "log")];
    await Deno.writeTextFile(
      command,
      `#!/bin/sh
      echo "$DEBIAN_FRONTEND $*" >> ${log}
      case "$*" in
        *" update") touch ${folder}/lists;;
        *) test -e ${folder}/lists || { echo "E: Unable to locate package"; exit 100; };;
      esac\n`,
    );
    await Deno.chmod(command, 0o755);
    await body(command, log);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test({
  name: "aptInstall() names the packages, and fetches lists where there are none",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withFakeApt(async (command, log) => {
      const lines: string[] = [];
      assertEquals(
        await aptInstall(["haproxy", "nginx"], (line) => lines.push(line), command),
        true,
      );
      assertEquals(lines, [
        "system packages: apt-get install haproxy nginx",
        "system packages: apt-get update",
      ]);
      const calls = (await Deno.readTextFile(log)).trimEnd().split("\n");
      const patient = "noninteractive -o DPkg::Lock::Timeout=120 -o Acquire::Retries=5";
      const install = `${patient} install --yes --no-install-recommends haproxy nginx`;
      assertEquals(calls, [install, `${patient} update`, install]);
    }),
});

Deno.test("aptInstall() without apt-get is a no, with what was said", async () => {
  const lines: string[] = [];
  assertEquals(await aptInstall(["x"], (line) => lines.push(line), "/no/such/apt-get"), false);
  assertMatch(lines.at(-1)!, /apt-get does not run/);
});

Deno.test("digest() changes with the version and with any file, present or not", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const file = join(folder, "file");
    const absent = await digest("1", file);
    await Deno.writeTextFile(file, "a");
    const present = await digest("1", file);
    assertEquals(await digest("1", file), present);
    assertEquals(new Set([absent, present, await digest("2", file)]).size, 3);
    await Deno.writeTextFile(file, "b");
    assertNotEquals(await digest("1", file), present);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("setup waits for another one, tells everything that is missing, and exits with 1", () =>
  withProjectCopy(async ({ root, run }) => {
    await Deno.mkdir(join(root, ".workshop"));
    const lock = await Deno.open(join(root, ".workshop", "setup.lock"), {
      create: true,
      write: true,
    });
    await lock.lock(true);
    let isLocked = true;
    const { code, text } = await run(
      "scripts/setup.ts",
      [],
      { PATH: "/no/such/folder" },
      (text) => {
        if (!isLocked || !text.includes("waiting for another one")) return;
        isLocked = false;
        lock.close();
      },
    );
    assertEquals(code, 1);
    assertMatch(text, /^set-up: waiting for another one$/m);
    assertMatch(text, /^Missing: python: no Python 3\.10 or later with venv\. Install Python/m);
    assertMatch(
      text,
      /^Missing: redis: no redis-server on the PATH, and no Python to bring one\./m,
    );
    // Elsewhere a browser needs no PATH to be found.
    if (Deno.build.os === "linux") {
      assertMatch(text, /^Missing: chromium: no Chromium, Chrome or Edge\./m);
    }
  }));

Deno.test("setup with REDIS_URL set needs no Redis here", () =>
  withProjectCopy(async ({ run }) => {
    const env = { PATH: "/no/such/folder", REDIS_URL: "redis://127.0.0.1:6379" };
    const { text } = await run("scripts/setup.ts", [], env);
    assert(!text.includes("Missing: redis"), text);
  }));
