/**
 * `deno task doctor`: what is here, what is missing, and how to get it; starts and stops each service once.
 *
 * It changes nothing: `deno task setup` does.
 *
 * @module
 */
import { join } from "node:path";
import { openRunFolder } from "lib/services/run_folder.ts";
import { findChromium } from "./browser.ts";
import { ROUND_TRIPS, type RoundTrip } from "./doctor/round_trips.ts";
import { ROOT } from "./select.ts";
import { isPythonReady, venvProgram } from "./setup/python.ts";
import { formatDuration, print } from "./terminal.ts";
import { parseFlags, runCommand } from "./usage.ts";

const HELP = `Tells what is here, what is missing and how to get it.

deno task doctor
  --help

The exit status is 1 when something is missing.`;

/** What is there in a few words; an error says what is missing and how to get it. */
type Check = () => Promise<string>;

async function versionOf(command: string, ...args: string[]): Promise<string> {
  const { success, stdout } = await new Deno.Command(command, { args }).output();
  if (!success) throw new Error(`${command} does not run`);
  return new TextDecoder().decode(stdout).trim().split("\n").at(-1)!;
}

/** The first Deno whose kernel can be trusted with outputs and errors. */
const MINIMUM_DENO = [2, 9, 4];

// deno-lint-ignore require-await -- as all checks
async function checkDeno(): Promise<string> {
  const { deno } = Deno.version;
  const parts = deno.split(".").map(Number);
  const difference = MINIMUM_DENO.map((part, i) => parts[i] - part).find((part) => part !== 0) ?? 0;
  if (difference >= 0) return deno;
  throw new Error(`${deno} is older than ${MINIMUM_DENO.join(".")}: npx -y deno@2.9.6 task doctor`);
}

async function checkPackages(): Promise<string> {
  const { imports } = JSON.parse(
    (await Deno.readTextFile(join(ROOT, "deno.json"))).replace(/^\s*\/\/.*$/gm, ""),
  ) as { imports: Record<string, string> };
  const names = Object.entries(imports).filter(([, target]) => target.startsWith("npm:"))
    .map(([name]) => name);
  const missing: string[] = [];
  for (const name of names) {
    await Deno.stat(join(ROOT, "node_modules", name)).catch(() => missing.push(name));
  }
  if (missing.length === 0) return `${names.length} packages`;
  throw new Error(`${missing.join(", ")} missing: deno task setup`);
}

async function checkLab(): Promise<string> {
  if (!await isPythonReady(ROOT)) throw new Error("no whole .venv/: deno task setup");
  const jupyter = await versionOf(venvProgram(ROOT, "python"), "-m", "jupyterlab", "--version");
  return `JupyterLab ${jupyter}, ${await versionOf(venvProgram(ROOT, "python"), "--version")}`;
}

async function checkBrowser(): Promise<string> {
  const path = findChromium();
  if (path !== undefined) return await versionOf(path, "--version");
  throw new Error(
    "no Chromium, Chrome or Edge: the browser test and PDF files need one: deno task setup",
  );
}

/** Times a round trip, from the start of the service to its end. */
function timed(ask: RoundTrip): Check {
  return async () => {
    const startMs = performance.now();
    const description = await ask();
    return `${description}: a round trip in ${formatDuration(performance.now() - startMs)}`;
  };
}

const CHECKS: Record<string, Check> = {
  "Deno": checkDeno,
  "npm packages": checkPackages,
  "Python environment": checkLab,
  "browser": checkBrowser,
};

const LABEL_WIDTH = 29;

/** Each way to get a thing on a line of its own. */
function layOut(text: string): string {
  return text.trimEnd().replace(/ (?=Three ways to get one:|\(\d\) )/g, "\n")
    .replaceAll("\n", `\n${" ".repeat(LABEL_WIDTH)}`);
}

/** Prints what a check says; returns whether all is well. */
async function report(name: string, check: Check): Promise<boolean> {
  const [verdict, detail] = await check().then(
    (found) => ["ok", found],
    (error: Error) => ["missing", error.message],
  );
  print(`${verdict.padEnd(9)}${name.padEnd(LABEL_WIDTH - 9)}${layOut(detail)}`);
  return verdict === "ok";
}

async function checkServices(): Promise<number> {
  await using folder = await openRunFolder();
  Deno.env.set("WORKSHOP_RUN_DIR", folder.path);
  let missing = 0;
  for (const [name, ask] of Object.entries(ROUND_TRIPS)) {
    if (!await report(name, timed(ask))) missing++;
  }
  return missing;
}

async function doctor(args: readonly string[]): Promise<number> {
  if (parseFlags(args, { help: { type: "boolean", short: "h" } }).values.help) {
    print(HELP);
    return 0;
  }
  let missing = 0;
  for (const [name, check] of Object.entries(CHECKS)) {
    if (!await report(name, check)) missing++;
  }
  missing += await checkServices();
  if (missing === 0) print("All is here, and works.");
  else print(`${missing} missing: what each line says brings it, and deno task setup brings most.`);
  return missing === 0 ? 0 : 1;
}

if (import.meta.main) Deno.exit(await runCommand(() => doctor(Deno.args)));
