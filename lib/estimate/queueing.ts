/**
 * Queues in steady state: M/M/1, M/M/c, M/D/1 and M/G/1.
 *
 * Arrivals are Poisson (the first M). Service is exponential (M), constant (D) or anything of which
 * the coefficient of variation is known (G); c servers take from one queue in order of arrival. Means
 * follow from the probability of waiting (Erlang C) or from Pollaczek–Khinchine, and each other by
 * Little's law.
 *
 * A queue whose load is not below 1 has no steady state; asking for one is a RangeError that says how
 * fast it grows. `backlog.ts` treats overload as a fluid, `loss_queue.ts` queues that are full.
 *
 * @example
 * ```ts
 * import { assertEquals, assertThrows } from "@std/assert";
 * import { mm1, mmc } from "lib/estimate/queueing.ts";
 * import { quantity } from "lib/estimate/quantity.ts";
 *
 * const service = quantity(8, "ms");
 * const pool = mmc({ arrivals: quantity(1200, "queries/s"), service, servers: 13 });
 * assertEquals(`${pool.load} ${pool.waits} ${pool.wait}`, "73.8 % 22.8 % 536.7 µs");
 * assertEquals(`${pool.waitsLonger(quantity(10, "ms")).to("%")}`, "0.325 %");
 * assertThrows(
 *   () => mm1({ arrivals: quantity(150, "queries/s"), service }),
 *   RangeError,
 *   "load must be below 1, or the queue grows without end: received 1.2, growing by 25 queries/s",
 * );
 * ```
 *
 * Source: Gross, Shortle, Thompson and Harris, Fundamentals of Queueing Theory, 4th edition, chapters
 * 2 and 5.
 */
import { erlangC } from "./erlang.ts";
import { type Quantity, quantity } from "./quantity.ts";
import { type Share, share } from "./share.ts";

/** What arrives, and how long one takes to serve. */
export interface Work {
  readonly arrivals: Quantity<"rate">;
  /** Mean service time. */
  readonly service: Quantity<"time">;
}

/** Means in steady state. */
export interface Queue {
  /** Share of its time that a server is busy. */
  readonly load: Quantity<"ratio">;
  /** Probability that an arrival waits. */
  readonly waits: Quantity<"ratio">;
  /** Mean wait before service. */
  readonly wait: Quantity<"time">;
  /** Mean time until done: wait and service. */
  readonly response: Quantity<"time">;
  /** Mean number that waits. */
  readonly waiting: Quantity;
  /** Mean number that waits or is served. */
  readonly inSystem: Quantity;
}

/** A queue with exponential service, of which the distributions are known too. */
export interface ExponentialQueue extends Queue {
  /** Probability that the wait exceeds a time. */
  waitsLonger(than: Quantity<"time">): Quantity<"ratio">;
  /** Probability that the response exceeds a time. */
  takesLonger(than: Quantity<"time">): Quantity<"ratio">;
  /** Wait that a share of the arrivals stays within: 0.95 for the p95. */
  waitWithin(part: Share): Quantity<"time">;
  /** Response time that a share of the arrivals stays within. */
  responseWithin(part: Share): Quantity<"time">;
}

/**
 * Returns the steady state of one server with exponential service.
 *
 * @throws {RangeError} When the load is not below 1.
 */
export function mm1(work: Work): ExponentialQueue {
  return mmc({ ...work, servers: 1 });
}

/**
 * Returns the steady state of `servers` that share a queue, with exponential service.
 *
 * @throws {RangeError} When the load is not below 1.
 */
export function mmc({ arrivals, service, servers }: Work & { servers: number }): ExponentialQueue {
  const name = servers === 1 ? "M/M/1" : `M/M/${servers}`;
  const offered = stableLoad(name, { arrivals, service }, servers);
  const waits = erlangC(servers, offered);
  const s = service.in("s");
  const spare = (servers - offered) / s; // rate at which the waiting leave, 1/s
  const waitsLonger = (t: number) => waits * Math.exp(-spare * t);
  const takesLonger = (t: number) => {
    const [x, gap] = [t / s, servers - 1 - offered];
    const waiting = gap === 0
      ? x * Math.exp(-x)
      : -Math.expm1(-Math.abs(gap) * x) / Math.abs(gap) * Math.exp(-x - Math.min(0, gap) * x);
    return Math.exp(-x) + waits * waiting;
  };
  return {
    ...queue(arrivals, service, offered / servers, waits, waits / spare),
    waitsLonger: (than) => quantity(waitsLonger(positive(than))),
    takesLonger: (than) => quantity(takesLonger(positive(than))),
    waitWithin: (part) => {
      const beyond = 1 - below1(part);
      return seconds(Math.max(0, Math.log(waits / beyond) / spare));
    },
    responseWithin: (part) => seconds(solve(takesLonger, 1 - below1(part), s)),
  };
}

