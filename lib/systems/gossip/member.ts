/**
 * Gossip: news spread as rumours do, each member tells a few others picked at random.
 *
 * A rumour is the newest version of a name (a key, a tag). A member that learns one passes it on to `fanout`
 * random peers a tick, for a few ticks; nobody acknowledges. Every few ticks it also sends a digest of all that it
 * knows to one random peer, which answers with what it has newer and thereby learns the rest (anti-entropy). So
 * rumours are fast, and loss or a partition only delays: digests find every difference in the end.
 *
 * The core is pure: `tick` and `step` return what is to be sent, and whoever runs it owns clock and network.
 *
 * Simplified: the members are known and fixed, digests name everything instead of hashing ranges of it, and
 * versions are numbers that somebody else keeps growing.
 *
 * @example
 * ```ts
 * import { GossipMember } from "lib/systems/gossip/member.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const options = { peers: ["a", "b"], random: () => 0 };
 * const a = new GossipMember("a", options), b = new GossipMember("b", options);
 * a.publish("user:42", 7);
 * for (const { message } of a.tick()) b.step(message);
 * assertEquals(b.versionOf("user:42"), 7);
 * ```
 *
 * Source: Demers et al., "Epidemic algorithms for replicated database maintenance", PODC 1987.
 *
 * @module
 */
import { integer, type Random } from "../../sim/random.ts";

/** The newest version of a name that somebody has heard of. */
export interface Rumour {
  name: string;
  version: number;
}

/** What members send: news, or all that one knows with a request for what is missing. */
export interface Message {
  kind: "rumours" | "digest";
  from: string;
  rumours: Rumour[];
}

export interface Envelope {
  to: string;
  message: Message;
}

export interface GossipOptions {
  /** All members; this one's own name is skipped. */
  peers: readonly string[];
  random: Random;
  /** Peers told a tick. */
  fanout?: number;
  /** Ticks for which news is passed on. Default: enough for everybody, twice over. */
  hotTicks?: number;
  /** Ticks from one digest to the next; `Infinity` for none. */
  digestEvery?: number;
  /** Called once for each version that is newer than the one known. */
  onNews?: (rumour: Rumour) => void;
}

/** One member of the group. */
export class GossipMember {
  readonly name: string;
  #peers: string[];
  #random: Random;
  #fanout: number;
  #hotTicks: number;
  #digestEvery: number;
  #onNews: ((rumour: Rumour) => void) | undefined;
  #known = new Map<string, number>();
  #hot = new Map<string, number>(); // ticks left
  #ticks = 0;

  constructor(name: string, options: GossipOptions) {
    const { peers, random, fanout = 3, digestEvery = 4, onNews } = options;
    if (!(Number.isInteger(fanout) && fanout >= 1)) {
      throw new RangeError(
        `Cannot create gossip member: fanout must be an integer from 1: received ${fanout}`,
      );
    }
    this.name = name;
    this.#peers = peers.filter((peer) => peer !== name);
    this.#random = random;
    this.#fanout = fanout;
    this.#hotTicks = options.hotTicks ?? 2 * Math.ceil(Math.log2(peers.length + 1));
    this.#digestEvery = digestEvery;
    this.#onNews = onNews;
  }

  /** The newest version of `name` heard of; 0 when none. */
  versionOf(name: string): number {
    return this.#known.get(name) ?? 0;
  }

  /** Starts a rumour; versions not newer than the known one are ignored. */
  publish(name: string, version: number): void {
    this.#learn({ name, version });
  }

  /** What to send in this tick. */
  tick(): Envelope[] {
    this.#ticks++;
    const sent: Envelope[] = [];
    if (this.#hot.size > 0) {
      const rumours = this.#rumours(this.#hot.keys());
      for (const to of this.#pickPeers(this.#fanout)) {
        sent.push(this.#letter(to, "rumours", rumours));
      }
      for (const [name, left] of this.#hot) {
        if (left > 1) this.#hot.set(name, left - 1);
        else this.#hot.delete(name);
      }
    }
    if (this.#ticks % this.#digestEvery === 0) {
      const rumours = this.#rumours(this.#known.keys());
      for (const to of this.#pickPeers(1)) sent.push(this.#letter(to, "digest", rumours));
    }
    return sent;
  }

  /** Takes in a message; returns the answer to a digest, if there is something newer to tell. */
  step(message: Message): Envelope[] {
    for (const rumour of message.rumours) this.#learn(rumour);
    if (message.kind === "rumours") return [];
    const told = new Map(message.rumours.map(({ name, version }) => [name, version]));
    const newer = this.#rumours(this.#known.keys())
      .filter(({ name, version }) => version > (told.get(name) ?? 0));
    return newer.length > 0 ? [this.#letter(message.from, "rumours", newer)] : [];
  }

  #learn(rumour: Rumour): void {
    if (rumour.version <= this.versionOf(rumour.name)) return;
    this.#known.set(rumour.name, rumour.version);
    this.#hot.set(rumour.name, this.#hotTicks);
    this.#onNews?.(rumour);
  }

  #rumours(names: Iterable<string>): Rumour[] {
    return Array.from(names, (name) => ({ name, version: this.versionOf(name) }));
  }

  #letter(to: string, kind: Message["kind"], rumours: Rumour[]): Envelope {
    return { to, message: { kind, from: this.name, rumours } };
  }

  /** Different peers, fewer where there are no more. */
  #pickPeers(count: number): string[] {
    const picked = new Set<string>();
    const wanted = Math.min(count, this.#peers.length);
    while (picked.size < wanted) {
      picked.add(this.#peers[integer(this.#random, this.#peers.length)]);
    }
    return [...picked];
  }
}
