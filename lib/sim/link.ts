/**
 * One direction between two nodes: what happens to a message on its way.
 *
 * Latency, loss and doubling draw from streams of their own, so that turning loss on does not change
 * the latencies of those that get through.
 *
 * @example
 * ```ts
 * import { deterministic } from "lib/sim/distribution.ts";
 * import { Link, settle } from "lib/sim/link.ts";
 * import { stream } from "lib/sim/random.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const slow = settle({ latency: deterministic(0.02), bandwidth: 1000 });
 * const link = new Link(slow, (aspect) => stream(1, aspect));
 * assertEquals(link.arrival(link.transmit(0, 500)), 0.52);
 * assertEquals(link.arrival(link.transmit(0, 500)), 1.02); // behind the first
 * ```
 */
import { deterministic, type Distribution, uniform } from "./distribution.ts";
import type { Loss } from "./loss.ts";
import type { Random } from "./random.ts";

export interface LinkOptions {
  /** One way, s; a draw below zero counts as zero. Default 0. */
  readonly latency?: Distribution;
  /** Default none. */
  readonly loss?: Loss;
  /** Probability that a message arrives twice; default 0. */
  readonly duplicate?: number;
  /**
   * Probability that a message is held up by up to three mean latencies, so that later ones
   * overtake it; default 0. Latencies that vary reorder anyway.
   */
  readonly reorder?: number;
  /** Delivers in the order of sending, as TCP does; default false. */
  readonly ordered?: boolean;
  /** Bytes a second; default no limit. */
  readonly bandwidth?: number;
  /** Bytes that may wait for transmission before more are lost; default no limit. */
  readonly buffer?: number;
}

/** Options with nothing left open, shared by all links that have them. */
export interface LinkSettings extends LinkOptions {
  readonly latency: Distribution;
  readonly duplicate: number;
  readonly reorder: number;
  readonly ordered: boolean;
  readonly bandwidth: number;
  readonly buffer: number;
  /** What reordering adds, s. */
  readonly holdUp: Distribution;
}

/** Checks options, and fills in what they leave open from `base`. */
export function settle(options: LinkOptions, base: LinkOptions = {}): LinkSettings {
  const { latency = deterministic(0), loss, duplicate = 0, reorder = 0 } = { ...base, ...options };
  const { ordered = false, bandwidth = Infinity, buffer = Infinity } = { ...base, ...options };
  for (const [name, value] of Object.entries({ duplicate, reorder })) {
    if (value >= 0 && value <= 1) continue;
    throw new RangeError(`Cannot change link: ${name} must be between 0 and 1: received ${value}`);
  }
  for (const [name, value] of Object.entries({ bandwidth, buffer })) {
    if (value > 0) continue;
    throw new RangeError(`Cannot change link: ${name} must be above 0: received ${value}`);
  }
  const holdUp = uniform(0, 3 * latency.mean);
  return { latency, loss, duplicate, reorder, ordered, bandwidth, buffer, holdUp };
}

export class Link {
  #settings: LinkSettings;
  #stream: (aspect: string) => Random;
  // Opened when first drawn from: most links of a large network carry few messages.
  #latencies: Random | undefined;
  #chances: Random | undefined;
  #losses: Random | undefined;
  #lose: (() => boolean) | undefined;
  #idleAt = 0; // when the last transmission ends
  #lastArrival = 0;

  /** `stream` opens the random stream of an aspect of this link. */
  constructor(settings: LinkSettings, stream: (aspect: string) => Random) {
    this.#settings = settings;
    this.#stream = stream;
  }

  /** Changes the given options from now on. */
  change(options: LinkOptions): void {
    this.#settings = settle(options, this.#settings);
    if (options.loss) this.#lose = undefined;
  }

  /** When a message handed over at `now` has left the sender, s; `Infinity` when its buffer is full. */
  transmit(now: number, bytes: number): number {
    const { bandwidth, buffer } = this.#settings;
    if (bandwidth === Infinity) return now;
    const begin = Math.max(now, this.#idleAt);
    if ((begin - now) * bandwidth + bytes > buffer) return Infinity;
    return this.#idleAt = begin + bytes / bandwidth;
  }

  /** True when the next message is lost. */
  loses(): boolean {
    const { loss } = this.#settings;
    if (loss === undefined) return false;
    this.#lose ??= loss(this.#losses ??= this.#stream("loss"));
    return this.#lose();
  }

  /** True when the next message arrives twice. */
  doubles(): boolean {
    return this.#happens(this.#settings.duplicate);
  }

  /** When a message that left at `departure` arrives. */
  arrival(departure: number): number {
    const { latency, reorder, ordered, holdUp } = this.#settings;
    this.#latencies ??= this.#stream("latency");
    let arrival = departure + Math.max(0, latency.sample(this.#latencies));
    if (this.#happens(reorder)) arrival += holdUp.sample(this.#chances!);
    if (ordered) this.#lastArrival = arrival = Math.max(arrival, this.#lastArrival);
    return arrival;
  }

  #happens(probability: number): boolean {
    if (probability === 0) return false;
    this.#chances ??= this.#stream("chance");
    return this.#chances() < probability;
  }
}
