/**
 * Starts private etcd servers: one, or the members of a cluster.
 *
 * Each member keeps its data in its own folder, forced to disk as etcd has it, and listens on loopback ports that were
 * free a moment ago, for clients and for the other members; when another process took one meanwhile, the start is
 * tried again with others. Ready means that the member knows a leader; a member that is started again need only answer,
 * for the others may be down.
 *
 * @module
 */
import { join } from "node:path";
import type { Binary } from "./binaries.ts";
import { giveToServer } from "./folder_files.ts";
import { type Host, startOnFreePorts } from "./host.ts";
import { pollUntil } from "./server_process.ts";
import type { Address, Started } from "./shapes.ts";
import { chooseSystemProgram } from "./system_programs.ts";
import { runUnprivileged } from "./unprivileged.ts";

/** Flags of etcd without their dashes, for example `{ "election-timeout": "200" }`. */
export type EtcdConfig = Readonly<Record<string, string>>;

export interface EtcdShape {
  /** Default: 1. */
  members?: number;
  config?: EtcdConfig;
}

interface Member {
  name: string;
  folder: string;
  port: number;
  peerUrl: string;
}

function argumentsOf(member: Member, all: readonly Member[], config: EtcdConfig): string[] {
  const clientUrl = `http://127.0.0.1:${member.port}`;
  const flags: EtcdConfig = {
    name: member.name,
    "data-dir": join(member.folder, "data"),
    "listen-client-urls": clientUrl,
    "advertise-client-urls": clientUrl,
    "listen-peer-urls": member.peerUrl,
    "initial-advertise-peer-urls": member.peerUrl,
    "initial-cluster": all.map(({ name, peerUrl }) => `${name}=${peerUrl}`).join(","),
    // Clusters of this machine do not take each other's members for their own.
    "initial-cluster-token": all[0].folder,
    "log-level": "warn",
    logger: "zap",
    ...config,
  };
  return Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
}

async function fetchText(url: string): Promise<string> {
  using client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
  try {
    const response = await fetch(url, { client, signal: AbortSignal.timeout(1000) });
    return await response.text();
  } catch {
    return "";
  }
}

async function startCluster(
  host: Host,
  program: string,
  { members: count = 1, config = {} }: EtcdShape,
): Promise<Address[]> {
  const members: Member[] = [];
  for (let number = 1; number <= count; number++) {
    const folder = await host.newFolder("etcd");
    await giveToServer(folder);
    const peerUrl = `http://127.0.0.1:${host.freePort()}`;
    members.push({ name: `member-${number}`, folder, port: host.freePort(), peerUrl });
  }
  let isFormed = false;
  const start = async (member: Member) => {
    const { folder, port } = member;
    const args = argumentsOf(member, members, config);
    const spec = { ...runUnprivileged(program, args, folder), graceMs: 5000, killAtEnd: true };
    const isReady = async () =>
      isFormed
        ? (await fetchText(`http://127.0.0.1:${port}/version`)).includes("etcdserver")
        : (await fetchText(`http://127.0.0.1:${port}/health`)).includes('"true"');
    const name = await host.start(folder, spec, (signal) => pollUntil(isReady, signal));
    return { name, hostname: "127.0.0.1", port };
  };
  const addresses = await host.startTogether(members, start);
  isFormed = true;
  return addresses;
}

/** Starts the members of a cluster under the host. */
export async function startEtcd(
  host: Host,
  shape: EtcdShape = {},
  binaries?: readonly Binary[],
): Promise<Started> {
  const { path, version, from } = await chooseSystemProgram("etcd", binaries);
  return { version, from, nodes: await startOnFreePorts(() => startCluster(host, path, shape)) };
}
