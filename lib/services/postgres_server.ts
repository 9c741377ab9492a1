/**
 * Starts private PostgreSQL servers: one, a primary with streaming replicas, or several that know nothing of another.
 *
 * Each has a copy of the same empty data folder (`postgres_template.ts`), listens on a loopback port that was free a
 * moment ago, and has no Unix socket. Settings are PostgreSQL's defaults, so what it acknowledges is on disk. A replica
 * needs no base backup: it starts from the copy and streams everything that its primary ever wrote. Ready means that
 * it takes clients in.
 *
 * @module
 */
import { join } from "node:path";
import type { Binary } from "./binaries.ts";
import { type Host, startOnFreePorts } from "./host.ts";
import { choosePostgres, findPostgres, type PostgresPrograms } from "./postgres_binaries.ts";
import { takesClients } from "./postgres_ready.ts";
import { copyTemplate, type PostgresTemplate, postgresTemplate } from "./postgres_template.ts";
import { pollUntil } from "./server_process.ts";
import type { Address, Started } from "./shapes.ts";
import { runUnprivileged } from "./unprivileged.ts";

/** Settings of postgresql.conf, for example `{ max_connections: "20" }`. */
export type PostgresConfig = Readonly<Record<string, string>>;

export interface PostgresShape {
  /** Streaming replicas of the first server. */
  replicas?: number;
  /** Servers that know nothing of another, in place of one. */
  shards?: number;
  config?: PostgresConfig;
}

export function formatPostgresConfig(config: PostgresConfig): string {
  return Object.entries(config)
    .map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'\n`).join("");
}

/** Whether the server answers; asked only once it says so itself, since it logs every client that comes too early. */
async function isReady(data: string, port: number): Promise<boolean> {
  const status = await Deno.readTextFile(join(data, "postmaster.pid")).catch(() => "");
  return status.includes("\nready") && await takesClients(port);
}

/** What differs between the servers of a shape. */
type Role = { config: PostgresConfig; isReplica: boolean };

async function startOne(
  host: Host,
  programs: PostgresPrograms,
  template: PostgresTemplate,
  { config, isReplica }: Role,
): Promise<Address> {
  const folder = await host.newFolder("postgres");
  const port = host.freePort();
  const data = join(folder, "data");
  await copyTemplate(template, data);
  const text = formatPostgresConfig({
    listen_addresses: "127.0.0.1",
    port: String(port),
    unix_socket_directories: "",
    // In files of the data folder, so that it goes with it.
    dynamic_shared_memory_type: "mmap",
    timezone: "UTC",
    log_timezone: "UTC",
    ...config,
  });
  await Deno.writeTextFile(join(data, "postgresql.conf"), text);
  if (isReplica) await Deno.writeTextFile(join(data, "standby.signal"), "");
  const spec = {
    ...runUnprivileged(programs.postgres, ["-D", data], folder),
    env: { LC_ALL: "C" },
    // Fast: it does not wait for its clients to leave.
    stopSignal: "SIGINT" as const,
    // A last checkpoint, on a disk that may be slow.
    graceMs: 30_000,
    killAtEnd: true,
  };
  const ready = (signal: AbortSignal) => pollUntil(() => isReady(data, port), signal);
  const name = await host.start(folder, spec, ready);
  return { name, hostname: "127.0.0.1", port };
}

/** Starts the servers of a shape under the host, shards side by side, a primary before its replicas. */
export async function startPostgres(
  host: Host,
  { replicas = 0, shards = 1, config = {} }: PostgresShape = {},
  binaries: readonly Binary[] = findPostgres(),
): Promise<Started> {
  const programs = await choosePostgres(binaries);
  const template = await postgresTemplate(programs);
  const nodes: Address[] = [];
  const start = async (roles: Role[]) => {
    const started = await Promise.allSettled(
      roles.map((role) => startOnFreePorts(() => startOne(host, programs, template, role))),
    );
    for (const result of started) if (result.status === "fulfilled") nodes.push(result.value);
    for (const result of started) if (result.status === "rejected") throw result.reason;
  };
  // What a replica that was away for a while still needs.
  const primary = replicas > 0 ? { wal_keep_size: "512MB", ...config } : config;
  const replica = (number: number) => {
    const primary_conninfo = `host=127.0.0.1 port=${nodes[0].port} user=postgres ` +
      `password=${template.password} application_name=replica_${number}`;
    return {
      config: { ...primary, primary_conninfo, wal_retrieve_retry_interval: "200ms" },
      isReplica: true,
    };
  };
  try {
    await start(Array.from({ length: shards }, () => ({ config: primary, isReplica: false })));
    await start(Array.from({ length: replicas }, (_, i) => replica(i + 1)));
    const { version, from } = programs;
    return { version, from, nodes, password: template.password };
  } catch (error) {
    await host.remove(nodes.map((node) => node.name));
    throw error;
  }
}
