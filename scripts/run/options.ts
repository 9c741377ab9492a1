/**
 * What `deno task run` understands.
 *
 * @module
 */
import { join, resolve } from "node:path";
import { parse as parseYaml } from "yaml";
import { ROOT } from "../select.ts";
import {
  callingFolder,
  type CommandLine,
  parseFlags,
  positiveInteger,
  UsageError,
} from "../usage.ts";

export const HELP = `Runs notebooks in the real kernel, all of them when none is named.

deno task run [01 week-08 path/to/any.ipynb …]
  --set name=value       change an assumption: --set heartbeat=5s
  -p name value          the same, as papermill has it
  -f file.yaml           assumptions from a file; -p wins over it, --set over both
  --sweep name=a,b,c     run once per value, and lay the key results side by side
  --out DIR              where results go (default: out)
  --jobs N               notebooks at the same time (default: one a core)
  --timeout S            limit for one cell, in seconds (default: 120)
  --help

Exit status: 0 all ran, 1 a notebook failed, 2 wrong usage (nothing ran).`;

export interface Sweep {
  name: string;
  values: string[];
}

export interface Limits {
  /** Notebooks at the same time. */
  jobs: number;
  /** Limit for one cell, in milliseconds. */
  timeoutMs: number;
}

export interface RunOptions extends Limits {
  help: boolean;
  selectors: string[];
  /** Assumptions to change, as text: name to value. */
  overrides: Record<string, string>;
  sweep?: Sweep;
  outDir: string;
}

function splitPair(flag: string, pair: string): [string, string] {
  const at = pair.indexOf("=");
  const [name, value] = [pair.slice(0, at).trim(), pair.slice(at + 1).trim()];
  if (at < 1 || name === "" || value === "") {
    throw new UsageError(`Cannot read arguments: ${flag} must be name=value: received ${pair}`);
  }
  return [name, value];
}

/** A file of `name: value` lines; values are kept as they are written. */
async function readOverrides(path: string): Promise<Record<string, string>> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    throw new UsageError(`Cannot read assumptions from ${path}: ${(error as Error).message}`);
  }
  let parsed: unknown;
  try {
    // In the failsafe schema every value stays text, so 1e3 and 007 arrive as written.
    parsed = parseYaml(text, { schema: "failsafe" });
  } catch (error) {
    const [reason] = (error as Error).message.split("\n");
    throw new UsageError(`Cannot read assumptions from ${path}: it must be YAML: ${reason}`);
  }
  const isMapping = typeof parsed === "object" && parsed !== null && !Array.isArray(parsed);
  const entries = isMapping ? Object.entries(parsed as object) : [];
  if (entries.length === 0 || entries.some(([, value]) => typeof value !== "string")) {
    throw new UsageError(
      `Cannot read assumptions from ${path}: each line must be "name: value": ` +
        `received ${text.trim().split("\n")[0] || "an empty file"}`,
    );
  }
  return Object.fromEntries(entries);
}

function parseSweep(text: string | undefined, overrides: Record<string, string>) {
  if (text === undefined) return undefined;
  const [name, list] = splitPair("--sweep", text);
  const values = list.split(",").map((value) => value.trim());
  if (values.includes("") || new Set(values).size < values.length || values.length < 2) {
    throw new UsageError(
      `Cannot read arguments: --sweep must list two or more different values: received ${text}`,
    );
  }
  if (name in overrides) {
    throw new UsageError(
      `Cannot read arguments: ${name} must be either set or swept: received both`,
    );
  }
  return { name, values };
}

/** The flags of every command that runs notebooks. */
export const LIMIT_FLAGS = {
  jobs: { type: "string" },
  timeout: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

/** Reads `--jobs` and `--timeout`. */
export function parseLimits({ jobs, timeout = "120" }: CommandLine["values"]): Limits {
  const seconds = Number(timeout);
  if (!(seconds > 0 && seconds <= 86_400)) {
    throw new UsageError(
      `Cannot read arguments: --timeout must be seconds above 0, at most 86400: received ${timeout}`,
    );
  }
  return {
    jobs: positiveInteger("jobs", `${jobs ?? navigator.hardwareConcurrency}`),
    timeoutMs: seconds * 1000,
  };
}

async function collectOverrides(values: CommandLine["values"], cwd: string) {
  const list = (name: string) => (values[name] ?? []) as string[];
  const overrides: Record<string, string> = {};
  for (const path of list("file")) {
    Object.assign(overrides, await readOverrides(resolve(cwd, path)));
  }
  for (const flag of ["parameter", "set"]) {
    for (const pair of list(flag)) {
      const [name, value] = splitPair(flag === "set" ? "--set" : "-p", pair);
      overrides[name] = value;
    }
  }
  return overrides;
}

/** @throws {UsageError} when an argument cannot be understood */
export async function parseRunOptions(
  args: readonly string[],
  cwd: string = callingFolder(),
): Promise<RunOptions> {
  const { values, positionals } = parseFlags(args, {
    set: { type: "string", multiple: true },
    parameter: { type: "string", short: "p", multiple: true },
    file: { type: "string", short: "f", multiple: true },
    sweep: { type: "string", multiple: true },
    out: { type: "string" },
    ...LIMIT_FLAGS,
  });
  const sweeps = (values.sweep ?? []) as string[];
  if (sweeps.length > 1) {
    throw new UsageError(
      `Cannot read arguments: --sweep must be given once: received ${sweeps.join(" and ")}. ` +
        "Fix the others with --set",
    );
  }
  const overrides = await collectOverrides(values, cwd);
  return {
    help: values.help === true,
    selectors: positionals,
    overrides,
    sweep: parseSweep(sweeps[0], overrides),
    outDir: values.out === undefined ? join(ROOT, "out") : resolve(cwd, `${values.out}`),
    ...parseLimits(values),
  };
}
