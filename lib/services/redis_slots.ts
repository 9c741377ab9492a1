/**
 * How the 16,384 hash slots of a Redis Cluster are dealt out, and the files with which its servers know it from the start.
 *
 * A server writes what it knows of its cluster into `nodes.conf`, and reads it when it starts. Ours find it there
 * already, so that no `CLUSTER MEET` and no gossip is needed.
 *
 * Simplified: masters only. A master that is down takes its slots along; the others go on with theirs.
 *
 * Source: Redis Cluster Specification.
 *
 * @module
 */

/** The oldest Redis that lets the port of the cluster's bus be chosen. */
export const MINIMUM_CLUSTER = "7.0";

export const SLOTS = 16_384;

/** A server of a cluster, as the others know it. */
export interface ClusterPlace {
  /** 40 hexadecimal digits. */
  id: string;
  port: number;
  /** Where the servers of the cluster talk to each other. */
  busPort: number;
}

/** The first and the last slot of each of a number of masters, in even shares. */
export function dealSlots(masters: number): [first: number, last: number][] {
  const start = (i: number) => Math.round(SLOTS * i / masters);
  return Array.from({ length: masters }, (_, i) => [start(i), start(i + 1) - 1]);
}

/** The `nodes.conf` of one server of a cluster. */
export function clusterFile(places: readonly ClusterPlace[], own: ClusterPlace): string {
  const slots = dealSlots(places.length);
  const lines = places.map((place, i) => {
    const { id, port, busPort } = place;
    const flags = place === own ? "myself,master" : "master";
    const [first, last] = slots[i];
    return `${id} 127.0.0.1:${port}@${busPort} ${flags} - 0 0 ${i + 1} connected ${first}-${last}`;
  });
  return [...lines, `vars currentEpoch ${places.length} lastVoteEpoch 0`, ""].join("\n");
}

/** Settings of a server of a cluster. */
export function clusterConfig(busPort: number): Record<string, string> {
  return {
    "cluster-enabled": "yes",
    "cluster-port": String(busPort),
    "cluster-config-file": "nodes.conf",
    // A dead master is noticed after 2 s, not 15.
    "cluster-node-timeout": "2000",
    // Its slots are gone; the others go on.
    "cluster-require-full-coverage": "no",
  };
}
