/**
 * The back-pressure triangle: bounded delay, no loss, unthrottled producers; under overload you get two.
 *
 * A server of one kind of request meets more of them than it can serve, for a while. `buffer` keeps
 * all and lets them wait, `shed` refuses what does not fit its limit, `block` lets the producers hold
 * back what does not fit. Clients may give up after `timeout` and try again; the server goes on with
 * what nobody waits for any more, unless the request carries its `deadline`.
 *
 * At every tick all that came is accounted for: offered = served + dropped + queued + held.
 *
 * Simplified: Poisson arrivals, exponential service, one server. Dropping a request costs nothing,
 * and a client that is refused tries again when its time is up, as if it had heard nothing.
 *
 * @example
 * ```ts
 * import { backPressure } from "lib/systems/mental_models/back_pressure.ts";
 * import { assert } from "@std/assert";
 *
 * const overload = { serviceRate: 1000, offered: 1200, burst: 60, recoverAt: 700, after: 0 };
 * const ticks = backPressure({ ...overload, policy: "shed", limit: 500 }, 1);
 * const { offered, dropped } = ticks.at(-1)!;
 * assert(Math.abs(dropped / offered - 0.16) < 0.02); // a sixth, less the 500 that fit
 * ```
 */
import { varying } from "../../sim/arrivals.ts";
import { exponential } from "../../sim/distribution.ts";
import { Simulation } from "../../sim/simulation.ts";

/** What happens to what does not fit. */
export type Policy = "buffer" | "shed" | "block";

/** An overload and how it is met; times in seconds, rates per second. */
export interface Overload {
  readonly serviceRate: number;
  /** Requests during the burst. */
  readonly offered: number;
  readonly burst: number;
  /** Requests after the burst. */
  readonly recoverAt: number;
  /** How long to look on after the burst. */
  readonly after: number;
  readonly policy: Policy;
  /** Requests that may wait; `buffer` has no limit. */
  readonly limit?: number;
  /** Patience of a client; default unlimited. */
  readonly timeout?: number;
  /** Further attempts of an impatient client; default 0. */
  readonly retries?: number;
  /** Whether the server drops what nobody waits for any more; default false. */
  readonly deadline?: boolean;
  /** Between two rows; default 0.5. */
  readonly tick?: number;
}

/** The state at a time; counts are totals since the beginning. */
export interface Tick {
  readonly t: number;
  /** Attempts that came, retries included. */
  readonly offered: number;
  /** Requests that clients wanted, retries not included. */
  readonly wanted: number;
  readonly served: number;
  readonly dropped: number;
  /** Waiting or in service. */
  readonly depth: number;
  /** Held back by producers. */
  readonly held: number;
  /** From when it was meant to be sent to the end of service, of the last one served, s. */
  readonly wait: number;
  /** Requests answered while their client still waited. */
  readonly good: number;
  /** The same per second, since the last row. */
  readonly goodput: number;
}

interface Attempt {
  readonly at: number;
  readonly left: number;
  answered: boolean;
}

/** Plays the overload; equal seeds give equal rows. */
export function backPressure(overload: Overload, seed: number | string): Tick[] {
  const { serviceRate, offered, burst, recoverAt, after, policy } = overload;
  const { limit = Infinity, timeout = Infinity, retries = 0, tick = 0.5 } = overload;
  for (const name of ["serviceRate", "offered", "burst", "recoverAt", "tick"] as const) {
    const value = overload[name] ?? tick;
    if (value > 0 && value < Infinity) continue;
    throw new RangeError(
      `Cannot simulate back-pressure: ${name} must be finite and above 0: received ${value}`,
    );
  }
  if (policy !== "buffer" && !(limit >= 1 && limit < Infinity)) {
    throw new RangeError(
      `Cannot simulate back-pressure: limit must be 1 or more for ${policy}: received ${limit}`,
    );
  }
  const sim = new Simulation({ seed });
  const room = policy === "buffer" ? Infinity : limit;
  const service = exponential(1 / serviceRate);
  const services = sim.random("service");
  const queue = new Fifo<Attempt>();
  const holding = new Fifo<Attempt>();
  const rows: Tick[] = [];
  const count = { offered: 0, wanted: 0, served: 0, dropped: 0, good: 0 };
  let [serving, wait] = [undefined as Attempt | undefined, 0];

  function come(left: number): void {
    const attempt: Attempt = { at: sim.now, left, answered: false };
    count.offered++;
    if (timeout < Infinity) sim.schedule(timeout, giveUp, attempt);
    if (queue.size < room) admit(attempt);
    else if (policy === "block") holding.push(attempt);
    else count.dropped++;
  }

  function admit(attempt: Attempt): void {
    queue.push(attempt);
    if (serving === undefined) serveNext();
  }

  function serveNext(): void {
    serving = queue.shift();
    while (serving && overload.deadline && sim.now - serving.at >= timeout) {
      count.dropped++;
      serving = queue.shift();
    }
    while (queue.size < room && holding.size > 0) queue.push(holding.shift()!);
    if (serving) sim.schedule(service.sample(services), finish, serving);
  }

  function finish(attempt: Attempt): void {
    count.served++;
    wait = sim.now - attempt.at;
    if (wait < timeout) {
      attempt.answered = true;
      count.good++;
    }
    serveNext();
  }

  function giveUp(attempt: Attempt): void {
    if (!attempt.answered && attempt.left > 0) come(attempt.left - 1);
  }

  const rate = (now: number) => now < burst ? offered : recoverAt;
  const gap = varying(rate, Math.max(offered, recoverAt))(sim.random("arrivals"));
  function arrive(): void {
    count.wanted++;
    come(retries);
    sim.schedule(gap(sim.now), arrive);
  }
  sim.schedule(gap(0), arrive);

  const ticks = Math.round((burst + after) / tick);
  for (let n = 1, before = 0; n <= ticks; n++) {
    sim.run({ until: n * tick });
    const depth = queue.size + (serving ? 1 : 0);
    const goodput = (count.good - before) / tick;
    before = count.good;
    rows.push({ t: n * tick, ...count, depth, held: holding.size, wait, goodput });
  }
  return rows;
}

/** First in, first out, in an array whose dead front is cut off now and then. */
class Fifo<T> {
  #items: (T | undefined)[] = [];
  #front = 0;

  get size(): number {
    return this.#items.length - this.#front;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  shift(): T | undefined {
    if (this.#front === this.#items.length) return undefined;
    const item = this.#items[this.#front];
    this.#items[this.#front++] = undefined;
    if (this.#front > 1024 && this.#front * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#front);
      this.#front = 0;
    }
    return item;
  }
}
