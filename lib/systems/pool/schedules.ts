/**
 * Every schedule of tasks that each take several connections one after the other: can they deadlock?
 *
 * A task holds what it has and asks for one more, until it has all; then it gives all back. Tasks that together hold the
 * whole pool while each still wants one wait for ever. The search visits every reachable state, which covers every
 * interleaving, and counts the interleavings by adding up the ways into each state. A pool of tasks × (each - 1) + 1
 * cannot deadlock: by the pigeonhole principle one task has all that it needs.
 *
 * Simplified: which of several waiters is served makes no difference to whether all of them wait, so a state is how
 * much each task holds.
 *
 * @example
 * ```ts
 * import { deadlockFree, schedules } from "lib/systems/pool/schedules.ts";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const found = schedules({ tasks: 3, each: 4, pool: 9 });
 * assertEquals(found.deadlock, [3, 3, 3]);
 * assert(schedules({ tasks: 3, each: 4, pool: 10 }).deadlock === undefined);
 * assertEquals(deadlockFree(3, 4), 10);
 * ```
 *
 * Source: HikariCP wiki, "About Pool Sizing".
 *
 * @module
 */

export interface NestedTasks {
  tasks: number;
  /** Connections that each task holds at its peak. */
  each: number;
  pool: number;
}

export interface Schedules {
  /** Distinct states that were reached. */
  states: number;
  /** Complete interleavings: those that end, and those that deadlock. */
  interleavings: bigint;
  deadlocked: bigint;
  /** What each task holds in a deadlock, if there is one. */
  deadlock: number[] | undefined;
}

/** The smallest pool that no schedule can deadlock. */
export function deadlockFree(tasks: number, each: number): number {
  return tasks * (each - 1) + 1;
}

/** Visits every schedule. @throws {RangeError} for more than about a million states */
export function schedules({ tasks, each, pool }: NestedTasks): Schedules {
  for (const [name, value] of Object.entries({ tasks, each, pool })) {
    if (Number.isInteger(value) && value >= 1) continue;
    throw new RangeError(
      `Cannot search schedules: ${name} must be an integer above 0: received ${value}`,
    );
  }
  const base = each + 2; // holds 0 … each, then done
  if (base ** tasks > 2e6) {
    throw new RangeError(
      `Cannot search schedules: (each + 2) ^ tasks must be at most 2000000: received ${
        base ** tasks
      }`,
    );
  }
  const done = each + 1;
  // Each step raises one digit, so states in ascending order come after all that lead to them.
  const ways = new Map<number, bigint>([[0, 1n]]);
  const powers = Array.from({ length: tasks }, (_, task) => base ** task);
  const found: Schedules = { states: 0, interleavings: 0n, deadlocked: 0n, deadlock: undefined };
  const last = base ** tasks;
  for (let state = 0; state < last; state++) {
    const count = ways.get(state);
    if (count === undefined) continue;
    ways.delete(state);
    found.states++;
    const held = powers.map((power) => Math.floor(state / power) % base);
    const inUse = held.reduce((sum, n) => sum + (n === done ? 0 : n), 0);
    let steps = 0;
    for (let task = 0; task < tasks; task++) {
      const mayAcquire = held[task] < each && inUse < pool;
      if (!mayAcquire && held[task] !== each) continue;
      steps++;
      const next = state + powers[task];
      ways.set(next, (ways.get(next) ?? 0n) + count);
    }
    if (steps > 0) continue;
    found.interleavings += count;
    if (held.every((n) => n === done)) continue;
    found.deadlocked += count;
    found.deadlock ??= held;
  }
  return found;
}

/** The worst schedule, for any number of tasks: each takes all but its last before any takes its last. Whether all are stuck. */
export function adversary({ tasks, each, pool }: NestedTasks): boolean {
  let left = pool;
  for (let task = 0; task < tasks; task++) left -= Math.min(left, each - 1);
  return left === 0;
}
