/**
 * A network between nodes: delay, loss, duplicates, reordering, bandwidth, partitions.
 *
 * `send` puts a message on the link from one node to another. The link transmits it (bytes over
 * bandwidth, one message after the other), loses it or not, doubles it or not, and delivers it after
 * its latency, unless a partition stands in between when it is sent
 * or arrives, or its receiver is down. Each link
 * has random streams of its own, so that adding a node leaves the fate of other messages alone.
 *
 * Simplified: no congestion beyond the sender's own link, no connections; for a stream in order use
 * `ordered: true`, which delivers late what would have overtaken.
 *
 * @example
 * ```ts
 * import { deterministic } from "lib/sim/distribution.ts";
 * import { Network } from "lib/sim/network.ts";
 * import { Simulation } from "lib/sim/simulation.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const sim = new Simulation();
 * const network = new Network<string>(sim, { latency: deterministic(0.05) });
 * const seen: string[] = [];
 * network.attach("b", (message, from) => seen.push(`${message} from ${from} at ${sim.now} s`));
 * network.attach("a", () => {});
 * network.send("a", "b", "hello");
 * network.partition([["a"], ["b"]]);
 * sim.schedule(1, () => network.heal());
 * sim.schedule(2, () => network.send("a", "b", "again"));
 * sim.run();
 * assertEquals(seen, ["again from a at 2.05 s"]);
 * assertEquals(network.counts, { sent: 2, delivered: 1, lost: 0, cut: 1, doubled: 0, dead: 0 });
 * ```
 */
import { Link, type LinkOptions, type LinkSettings, settle } from "./link.ts";
import type { Simulation } from "./simulation.ts";
import type { Trace } from "./trace.ts";

export type { LinkOptions };

/** What a node does with a message. */
export type Receive<M> = (message: M, from: string) => void;

/** What became of all messages; a doubled one counts once as sent, twice where it ends. */
export interface Counts {
  sent: number;
  delivered: number;
  /** Lost by the link. */
  lost: number;
  /** Stopped by a partition. */
  cut: number;
  doubled: number;
  /** Arrived at a node that was down or does not exist any more. */
  dead: number;
}

interface Packet<M> {
  readonly from: string;
  readonly to: string;
  readonly message: M;
  readonly number: number;
}

export class Network<M = unknown> {
  readonly counts: Counts = { sent: 0, delivered: 0, lost: 0, cut: 0, doubled: 0, dead: 0 };
  #sim: Simulation;
  #settings: LinkSettings;
  #name: string;
  #trace: Trace | undefined;
  #describe: (message: M) => string;
  #nodes = new Map<string, Receive<M>>();
  #links = new Map<string, Map<string, Link>>();
  #sides = new Map<string, number>(); // of a partition, by node
  #cuts = new Set<string>();

  /**
   * Options hold for all links; `link` changes single ones. `describe` is how a message is shown in
   * the trace.
   */
  constructor(
    sim: Simulation,
    options: LinkOptions & {
      name?: string;
      trace?: Trace;
      describe?: (message: M) => string;
    } = {},
  ) {
    const { name = "network", trace, describe = String, ...defaults } = options;
    this.#sim = sim;
    this.#name = name;
    this.#trace = trace;
    this.#describe = describe;
    this.#settings = settle(defaults);
  }

  /** Adds a node, or replaces what it does with messages. */
  attach(node: string, receive: Receive<M>): void {
    this.#nodes.set(node, receive);
  }

  /** Takes a node off the network; messages to it are lost. */
  detach(node: string): void {
    this.#nodes.delete(node);
  }

  /** Changes the link from one node to another, from now on. */
  link(from: string, to: string, options: LinkOptions): void {
    this.#link(from, to).change(options);
  }

  /** Sends a message; `bytes` counts where the link has a bandwidth. */
  send(from: string, to: string, message: M, bytes = 0): void {
    const sim = this.#sim;
    const link = this.#link(from, to);
    const packet = { from, to, message, number: ++this.counts.sent };
    this.#trace?.send(sim.now, packet.number, from, to, this.#describe(message));
    const departure = link.transmit(sim.now, bytes);
    const lost = departure === Infinity || link.loses();
    if (this.#isCut(from, to)) this.#drop(packet, "cut");
    else if (lost) this.#drop(packet, "lost");
    else {
      if (link.doubles()) {
        this.counts.doubled++;
        sim.schedule(link.arrival(departure) - sim.now, this.#deliver, packet);
      }
      sim.schedule(link.arrival(departure) - sim.now, this.#deliver, packet);
    }
  }

  /** Sends to every other node, in the order in which they were attached. */
  broadcast(from: string, message: M, bytes = 0): void {
    for (const to of this.#nodes.keys()) if (to !== from) this.send(from, to, message, bytes);
  }

  /**
   * Splits the network: messages pass only within a group. Nodes in no group form one more. What is
   * under way between groups when it begins is lost, unless the network heals before it arrives.
   */
  partition(groups: readonly (readonly string[])[]): void {
    this.#sides.clear();
    groups.forEach((group, side) => group.forEach((node) => this.#sides.set(node, side)));
  }

  /** Stops messages in one direction only. */
  cut(from: string, to: string): void {
    this.#cuts.add(`${from}\u0000${to}`);
  }

  /** Ends all partitions and cuts. */
  heal(): void {
    this.#sides.clear();
    this.#cuts.clear();
  }

  #deliver = (packet: Packet<M>): void => {
    const { from, to, message, number } = packet;
    const receive = this.#nodes.get(to);
    if (this.#isCut(from, to)) this.#drop(packet, "cut");
    else if (receive === undefined) this.#drop(packet, "dead");
    else {
      this.counts.delivered++;
      this.#trace?.receive(this.#sim.now, number, from, to, this.#describe(message));
      receive(message, from);
    }
  };

  #drop(packet: Packet<M>, reason: "lost" | "cut" | "dead"): void {
    const { from, to, message, number } = packet;
    this.counts[reason]++;
    this.#trace?.drop(this.#sim.now, number, from, to, this.#describe(message));
  }

  #isCut(from: string, to: string): boolean {
    return this.#sides.size > 0 && this.#sides.get(from) !== this.#sides.get(to) ||
      this.#cuts.size > 0 && this.#cuts.has(`${from}\u0000${to}`);
  }

  #link(from: string, to: string): Link {
    const link = this.#links.get(from)?.get(to);
    if (link !== undefined) return link;
    if (!this.#nodes.has(to)) {
      throw new RangeError(
        `Cannot send message: to must be a node of the network: received ${Deno.inspect(to)}`,
      );
    }
    let links = this.#links.get(from);
    if (links === undefined) this.#links.set(from, links = new Map());
    const created = new Link(
      this.#settings,
      (aspect) => this.#sim.random(`${this.#name}: ${from} to ${to}, ${aspect}`),
    );
    links.set(to, created);
    return created;
  }
}
