/**
 * Starts the servers that stand in front of processes of ours, and whose configuration a notebook writes: HAProxy, nginx.
 *
 * The program's own checker reads the configuration first. The server runs as an unprivileged user; the files of its
 * folder are named without a path in its configuration. Ready means that it answers at a port that we add.
 *
 * @module
 */
import { join } from "node:path";
import type { Binary } from "./binaries.ts";
import { type Files, giveToServer, writeFiles } from "./folder_files.ts";
import type { Host } from "./host.ts";
import { pollUntil } from "./server_process.ts";
import type { Started } from "./shapes.ts";
import { chooseSystemProgram } from "./system_programs.ts";
import { exchange } from "./tcp_exchange.ts";
import { runUnprivileged } from "./unprivileged.ts";

export type FrontProgram = "haproxy" | "nginx";

export interface FrontShape {
  /** The configuration, and what it names. */
  files: Files;
  /** Where clients connect. */
  port: number;
  /** Where the server tells of itself. */
  statusPort: number;
}

interface Usage {
  /** As readers know it. */
  title: string;
  config: string;
  run(config: string, folder: string): string[];
  check(config: string, folder: string): string[];
  /** What its status port is asked, and what is part of the answer. */
  ask: string;
  answer: string;
  reloadSignal: Deno.Signal;
  stopSignal?: Deno.Signal;
}

export const FRONTS: Record<FrontProgram, Usage> = {
  haproxy: {
    title: "HAProxy",
    config: "haproxy.cfg",
    // A master that stays in front, and a worker that a reload replaces.
    run: (config) => ["-W", "-db", "-f", config],
    check: (config) => ["-c", "-f", config],
    ask: "show info\n",
    answer: "Uptime_sec",
    reloadSignal: "SIGUSR2",
  },
  nginx: {
    title: "nginx",
    config: "nginx.conf",
    run: (config, folder) => ["-p", `${folder}/`, "-c", config],
    check: (config, folder) => ["-t", "-q", "-p", `${folder}/`, "-c", config],
    ask: "GET /generation HTTP/1.0\r\n\r\n",
    answer: " 200 OK",
    reloadSignal: "SIGHUP",
    // It serves what it has begun to serve.
    stopSignal: "SIGQUIT",
  },
};

/** Starts one server under the host. */
export async function startFront(
  host: Host,
  program: FrontProgram,
  { files, port, statusPort }: FrontShape,
  binaries?: readonly Binary[],
): Promise<Started> {
  const { path, version, from } = await chooseSystemProgram(program, binaries);
  const usage = FRONTS[program];
  const folder = await host.newFolder(program);
  await giveToServer(folder);
  await writeFiles(folder, files);
  const config = join(folder, usage.config);
  const spec = {
    ...runUnprivileged(path, usage.run(config, folder), folder),
    check: runUnprivileged(path, usage.check(config, folder), folder),
    reloadSignal: usage.reloadSignal,
    stopSignal: usage.stopSignal,
    graceMs: 5000,
    killAtEnd: true,
  };
  const isReady = () =>
    exchange(statusPort, usage.ask).then((text) => text.includes(usage.answer), () => false);
  const name = await host.start(folder, spec, (signal) => pollUntil(isReady, signal));
  return { version, from, nodes: [{ name, hostname: "127.0.0.1", port }] };
}
