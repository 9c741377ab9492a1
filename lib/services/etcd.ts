/**
 * An etcd for a notebook: yours by `ETCD_ENDPOINTS`, else a private one that ends with the run.
 *
 * One private server is shared by the notebooks of a run, each under a key prefix of its own, which is removed from an etcd
 * that is yours. The members of a cluster are always the notebook's own, which may stop, kill and pause them. The client
 * speaks to etcd's HTTP/JSON gateway (`etcd_client.ts`).
 *
 * @example
 * ```ts
 * import { etcd } from "./etcd.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await using store = await etcd();
 * await store.client.put("greeting", "hello");
 * assertEquals((await store.client.get("greeting"))?.value, "hello");
 * ```
 *
 * @module
 */
import { acquire, type Acquired, type ServiceNode } from "./acquire.ts";
import { EtcdClient, type EtcdClientOptions } from "./etcd_client.ts";
import type { EtcdConfig } from "./etcd_server.ts";
import { FaultProxy } from "./fault_proxy.ts";
import { notebookName, withoutPassword } from "./namespace.ts";
import { originOf, SYSTEM_PROGRAMS, waysToGet } from "./system_programs.ts";
import { isAtLeast } from "./version.ts";

export interface EtcdRequest {
  /** Addresses of members of yours, with commas between. Default: `ETCD_ENDPOINTS`. */
  endpoints?: string;
  /** Private members that form a cluster; more than one are own. Default: 1. */
  members?: number;
  /** A private server for this notebook alone, that it may stop, kill and pause. */
  own?: boolean;
  /** Flags of private members, for example `{ "election-timeout": "200", "heartbeat-interval": "20" }`. */
  config?: EtcdConfig;
  /** Put a fault proxy between the clients and each member. */
  proxy?: boolean;
}

export interface EtcdNode extends ServiceNode {
  /** Where clients connect; behind the proxy where there is one. */
  readonly endpoint: string;
  readonly proxy?: FaultProxy;
}

/** An etcd and its client. */
export interface EtcdService extends AsyncDisposable {
  readonly client: EtcdClient;
  readonly endpoints: readonly string[];
  readonly version: string;
  /** How the servers were found. */
  readonly from: "ETCD_ENDPOINTS" | "PATH" | "system";
  /** For the reader: version and origin. */
  readonly description: string;
  /** Put before every key by the client. */
  readonly prefix: string;
  /** The members, where they are this notebook's own. */
  readonly nodes: readonly EtcdNode[];
  readonly proxies: readonly FaultProxy[];
  /** The member that leads, of those that are own; waits for an election, for at most 30 s. */
  leader(): Promise<EtcdNode>;
  /** A further client, closed with the service. */
  connect(options?: EtcdClientOptions): EtcdClient;
  /** Closes all clients and gives the servers back. */
  close(): Promise<void>;
}

interface Found {
  endpoints: string[];
  version: string;
  from: EtcdService["from"];
  acquired?: Acquired;
}

/** Asks members of the user's for their version. */
async function findYours(text: string): Promise<Found> {
  const { minimum } = SYSTEM_PROGRAMS.etcd;
  const endpoints = text.split(",").map((part) => part.trim()).filter((part) => part !== "");
  const shown = endpoints.map(withoutPassword).join(",");
  let version: string;
  try {
    const probe = new EtcdClient(endpoints, { timeoutMs: 5000, attemptMs: 5000 });
    try {
      const members = await probe.status();
      const answering = members.find((member) => "version" in member);
      if (answering === undefined) {
        throw new Error(members.map((member) => "error" in member && member.error).join("; "));
      }
      version = answering.version;
      // That a user may come in, and that there is a majority.
      await probe.range({ prefix: "" }, { limit: 1 });
    } finally {
      probe.close();
    }
  } catch (error) {
    throw new Error(
      `Cannot use etcd: ETCD_ENDPOINTS must be the addresses of members that answer: received ${shown} (${
        (error as Error).message
      }). ${waysToGet("etcd")}`,
    );
  }
  if (isAtLeast(version, minimum)) return { endpoints, version, from: "ETCD_ENDPOINTS" };
  throw new Error(
    `Cannot use etcd: version must be ${minimum} or newer: received ${version} at ${shown}. ` +
      waysToGet("etcd"),
  );
}

