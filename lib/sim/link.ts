/**
 * One direction between two nodes: what happens to a message on its way.
 *
 * Latency, loss and doubling draw from streams of their own, so that turning loss on does not change
 * the latencies of those that get through.
 *
 * @example
 * ```ts
 * import { deterministic } from "lib/sim/distribution.ts";
 * import { Link } from "lib/sim/link.ts";
 * import { stream } from "lib/sim/random.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const slow = { latency: deterministic(0.02), bandwidth: 1000 };
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

export class Link {
  #options: LinkOptions = {};
  #stream: (aspect: string) => Random;
  #latencies: Random;
  #chances: Random;
  #lose: (() => boolean) | undefined;
  #losses: Random | undefined;
  #latency: Distribution = deterministic(0);
  #holdUp: Distribution = deterministic(0);
  #idleAt = 0; // when the last transmission ends
  #lastArrival = 0;

  /** `stream` opens the random stream of an aspect of this link. */
  constructor(options: LinkOptions, stream: (aspect: string) => Random) {
    this.#stream = stream;
    this.#latencies = stream("latency");
    this.#chances = stream("chance");
    this.change(options);
  }

  /** Changes the given options from now on. */
  change(options: LinkOptions): void {
    for (const name of ["duplicate", "reorder"] as const) {
      const value = options[name] ?? 0;
      if (!(value >= 0 && value <= 1)) {
        throw new RangeError(
          `Cannot change link: ${name} must be between 0 and 1: received ${value}`,
        );
      }
    }
    for (const name of ["bandwidth", "buffer"] as const) {
      const value = options[name] ?? Infinity;
      if (!(value > 0)) {
        throw new RangeError(`Cannot change link: ${name} must be above 0: received ${value}`);
      }
    }
    this.#options = { ...this.#options, ...options };
    this.#latency = this.#options.latency ?? this.#latency;
    this.#holdUp = uniform(0, 3 * this.#latency.mean);
    if (options.loss) this.#lose = options.loss(this.#losses ??= this.#stream("loss"));
  }

  /** When a message handed over at `now` has left the sender, s; `Infinity` when its buffer is full. */
  transmit(now: number, bytes: number): number {
    const { bandwidth, buffer = Infinity } = this.#options;
    if (bandwidth === undefined) return now;
    const begin = Math.max(now, this.#idleAt);
    if ((begin - now) * bandwidth + bytes > buffer) return Infinity;
    return this.#idleAt = begin + bytes / bandwidth;
  }

  /** True when the next message is lost. */
  loses(): boolean {
    return this.#lose !== undefined && this.#lose();
  }

  /** True when the next message arrives twice. */
  doubles(): boolean {
    const { duplicate = 0 } = this.#options;
    return duplicate > 0 && this.#chances() < duplicate;
  }

  /** When a message that left at `departure` arrives. */
  arrival(departure: number): number {
    const { reorder = 0, ordered = false } = this.#options;
    let arrival = departure + Math.max(0, this.#latency.sample(this.#latencies));
    if (reorder > 0 && this.#chances() < reorder) arrival += this.#holdUp.sample(this.#chances);
    if (ordered) this.#lastArrival = arrival = Math.max(arrival, this.#lastArrival);
    return arrival;
  }
}
