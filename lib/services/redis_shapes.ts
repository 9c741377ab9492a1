/**
 * Starts private Redis servers: one, a primary with replicas, several that know nothing of another, or a cluster.
 *
 * When another process took one of the ports meanwhile, all are started again with other ports. A replica is ready when
 * it has the data of its primary, and a cluster when all of it agree that it is whole; when one fails, none is left.
 *
 * @module
 */
import { join } from "node:path";
import type { Binary } from "./binaries.ts";
import { type Host, startOnFreePorts } from "./host.ts";
import {
  chooseRedisBinary,
  findRedis,
  type RedisConfig,
  type RedisMember,
  startMember,
} from "./redis_server.ts";
import { clusterConfig, clusterFile, MINIMUM_CLUSTER } from "./redis_slots.ts";
import { askRedis } from "./redis_wire.ts";
import type { Address, Started } from "./shapes.ts";

export interface RedisShape {
  /** Replicas of the first server. */
  replicas?: number;
  /** Servers that know nothing of another, in place of one. */
  independent?: number;
  /** Masters that share the keys among them, in place of one. */
  cluster?: number;
  config?: RedisConfig;
}

async function newMember(host: Host): Promise<RedisMember> {
  return { folder: await host.newFolder("redis"), port: host.freePort() };
}

async function several<T>(count: number, make: () => Promise<T>): Promise<T[]> {
  const made: T[] = [];
  while (made.length < count) made.push(await make());
  return made;
}

/** A replica that was promoted has joined too. */
async function hasPrimary(port: number): Promise<boolean> {
  const info = await askRedis(port, "INFO replication");
  return info.startsWith("$") && !info.includes("master_link_status:down");
}

/** A replica that asks for all data need not wait for others that may come too. */
const PRIMARY_CONFIG = { "repl-diskless-sync": "yes", "repl-diskless-sync-delay": "0" };

async function newReplica(host: Host, primary: RedisMember): Promise<RedisMember> {
  const member = await newMember(host);
  return {
    ...member,
    config: { ...PRIMARY_CONFIG, replicaof: `127.0.0.1 ${primary.port}` },
    hasJoined: () => hasPrimary(member.port),
  };
}

async function newCluster(host: Host, count: number): Promise<RedisMember[]> {
  const places = await several(count, async () => ({
    ...await newMember(host),
    id: crypto.randomUUID().replaceAll("-", "").padEnd(40, "0"),
    busPort: host.freePort(),
  }));
  for (const place of places) {
    await Deno.writeTextFile(join(place.folder, "nodes.conf"), clusterFile(places, place));
  }
  return places.map(({ folder, port, busPort }) => ({
    folder,
    port,
    config: clusterConfig(busPort),
    hasJoined: async () => (await askRedis(port, "CLUSTER INFO")).includes("cluster_state:ok"),
  }));
}

/** The servers of a shape, in groups that are started one after the other. */
async function plan(host: Host, shape: RedisShape): Promise<RedisMember[][]> {
  const { replicas = 0, independent = 1, cluster = 0 } = shape;
  if (cluster > 0) return [await newCluster(host, cluster)];
  const first = await several(independent, () => newMember(host));
  if (replicas === 0) return [first];
  const [primary] = first;
  primary.config = PRIMARY_CONFIG;
  return [first, await several(replicas, () => newReplica(host, primary))];
}

async function startAll(host: Host, binary: Binary, shape: RedisShape): Promise<Address[]> {
  const addresses: Address[] = [];
  try {
    for (const members of await plan(host, shape)) {
      const started = await Promise.allSettled(
        members.map((member) => startMember(host, binary, member, shape.config ?? {})),
      );
      for (const result of started) {
        if (result.status === "fulfilled") addresses.push(result.value);
      }
      for (const result of started) if (result.status === "rejected") throw result.reason;
    }
    return addresses;
  } catch (error) {
    await host.remove(addresses.map(({ name }) => name));
    throw error;
  }
}

/** Starts the servers of a shape under the host, a primary before its replicas. */
export async function startRedis(
  host: Host,
  shape: RedisShape = {},
  binaries: readonly Binary[] = findRedis(),
): Promise<Started> {
  const binary = await chooseRedisBinary(binaries, shape.cluster ? MINIMUM_CLUSTER : undefined);
  const { version, from } = binary;
  return { version, from, nodes: await startOnFreePorts(() => startAll(host, binary, shape)) };
}
