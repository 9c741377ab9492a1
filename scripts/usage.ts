/**
 * Reads command lines: flags, positional arguments, and errors that name the nearest right word.
 *
 * `node:util` does the parsing; this adds `-p name value` as papermill has it, a message with a way out, and the
 * exit statuses that all our commands share: 0 fine, 1 something that was run failed, 2 wrong usage.
 *
 * @example
 * ```ts
 * import { parseFlags } from "./usage.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const { values, positionals } = parseFlags(["01", "--jobs", "2"], { jobs: { type: "string" } });
 * assertEquals([values.jobs, positionals], ["2", ["01"]]);
 * ```
 *
 * @module
 */
import { nearest } from "lib/estimate/nearest.ts";
import { parseArgs } from "node:util";
import { printError } from "./terminal.ts";

/** Wrong usage: the command stops before it does anything, with status 2. */
export class UsageError extends Error {
  override name = "UsageError";
}

export interface Flag {
  type: "string" | "boolean";
  short?: string;
  /** May be given more than once. */
  multiple?: boolean;
}

export interface CommandLine {
  values: Record<string, string | boolean | (string | boolean)[] | undefined>;
  positionals: string[];
}

/** `-p name value` becomes `-p name=value`, which `node:util` can read. */
function joinPairs(args: readonly string[]): string[] {
  const joined: string[] = [];
  for (let i = 0; i < args.length; i++) {
    if (args[i] !== "-p") {
      joined.push(args[i]);
    } else if (i + 2 < args.length) {
      joined.push("-p", `${args[i + 1]}=${args[i + 2]}`);
      i += 2;
    } else {
      throw new UsageError("Cannot read arguments: -p must be followed by a name and a value");
    }
  }
  return joined;
}

/** @throws {UsageError} for a flag that does not exist, or one without its value */
export function parseFlags(args: readonly string[], flags: Record<string, Flag>): CommandLine {
  try {
    const { values, positionals } = parseArgs({
      args: joinPairs(args),
      options: flags,
      allowPositionals: true,
    });
    return { values: { ...values }, positionals };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const { message } = error as Error;
    const names = Object.keys(flags).map((name) => `--${name}`);
    const unknown = message.match(/Unknown option '(-[^']*)'/)?.[1];
    if (unknown === undefined) {
      throw new UsageError(`Cannot read arguments: ${message.split("\n")[0]}`);
    }
    const near = nearest(unknown, names);
    throw new UsageError(
      `Cannot read arguments: a flag must be one of ${names.join(" ")}: received ${unknown}` +
        (near.length > 0 ? `. Did you mean ${near[0]}?` : ""),
    );
  }
}

/** A whole number above zero, from a flag. */
export function positiveInteger(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) {
    throw new UsageError(
      `Cannot read arguments: --${name} must be a whole number above 0: received ${text}`,
    );
  }
  return value;
}

/** The folder that the user called from: `deno task` itself moves to that of `deno.json`. */
export function callingFolder(): string {
  return Deno.env.get("INIT_CWD") ?? Deno.cwd();
}

/** Runs a command; its exit status, 2 with a message for wrong usage. */
export async function runCommand(command: () => Promise<number>): Promise<number> {
  try {
    return await command();
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    printError(error.message);
    return 2;
  }
}
