/**
 * One server of a Redis that is the notebook's own: its client, its faults, and whom it follows.
 *
 * @module
 */
import type { Redis } from "ioredis";
import type { ServiceNode } from "./acquire.ts";
import { FaultProxy } from "./fault_proxy.ts";
import { withAdmin } from "./redis_client.ts";

export interface RedisNode extends ServiceNode {
  /** Where clients connect; behind the proxy where there is one. */
  readonly url: string;
  readonly client: Redis;
  /** Between clients and this server. */
  readonly proxy?: FaultProxy;
  /** Between the primary and this replica. */
  readonly link?: FaultProxy;
  /** Makes a replica a primary of its own; resolves when it takes writes. The others go on as they did. */
  promote(): Promise<void>;
  /** Makes this server a replica of another: what only it had is lost. Resolves when it has the other's data. */
  follow(primary: RedisNode): Promise<void>;
}

const FOLLOW_TIMEOUT_MS = 20_000;

/** A server without a proxy between, as its operator reaches it. */
function directUrl({ hostname, port }: ServiceNode): string {
  return `redis://${hostname}:${port}`;
}

async function replicate(node: ServiceNode, primary: { hostname: string; port: number }) {
  await withAdmin(directUrl(node), async (client) => {
    await client.replicaof(primary.hostname, primary.port);
    // So that it does the same when it is started again.
    await client.config("REWRITE");
    const deadlineMs = performance.now() + FOLLOW_TIMEOUT_MS;
    while (!(await client.info("replication")).includes("master_link_status:up")) {
      if (performance.now() > deadlineMs) {
        throw new Error(
          `Cannot follow: the primary at port ${primary.port} must answer within ${
            FOLLOW_TIMEOUT_MS / 1000
          } s: received nothing`,
        );
      }
      await new Promise((done) => setTimeout(done, 20));
    }
  });
}

/** Puts a fault proxy between a primary and its replica. */
export async function linkReplica(primary: ServiceNode, replica: ServiceNode): Promise<FaultProxy> {
  const link = await FaultProxy.start(primary);
  try {
    await replicate(replica, link);
    return link;
  } catch (error) {
    await link.close();
    throw error;
  }
}

/** What a server can do beside what every service's node can. */
export function replication(node: ServiceNode): Pick<RedisNode, "promote" | "follow"> {
  return {
    promote: () =>
      withAdmin(directUrl(node), async (client) => {
        await client.replicaof("NO", "ONE");
        await client.config("REWRITE");
      }),
    follow: (primary) => replicate(node, primary),
  };
}
