/**
 * Starts private pgbouncers in front of a PostgreSQL: one, or several that are the same.
 *
 * Each listens on a loopback port that was free a moment ago, as an unprivileged user, for it refuses to be root. Asked
 * to stop, it lets transactions finish for a while. Ready means that it takes clients in.
 *
 * @module
 */
import { join } from "node:path";
import type { Binary } from "./binaries.ts";
import { giveToServer, writeFiles } from "./folder_files.ts";
import { type Host, startOnFreePorts } from "./host.ts";
import { type PgbouncerConfig, pgbouncerFiles, readUpstream } from "./pgbouncer_config.ts";
import { takesClients } from "./postgres_ready.ts";
import { pollUntil } from "./server_process.ts";
import type { Address, Started } from "./shapes.ts";
import { chooseSystemProgram } from "./system_programs.ts";
import { runUnprivileged } from "./unprivileged.ts";

export interface PgbouncerShape extends PgbouncerConfig {
  /** Default: 1. */
  count?: number;
}

async function startOne(host: Host, program: string, config: PgbouncerConfig): Promise<Address> {
  const { user } = readUpstream(config.upstream);
  const folder = await host.newFolder("pgbouncer");
  const port = host.freePort();
  await giveToServer(folder);
  await writeFiles(folder, pgbouncerFiles(config, port));
  const spec = {
    ...runUnprivileged(program, [join(folder, "pgbouncer.ini")], folder),
    // Safe: as PAUSE and SHUTDOWN at the admin console, in every version.
    stopSignal: "SIGINT" as const,
    graceMs: 5000,
    killAtEnd: true,
  };
  const ready = (signal: AbortSignal) => pollUntil(() => takesClients(port, user), signal);
  const name = await host.start(folder, spec, ready);
  return { name, hostname: "127.0.0.1", port };
}

/** Starts pgbouncers under the host. */
export async function startPgbouncer(
  host: Host,
  { count = 1, ...config }: PgbouncerShape,
  binaries?: readonly Binary[],
): Promise<Started> {
  const { path, version, from } = await chooseSystemProgram("pgbouncer", binaries);
  const nodes: Address[] = [];
  try {
    for (let number = 1; number <= count; number++) {
      nodes.push(await startOnFreePorts(() => startOne(host, path, config)));
    }
    return { version, from, nodes };
  } catch (error) {
    await host.remove(nodes.map(({ name }) => name));
    throw error;
  }
}
