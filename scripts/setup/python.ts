/**
 * The project's own Python environment `.venv/`, with exactly what `requirements.txt` names.
 *
 * Made by uv where that is installed, else by `python3 -m venv` and pip. A marker inside says what it was made from:
 * one that was interrupted is made anew; one that somebody else made is kept and filled.
 *
 * @module
 */
import { join } from "node:path";
import type { Missing, Print } from "../setup.ts";
import { formatDuration } from "../terminal.ts";
import { aptInstall, canInstall } from "./apt.ts";
import { digest } from "./digest.ts";
import { execute, type Result } from "./execute.ts";

export interface PythonOptions {
  /** The folder with `requirements.txt`, that gets `.venv/`. */
  root: string;
  print: Print;
  /** The environment of the programs that are run. Default: ours. */
  env?: Record<string, string>;
  /** Install Python itself where that is allowed. Default: true. */
  mayInstall?: boolean;
}

const UNFINISHED = "unfinished";
const PAUSES_MS = [5_000, 20_000];
/** What pip says when the index, or the way to it, failed. */
const HICCUP =
  /timed? ?out|connection|incomplete|hashes? .*not match|\b5\d\d (server|service|bad|gateway|internal)/i;
const REMEDY =
  "Install Python 3.10 or later with venv (Debian, Ubuntu: `sudo apt-get install python3 " +
  "python3-venv`; macOS: `brew install python`; others: python.org), or uv; then try again";

/** A program of the environment. */
export function venvProgram(root: string, name: string): string {
  return Deno.build.os === "windows"
    ? join(root, ".venv", "Scripts", `${name}.exe`)
    : join(root, ".venv", "bin", name);
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

function markerOf(root: string): string {
  return join(root, ".venv", "workshop-stamp");
}

async function keyOf(root: string): Promise<string> {
  return await digest("1", join(root, "requirements.txt"));
}

/** Whether `.venv/` is whole and made from today's `requirements.txt`. */
export async function isPythonReady(root: string): Promise<boolean> {
  const marker = await Deno.readTextFile(markerOf(root)).catch(() => "");
  return marker === await keyOf(root) && await exists(venvProgram(root, "python"));
}

/** A Python that can make environments, the first of the usual names. */
async function findPython(env: PythonOptions["env"]): Promise<string | undefined> {
  const probe = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))";
  const names = ["python3", "python", "python3.13", "python3.12", "python3.11", "python3.10"];
  for (const name of [...names, "python3.14"]) {
    if ((await execute([name, "-c", probe], env)).success) return name;
  }
  return undefined;
}

async function makeWithUv({ root, env }: PythonOptions): Promise<Result> {
  const venv = join(root, ".venv");
  const flags = ["--quiet", "--allow-existing", "--python", ">=3.10,<3.14"];
  const made = await execute(["uv", "venv", ...flags, venv], env);
  if (!made.success) return made;
  const python = venvProgram(root, "python");
  const requirements = join(root, "requirements.txt");
  return await execute(["uv", "pip", "install", "--python", python, "-r", requirements], env);
}

async function makeWithPip(python: string, { root, env, print }: PythonOptions): Promise<Result> {
  const made = await execute([python, "-m", "venv", join(root, ".venv")], env);
  if (!made.success) return made;
  let collected = 0;
  const count = (line: string) => {
    if (/^(Collecting|Requirement already)/.test(line) && ++collected % 25 === 0) {
      print(`Python environment: ${collected} packages fetched`);
    }
    if (line.startsWith("Installing collected")) print("Python environment: unpacking");
  };
  // The file names all packages, so that pip has nothing to resolve; modules are compiled when they are first used.
  const flags = [
    "--no-deps",
    "--no-compile",
    "--no-user",
    "--disable-pip-version-check",
    "--progress-bar",
    "off",
    "-r",
    join(root, "requirements.txt"),
  ];
  const install = [venvProgram(root, "python"), "-m", "pip", "install", ...flags];
  let result = await execute(install, env, count);
  // Of itself pip asks again, but not for the rest of a download that was cut.
  for (const pauseMs of PAUSES_MS) {
    if (result.success || !HICCUP.test(result.output)) break;
    print("Python environment: the package index failed, and is asked again");
    await new Promise((done) => setTimeout(done, pauseMs));
    result = await execute(install, env, count);
  }
  return result;
}

/** Makes the environment if need be; tells what is missing when that cannot be. */
export async function preparePython(options: PythonOptions): Promise<Missing | undefined> {
  const { root, print, env, mayInstall = true } = options;
  if (await isPythonReady(root)) return undefined;
  const startMs = performance.now();
  const venv = join(root, ".venv");
  const isUnfinished = await Deno.readTextFile(markerOf(root)).catch(() => "") === UNFINISHED;
  const isBroken = await exists(venv) && !await exists(venvProgram(root, "python"));
  if (isUnfinished || isBroken) {
    print("Python environment: .venv/ is not whole and is made anew");
    await Deno.remove(venv, { recursive: true });
  }
  const hasUv = (await execute(["uv", "--version"], env)).success;
  let python = await findPython(env);
  if (python === undefined && !hasUv && mayInstall && await canInstall()) {
    await aptInstall(["python3", "python3-venv"], print);
    python = await findPython(env);
  }
  if (python === undefined && !hasUv) {
    return { need: "python", reason: "no Python 3.10 or later with venv", remedy: REMEDY };
  }
  await Deno.mkdir(venv, { recursive: true });
  await Deno.writeTextFile(markerOf(root), UNFINISHED);
  print(`Python environment: making .venv/ with ${hasUv ? "uv" : `${python} and pip`}`);
  let result: Result = { success: false, output: "" };
  if (hasUv) result = await makeWithUv(options);
  if (!result.success && python !== undefined) result = await makeWithPip(python, options);
  if (!result.success) {
    const tail = result.output.trimEnd().split("\n").slice(-5).join("\n");
    return {
      need: "python",
      reason: `.venv/ could not be made:\n${tail}`,
      remedy: "When what it says is mended, try again: what is there is made anew",
    };
  }
  await Deno.writeTextFile(markerOf(root), await keyOf(root));
  print(`Python environment: ready after ${formatDuration(performance.now() - startMs)}`);
  return undefined;
}
