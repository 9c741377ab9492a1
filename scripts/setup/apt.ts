/**
 * System packages: installed as root on Debian and Ubuntu, else named for the user to install.
 *
 * @module
 */
import type { Print } from "../setup.ts";
import { execute } from "./execute.ts";

async function readOsRelease(): Promise<string> {
  return await Deno.readTextFile("/etc/os-release").catch(() => "");
}

/** Whether this is Ubuntu, whose chromium package is a snap that containers cannot run. */
export async function isUbuntu(): Promise<boolean> {
  return /^ID=ubuntu$/m.test(await readOsRelease());
}

/** Whether we may install system packages here: as root, with apt-get. */
export async function canInstall(): Promise<boolean> {
  const isDebian = /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(await readOsRelease());
  return isDebian && Deno.uid() === 0;
}

/** Where Debian looks whether the service of a package may be started. */
const POLICY = "/usr/sbin/policy-rc.d";

/** Installs without starting services: ours are started when they are needed, on loopback. */
async function withoutServices<T>(install: () => Promise<T>): Promise<T> {
  // Should we be killed, the file that stays says no to nobody else.
  const script = `#!/bin/sh\n[ -d /proc/${Deno.pid} ] && exit 101\nexit 0\n`;
  const isOurs = await Deno.writeTextFile(POLICY, script, { createNew: true, mode: 0o755 })
    .then(() => true, () => false);
  try {
    return await install();
  } finally {
    if (isOurs) await Deno.remove(POLICY);
  }
}

/** Installs packages, naming them, and starts none of their services; returns whether that worked. */
export async function aptInstall(
  packages: readonly string[],
  print: Print,
  command = "apt-get",
): Promise<boolean> {
  const env = { ...Deno.env.toObject(), DEBIAN_FRONTEND: "noninteractive" };
  const aptGet = (...args: string[]) =>
    execute([command, "-o", "DPkg::Lock::Timeout=120", "-o", "Acquire::Retries=5", ...args], env);
  const install = () =>
    withoutServices(() => aptGet("install", "--yes", "--no-install-recommends", ...packages));
  print(`system packages: apt-get install ${packages.join(" ")}`);
  let result = await install();
  if (!result.success) {
    // A fresh container has no package lists.
    print("system packages: apt-get update");
    await aptGet("update");
    result = await install();
  }
  if (!result.success) print(result.output.trimEnd().split("\n").slice(-5).join("\n"));
  return result.success;
}
