/**
 * A pool in front of a database that slows down for a while, and what stands before it: nothing, limits, a breaker.
 *
 * Requests come at random; each takes a connection for a random time, which is `slowFactor` times as long while the
 * database is slow. A client waits `patienceMs` for its answer and then tries again at once, `retries` times. Without
 * limits the pool does not hear of that: it serves what nobody waits for any more. A pool with a queue limit refuses what
 * does not fit, and forgets who has given up.
 *
 * At every tick: attempts = answered + refused + late + in the pool.
 *
 * Simplified: Poisson arrivals and exponential times; a refusal costs nothing; clients do not back off.
 *
 * @example
 * ```ts
 * import { slowDatabase } from "lib/systems/pool/simulate/slow_database.ts";
 * import { assert } from "@std/assert";
 *
 * const incident = { ratePerSecond: 1200, serviceMs: 8, connections: 13, slowFactor: 5, slowSeconds: 10 };
 * const unlimited = slowDatabase({ ...incident, seconds: 30 }, 1);
 * const limited = slowDatabase({ ...incident, seconds: 30, queueLimit: 100 }, 1);
 * const worst = (ticks: typeof limited) => Math.max(...ticks.map(({ waiting }) => waiting));
 * assert(worst(unlimited) > 5000 && worst(limited) <= 100);
 * ```
 *
 * @module
 */
import { AdaptiveLimit, type AdaptiveLimitOptions } from "../../../structures/adaptive_limit.ts";
import {
  type BreakerState,
  CircuitBreaker,
  type CircuitBreakerOptions,
} from "../../../structures/circuit_breaker.ts";
import { arrive, poisson } from "../../../sim/arrivals.ts";
import { exponential } from "../../../sim/distribution.ts";
import { Simulation } from "../../../sim/simulation.ts";

export interface SlowDatabase {
  readonly ratePerSecond: number;
  readonly serviceMs: number;
  readonly connections: number;
  readonly slowFactor: number;
  readonly slowSeconds: number;
  /** When it slows down. Default: 5. */
  readonly slowAt?: number;
  readonly seconds: number;
  /** Default: no limit, and nobody is taken out of the queue. */
  readonly queueLimit?: number;
  readonly breaker?: CircuitBreakerOptions;
  readonly adaptive?: AdaptiveLimitOptions;
  /** Default: 1000. */
  readonly patienceMs?: number;
  /** Default: 0. */
  readonly retries?: number;
}

/** What happened since the tick before, a quarter of a second. */
export interface SlowTick {
  readonly t: number;
  /** Requests, and attempts with their retries. */
  readonly wanted: number;
  readonly attempts: number;
  /** Attempts that reached the pool: a breaker lets none through while it is open. */
  readonly asked: number;
  /** Answered while their client waited. */
  readonly good: number;
  readonly refused: number;
  /** Given up by their client. */
  readonly late: number;
  readonly waiting: number;
  /** The slowest hundredth of the answers, ms; NaN without answers. */
  readonly p99Ms: number;
  readonly breaker: BreakerState;
  readonly limit: number;
}

interface Attempt {
  readonly at: number;
  readonly retriesLeft: number;
  state: "waiting" | "running" | "gone";
  readonly inFlight: number;
}

const TICK = 0.25;

export function slowDatabase(options: SlowDatabase, seed: number): SlowTick[] {
  const { ratePerSecond, serviceMs, connections, slowFactor, slowSeconds, seconds } = options;
  const { slowAt = 5, queueLimit = Infinity, patienceMs = 1000, retries = 0 } = options;
  const sim = new Simulation({ seed });
  const service = exponential(serviceMs / 1000), random = sim.random("service");
  const breaker = options.breaker && new CircuitBreaker(options.breaker);
  const adaptive = options.adaptive && new AdaptiveLimit(options.adaptive);
  const forgets = queueLimit < Infinity;
  const queue: Attempt[] = [];
  let [head, waiting, running] = [0, 0, 0];
  const empty = { wanted: 0, attempts: 0, asked: 0, good: 0, refused: 0, late: 0 };
  let tick = { ...empty, tookMs: [] as number[] };
  const ticks: SlowTick[] = [];
  const isSlow = () => sim.now >= slowAt && sim.now < slowAt + slowSeconds;

  const attempt = (retriesLeft: number) => {
    tick.attempts++;
    const nowMs = sim.now * 1000, inFlight = running + waiting;
    const isOpen = breaker?.allow(nowMs) === false;
    if (!isOpen) tick.asked++;
    const isFull = adaptive?.allow(inFlight) === false ||
      (running >= connections && waiting >= queueLimit);
    if (isOpen || isFull) {
      if (!isOpen) breaker?.fail(nowMs);
      tick.refused++;
      return retry(retriesLeft);
    }
    const one: Attempt = { at: sim.now, retriesLeft, state: "waiting", inFlight: inFlight + 1 };
    sim.schedule(patienceMs / 1000, giveUp, one);
    if (running < connections) return start(one);
    queue.push(one);
    waiting++;
  };
  const retry = (left: number) => {
    if (left > 0) sim.schedule(0.001, attempt, left - 1);
  };
  const giveUp = (one: Attempt) => {
    if (one.state === "gone") return;
    tick.late++;
    breaker?.fail(sim.now * 1000);
    if (one.state === "waiting" && forgets) waiting--;
    one.state = "gone";
    retry(one.retriesLeft);
  };
  const start = (one: Attempt) => {
    running++;
    if (one.state === "waiting") one.state = "running";
    sim.schedule(service.sample(random) * (isSlow() ? slowFactor : 1), finish, one);
  };
  const finish = (one: Attempt) => {
    running--;
    const tookMs = (sim.now - one.at) * 1000;
    adaptive?.sample(sim.now * 1000, { tookMs, inFlight: one.inFlight });
    if (one.state === "running") {
      one.state = "gone";
      tick.good++;
      breaker?.succeed(sim.now * 1000);
    }
    tick.tookMs.push(tookMs);
    for (let next = queue[head]; next !== undefined; next = queue[head]) {
      head++;
      if (next.state === "gone" && forgets) continue;
      waiting--;
      start(next);
      break;
    }
    if (head > 10_000) queue.splice(0, head), head = 0;
  };

  arrive(sim, poisson(ratePerSecond), () => {
    tick.wanted++;
    attempt(retries);
  });
  const record = () => {
    const { tookMs, ...counts } = tick;
    tookMs.sort((a, b) => a - b);
    ticks.push({
      t: sim.now,
      ...counts,
      waiting,
      p99Ms: tookMs.length > 0 ? tookMs[Math.ceil(0.99 * tookMs.length) - 1] : NaN,
      breaker: breaker?.state(sim.now * 1000) ?? "closed",
      limit: adaptive?.limit ?? Infinity,
    });
    tick = { ...empty, tookMs: [] };
    sim.schedule(TICK, record);
  };
  sim.schedule(TICK, record);
  sim.run({ until: seconds });
  return ticks;
}

/** Seconds from the end of the slow time until p99 stays below a limit for a second; Infinity when it does not. */
export function recovery(ticks: readonly SlowTick[], healedAt: number, limitMs: number): number {
  for (let i = 0; i + 4 <= ticks.length; i++) {
    if (ticks[i].t <= healedAt) continue;
    if (ticks.slice(i, i + 4).every(({ p99Ms }) => !(p99Ms > limitMs))) {
      return ticks[i].t - healedAt;
    }
  }
  return Infinity;
}