function isOwn({ own = false, members = 1 }: EtcdRequest): boolean {
  return own || members > 1;
}

async function findEtcd(request: EtcdRequest): Promise<Found> {
  const { members = 1, config, endpoints = Deno.env.get("ETCD_ENDPOINTS") ?? "" } = request;
  // A server that may be killed or reconfigured is never the user's.
  if (endpoints !== "" && !isOwn(request) && config === undefined) {
    return await findYours(endpoints);
  }
  const acquired = await acquire("etcd", { members, config }, isOwn(request));
  const { version, from, nodes } = acquired.started;
  return {
    endpoints: nodes.map(({ hostname, port }) => `http://${hostname}:${port}`),
    version,
    from: from as EtcdService["from"],
    acquired,
  };
}

async function findLeader(client: EtcdClient, nodes: readonly EtcdNode[]): Promise<EtcdNode> {
  for (const endMs = performance.now() + 30_000; performance.now() < endMs;) {
    const members = await client.status();
    const index = members.findIndex((member) => "isLeader" in member && member.isLeader);
    if (index >= 0 && nodes.length > 0) return nodes[index];
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error(
    `Cannot find the leader: one of ${nodes.length} own members must lead within 30 s: received none`,
  );
}

/**
 * Connects to an etcd, starting a private one if need be.
 *
 * @throws {Error} when there is none, it does not answer, or it is older than 3.4, with the ways to get one
 */
export async function etcd(request: EtcdRequest = {}): Promise<EtcdService> {
  const { members = 1, proxy = false } = request;
  if (![1, 3, 5, 7].includes(members)) {
    throw new RangeError(`Cannot start etcd: members must be 1, 3, 5 or 7: received ${members}`);
  }
  const { endpoints, version, from, acquired } = await findEtcd(request);
  const prefix = `${notebookName()}/${crypto.randomUUID().slice(0, 8)}/`;
  const clients: EtcdClient[] = [];
  const proxies: FaultProxy[] = [];
  let closing: Promise<void> | undefined;

  const end = async () => {
    if (from === "ETCD_ENDPOINTS") {
      const cleaner = new EtcdClient(endpoints, { prefix });
      await cleaner.delete({ prefix: "" }).catch(() => {});
      cleaner.close();
    }
    for (const client of clients) client.close();
    await Promise.all(proxies.map((each) => each.close()));
    await acquired?.release();
  };
  const close = () => closing ??= end();

  try {
    if (proxy) {
      for (const endpoint of endpoints) {
        const { hostname, port } = new URL(endpoint);
        proxies.push(await FaultProxy.start({ hostname, port: Number(port || 2379) }));
      }
    }
    const reached = proxy ? proxies.map(({ port }) => `http://127.0.0.1:${port}`) : endpoints;
    const connect = (options: EtcdClientOptions = {}) => {
      const client = new EtcdClient(reached, { prefix, ...options });
      clients.push(client);
      return client;
    };
    const client = connect();
    const nodes = (isOwn(request) ? acquired!.nodes : []).map((node, i) =>
      Object.assign(node, { endpoint: reached[i], proxy: proxies.at(i) })
    );
    const origin = from === "ETCD_ENDPOINTS" ? "at ETCD_ENDPOINTS" : originOf("etcd", from);
    return {
      client,
      endpoints: reached,
      version,
      from,
      description: `etcd ${version}${members > 1 ? `, ${members} members` : ""}, ${origin}`,
      prefix,
      nodes,
      proxies,
      leader: () => findLeader(client, nodes),
      connect,
      close,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
