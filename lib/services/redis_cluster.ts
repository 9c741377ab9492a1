/**
 * A Redis Cluster for a notebook: masters that share the keys among them, all of them the notebook's own.
 *
 * A key goes to the server that holds its hash slot; the part in braces decides it (`{user:7}:cart`), so that keys of one
 * user stay together. When a server is down, commands for its slots fail within some seconds and the others go on; with
 * more than half of them down the cluster is down.
 *
 * @module
 */
import type { Cluster, ClusterOptions, Redis } from "ioredis";
import keySlot from "cluster-key-slot";
import type { Acquired, ServiceNode } from "./acquire.ts";
import { FaultProxy } from "./fault_proxy.ts";
import { newClient, newClusterClient, newPrefix, quit } from "./redis_client.ts";
import { dealSlots } from "./redis_slots.ts";

export interface RedisClusterNode extends ServiceNode {
  /** A client of this server alone: what lies on another one is refused (MOVED). */
  readonly client: Redis;
  /** Between clients and this server. */
  readonly proxy?: FaultProxy;
  /** The hash slots that it was given at the start, the first and the last. */
  readonly slots: readonly [first: number, last: number];
}

export interface SlotRange {
  first: number;
  last: number;
  /** The server that holds them. */
  node: string;
  /** Whether most of the others take it for dead. */
  isFailed: boolean;
}

/** A Redis Cluster and its clients. */
export interface RedisClusterService extends AsyncDisposable {
  readonly client: Cluster;
  readonly version: string;
  readonly from: "PATH" | "wheel";
  /** For the reader: version and origin. */
  readonly description: string;
  /** Put before every key by the clients. */
  readonly prefix: string;
  readonly nodes: readonly RedisClusterNode[];
  /** The hash slot of a key of this notebook. */
  slotOf(key: string): number;
  /** The server that was given the slot of a key. */
  nodeOf(key: string): RedisClusterNode;
  /** Who holds which slots, as the first server that answers sees it. */
  slots(): Promise<SlotRange[]>;
  /** A further connected client, closed with the service. */
  connect(options?: ClusterOptions): Promise<Cluster>;
  /** Closes all clients and gives the servers back. */
  close(): Promise<void>;
}

/** Reads the reply to CLUSTER NODES. */
export function parseSlots(reply: string, nameOf: (port: number) => string): SlotRange[] {
  return reply.split("\n").flatMap((line) => {
    const [, address = "", flags = "", , , , , , ...ranges] = line.trim().split(" ");
    const node = nameOf(Number(address.match(/:(\d+)@/)?.[1]));
    // In brackets: slots that are being moved.
    return ranges.filter((range) => !range.startsWith("[")).map((range) => {
      const [first, last = first] = range.split("-").map(Number);
      return { first, last, node, isFailed: flags.split(",").includes("fail") };
    });
  }).sort((a, b) => a.first - b.first);
}

/** Connects to the servers of a cluster that were started for this notebook. */
export async function openCluster(
  acquired: Acquired,
  { proxy = false, origin }: { proxy?: boolean; origin: string },
): Promise<RedisClusterService> {
  const { started, nodes: servers } = acquired;
  const prefix = newPrefix();
  const clients: (Redis | Cluster)[] = [];
  const proxies: FaultProxy[] = [];
  let closing: Promise<void> | undefined;

  const keep = async <C extends Redis | Cluster>(client: C): Promise<C> => {
    clients.push(client);
    await client.connect();
    return client;
  };
  const end = async () => {
    await Promise.all(clients.map(quit));
    await Promise.all(proxies.map((each) => each.close()));
    await acquired.release();
  };
  const close = () => closing ??= end();
  /** Where a client connects that wants to reach a server. */
  const entranceOf = (port: number) => {
    const i = servers.findIndex((server) => server.port === port);
    return { host: "127.0.0.1", port: proxies.at(i)?.port ?? port };
  };
  const connect = (options: ClusterOptions = {}) =>
    keep(newClusterClient(servers.map(({ port }) => entranceOf(port).port), {
      keyPrefix: prefix,
      // The servers tell each other's own addresses.
      natMap: (address) => entranceOf(Number(address.split(":").at(-1))),
      ...options,
    }));

  try {
    if (proxy) { for (const server of servers) proxies.push(await FaultProxy.start(server)); }
    const shares = dealSlots(servers.length);
    const nodes = await Promise.all(servers.map(async (server, i): Promise<RedisClusterNode> => {
      const url = `redis://127.0.0.1:${entranceOf(server.port).port}`;
      const client = await keep(newClient(url, { keyPrefix: prefix }));
      return Object.assign(server, { client, proxy: proxies.at(i), slots: shares[i] });
    }));
    const client = await connect();
    const slotOf = (key: string) => keySlot(`${prefix}${key}`);
    return {
      client,
      version: started.version,
      from: started.from as RedisClusterService["from"],
      description: `Redis ${started.version}, a cluster of ${servers.length}, ${origin}`,
      prefix,
      nodes,
      slotOf,
      nodeOf(key) {
        const slot = slotOf(key);
        return nodes.find(({ slots: [, last] }) => slot <= last)!;
      },
      async slots() {
        const reply = await Promise.any(nodes.map(({ client }) => client.cluster("NODES")));
        const nameOf = (port: number) => servers.find((each) => each.port === port)?.name ?? "";
        return parseSlots(reply as string, nameOf);
      },
      connect,
      close,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
