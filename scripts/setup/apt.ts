/**
 * System packages: installed as root on Debian and Ubuntu, else named for the user to install.
 *
 * @module
 */
import type { Print } from "../setup.ts";

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

async function aptGet(...args: string[]): Promise<{ success: boolean; output: string }> {
  const { success, stdout, stderr } = await new Deno.Command("apt-get", {
    args: ["-o", "DPkg::Lock::Timeout=120", ...args],
    env: { DEBIAN_FRONTEND: "noninteractive" },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return { success, output: decoder.decode(stdout) + decoder.decode(stderr) };
}

/** Installs packages, naming them; returns whether that worked. */
export async function aptInstall(packages: readonly string[], print: Print): Promise<boolean> {
  print(`system packages: apt-get install ${packages.join(" ")}`);
  const install = () => aptGet("install", "--yes", "--no-install-recommends", ...packages);
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
