/**
 * Erlang's formulas: the share of calls lost, and the share that waits.
 *
 * `offered` is the load in erlangs, arrival rate times service time: the number of servers that would
 * be busy if none were missing. B loses what finds all servers busy, C lets it wait. B comes from
 * its recurrence over the servers, which stays exact where factorials overflow, and C from B.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { erlangB, erlangC } from "lib/estimate/erlang.ts";
 *
 * assertEquals(erlangB(10, 8).toFixed(4), "0.1217");
 * assertEquals(erlangC(10, 8).toFixed(4), "0.4092");
 * ```
 *
 * Source: Erlang, Solution of some Problems in the Theory of Probabilities of Significance in
 * Automatic Telephone Exchanges, 1917; recurrence in Cooper, Introduction to Queueing Theory, 2nd
 * edition, p. 82.
 */

/**
 * Returns the probability that an arrival finds all servers busy and is lost.
 *
 * @throws {RangeError} When servers is not a whole number from 0, or the load is negative.
 */
export function erlangB(servers: number, offered: number): number {
  check(servers, offered, 0);
  let blocked = 1;
  for (let n = 1; n <= servers; n++) blocked = offered * blocked / (n + offered * blocked);
  return blocked;
}

/**
 * Returns the probability that an arrival has to wait.
 *
 * @throws {RangeError} When the load is not below the number of servers: the queue has no steady state.
 */
export function erlangC(servers: number, offered: number): number {
  check(servers, offered, 1);
  if (offered >= servers) {
    throw new RangeError(
      `Cannot compute Erlang C: offered load must be below ${servers} servers, or the queue grows without end: received ${offered} erlangs`,
    );
  }
  const blocked = erlangB(servers, offered);
  return servers * blocked / (servers - offered * (1 - blocked));
}

function check(servers: number, offered: number, least: number): void {
  if (!Number.isInteger(servers) || servers < least) {
    throw new RangeError(
      `Cannot compute Erlang formula: servers must be a whole number from ${least}: received ${servers}`,
    );
  }
  if (!(offered >= 0 && offered < Infinity)) {
    throw new RangeError(
      `Cannot compute Erlang formula: offered load must be at least 0 erlangs: received ${offered}`,
    );
  }
}
