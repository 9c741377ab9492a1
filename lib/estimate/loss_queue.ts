/**
 * M/M/c/K: a queue that holds at most K, waiting and in service, and turns the rest away.
 *
 * It has a steady state under any load, and with K = c it is Erlang's loss system. The state
 * probabilities are built as logarithms, so that thousands of servers do not overflow.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { mmck } from "lib/estimate/loss_queue.ts";
 * import { quantity } from "lib/estimate/quantity.ts";
 *
 * const overloaded = mmck({
 *   arrivals: quantity(1200, "requests/s"),
 *   service: quantity(1, "ms"),
 *   servers: 1,
 *   capacity: 500,
 * });
 * assertEquals(`${overloaded.lost} lost, ${overloaded.served}`, "16.7 % lost, 1,000 requests/s");
 * ```
 *
 * Source: Gross, Shortle, Thompson and Harris, Fundamentals of Queueing Theory, 4th edition, section
 * 2.5.
 */
import { type Quantity, quantity } from "./quantity.ts";
import { offeredLoad, type Queue, type Work } from "./queueing.ts";

/** Means of a queue that turns arrivals away; wait and response are of those that got in. */
export interface LossQueue extends Queue {
  /** Share of the arrivals that is turned away. */
  readonly lost: Quantity<"ratio">;
  /** Rate of the others. */
  readonly served: Quantity<"rate">;
}

/**
 * Returns the steady state of `servers` with room for `capacity` in all.
 *
 * @throws {RangeError} When servers or capacity are not whole numbers, or capacity is below servers.
 */
export function mmck(
  { servers, capacity, ...work }: Work & { servers: number; capacity: number },
): LossQueue {
  if (!Number.isInteger(servers) || servers < 1) {
    throw new RangeError(
      `Cannot solve M/M/c/K: servers must be a whole number from 1: received ${servers}`,
    );
  }
  if (!Number.isInteger(capacity) || capacity < servers) {
    throw new RangeError(
      `Cannot solve M/M/c/K: capacity must be a whole number from ${servers} servers: received ${capacity}`,
    );
  }
  const { arrivals, service } = work;
  const states = stateProbabilities(offeredLoad(work), servers, capacity);
  const mean = (of: (n: number) => number) => states.reduce((sum, p, n) => sum + p * of(n), 0);
  const lost = states[capacity];
  const served = arrivals.times(1 - lost);
  const waitingCount = mean((n) => Math.max(0, n - servers));
  const busy = mean((n) => Math.min(n, servers));
  const waits = mean((n) => n >= servers && n < capacity ? 1 : 0) / (1 - lost);
  const wait = service.times(busy === 0 ? 0 : waitingCount / busy);
  const percent = (part: number) => quantity(part).to("%");
  return {
    load: percent(busy / servers),
    waits: percent(waits),
    wait,
    response: wait.plus(service),
    waiting: served.times(wait),
    inSystem: served.times(wait.plus(service)),
    lost: percent(lost),
    served,
  };
}

function stateProbabilities(offered: number, servers: number, capacity: number): number[] {
  const logs = [0];
  for (let n = 1; n <= capacity; n++) {
    logs.push(logs[n - 1] + Math.log(offered / Math.min(n, servers)));
  }
  const largest = logs.reduce((a, b) => Math.max(a, b));
  const weights = logs.map((log) => Math.exp(log - largest));
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / sum);
}
