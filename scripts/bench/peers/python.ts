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
export async function simpy(): Promise<string | undefined> {
  const missing = await preparePython({ root, print });
  if (missing !== undefined) {
    print(`bench skipped SimPy: ${missing.reason}. ${missing.remedy}`);
    return undefined;
  }
  const python = venvProgram(root, "python");
  const probe = [python, "-c", "import simpy; assert simpy.__version__ == '4.1.2'"];
  if ((await execute(probe, undefined)).success) return python;
  print("bench: installing SimPy 4.1.2 into .venv/");
  const requirements = ["--quiet", "-r", `${root}requirements-bench.txt`];
  const installers = [
    [python, "-m", "pip", "install", "--no-deps", "--disable-pip-version-check", ...requirements],
    ["uv", "pip", "install", "--no-deps", "--python", python, ...requirements],
  ];
  for (const installer of installers) if ((await execute(installer, undefined)).success) break;
  const result = await execute(probe, undefined);
  if (result.success) return python;
  print(
    `bench skipped SimPy: it could not be installed: ${result.output.trim().split("\n").at(-1)}`,
  );
  return undefined;
}