/**
 * Returns the steady state of one server with any service time, by Pollaczek–Khinchine.
 *
 * `variation` is the standard deviation of the service time over its mean: 0 constant, 1 exponential.
 *
 * @throws {RangeError} When the load is not below 1, or the variation is negative.
 */
export function mg1({ arrivals, service, variation }: Work & { variation: number }): Queue {
  if (!(variation >= 0 && variation < Infinity)) {
    throw new RangeError(
      `Cannot solve M/G/1: variation must be at least 0: received ${variation}`,
    );
  }
  const load = stableLoad("M/G/1", { arrivals, service }, 1);
  const wait = load * service.in("s") * (1 + variation ** 2) / (2 * (1 - load));
  return queue(arrivals, service, load, load, wait);
}

/**
 * Returns the steady state of one server with constant service time.
 *
 * @throws {RangeError} When the load is not below 1.
 */
export function md1(work: Work): Queue {
  return mg1({ ...work, variation: 0 });
}

/**
 * Returns the fewest servers with which a share of the arrivals waits less than a time.
 *
 * @throws {RangeError} When `part` is 1: with Poisson arrivals no number of servers is certain.
 */
export function serversFor(
  work: Work,
  { part, within }: { part: Share; within: Quantity<"time"> },
): number {
  const beyond = 1 - below1(part);
  let servers = Math.floor(offeredLoad(work)) + 1;
  while (mmc({ ...work, servers }).waitsLonger(within).in("1") > beyond) servers++;
  return servers;
}

/** The mean number of servers that the work keeps busy, in erlangs. */
export function offeredLoad({ arrivals, service }: Work): number {
  const offered = arrivals.times(service).in("1");
  if (service.value > 0 && offered >= 0) return offered;
  throw new RangeError(
    `Cannot solve queue: arrivals must be at least 0 and service above 0: received ${arrivals} of ${service}`,
  );
}

function stableLoad(name: string, work: Work, servers: number): number {
  const offered = offeredLoad(work);
  if (!Number.isInteger(servers) || servers < 1) {
    throw new RangeError(
      `Cannot solve ${name}: servers must be a whole number from 1: received ${servers}`,
    );
  }
  if (offered < servers) return offered;
  const growth = work.arrivals.times(1 - servers / offered);
  throw new RangeError(
    `Cannot solve ${name}: load must be below 1, or the queue grows without end: received ${
      quantity(offered / servers)
    }, growing by ${growth}`,
  );
}

function queue(
  arrivals: Quantity<"rate">,
  service: Quantity<"time">,
  load: number,
  waits: number,
  waitSeconds: number,
): Queue {
  const wait = seconds(waitSeconds);
  const response = wait.plus(service);
  const percent = (part: number) => quantity(part).to("%");
  return {
    load: percent(load),
    waits: percent(waits),
    wait,
    response,
    waiting: arrivals.times(wait),
    inSystem: arrivals.times(response),
  };
}

function seconds(value: number): Quantity<"time"> {
  return quantity(value, "s");
}

function positive(time: Quantity<"time">): number {
  const value = time.in("s");
  if (value >= 0) return value;
  throw new RangeError(`Cannot solve queue: time must be at least 0 s: received ${time}`);
}

function below1(part: Share): number {
  const number = share(part, "solve queue", "share");
  if (number < 1) return number;
  throw new RangeError(
    `Cannot solve queue: share must be below 100 %, which no wait bounds: received ${part}`,
  );
}

/** Finds where a falling function that starts at 1 reaches `target`, by doubling and bisection. */
function solve(falling: (t: number) => number, target: number, step: number): number {
  let [low, high] = [0, step];
  while (falling(high) > target) [low, high] = [high, 2 * high];
  while (high - low > 1e-12 * high) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) break;
    if (falling(middle) > target) low = middle;
    else high = middle;
  }
  return high;
}
