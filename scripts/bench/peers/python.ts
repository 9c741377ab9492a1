/**
 * Peers in Python: installed into the project's `.venv/` when a benchmark first needs them.
 *
 * @module
 */
import { execute } from "../../setup/execute.ts";
import { preparePython, venvProgram } from "../../setup/python.ts";
import { print } from "../../terminal.ts";

const root = new URL("../../../", import.meta.url).pathname;

/** A Python that has SimPy; undefined, and a line that says why, where there can be none. */
export function simpy(): Promise<string | undefined> {
  return pythonWith("simpy", "4.1.2");
}

/** A Python that has this package; undefined, and a line that says why, where there can be none. */
export async function pythonWith(name: string, version: string): Promise<string | undefined> {
  const missing = await preparePython({ root, print });
  if (missing !== undefined) {
    print(`bench skipped ${name}: ${missing.reason}. ${missing.remedy}`);
    return undefined;
  }
  const python = venvProgram(root, "python");
  const check = `from importlib.metadata import version; assert version('${name}') == '${version}'`;
  const probe = [python, "-c", check];
  if ((await execute(probe, undefined)).success) return python;
  print(`bench: installing ${name} ${version} into .venv/`);
  const requirements = ["--quiet", "-r", `${root}requirements-bench.txt`];
  const installers = [
    [python, "-m", "pip", "install", "--no-deps", "--disable-pip-version-check", ...requirements],
    ["uv", "pip", "install", "--no-deps", "--python", python, ...requirements],
  ];
  for (const installer of installers) if ((await execute(installer, undefined)).success) break;
  const result = await execute(probe, undefined);
  if (result.success) return python;
  const reason = result.output.trim().split("\n").at(-1);
  print(`bench skipped ${name}: it could not be installed: ${reason}`);
  return undefined;
}
