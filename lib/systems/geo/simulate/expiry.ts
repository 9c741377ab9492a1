/**
 * Heartbeats over a lossy uplink against a time to live: who is hidden wrongly, how old positions are, who haunts.
 *
 * Each driver beats once an interval, at a phase of its own; a beat is lost with a fixed probability, independently.
 * A store in ticks of a second hides a driver when the time to live has passed since the last beat that arrived; a beat
 * that arrives in the very tick wins. Some drivers go home on the way: until the store notices, they are ghosts.
 *
 * @example
 * ```ts
 * import { expiries } from "lib/systems/geo/simulate/expiry.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const run = expiries({ drivers: 100, heartbeat: 5, ttl: 15, loss: 0, seconds: 60, leave: 0 }, Math.random);
 * assertEquals(run.falseExpiries, 0);
 * ```
 *
 * @module
 */
import { Histogram } from "lib/structures/histogram.ts";
import { TimingWheel } from "lib/structures/timing_wheel.ts";

/** Times in whole seconds, shares from 0 to 1. */
export interface ExpiryModel {
  drivers: number;
  heartbeat: number;
  ttl: number;
  loss: number;
  seconds: number;
  /** Share of drivers that go home, one after another over the whole time. */
  leave: number;
}

/** What was seen after everybody had beaten once. */
export interface ExpiryRun {
  /** Drivers that were hidden while on the road. */
  falseExpiries: number;
  /** How many were to be expected. */
  expected: number;
  /** Age of positions, in seconds: all drivers, every second. */
  ages: Histogram;
  /** The longest that a driver was shown after it had gone home, in seconds. */
  oldestGhost: number;
  /** Beats that arrived, for the rate. */
  arrived: number;
}

/** False expiries a second: a beat arrives, and then ttl / heartbeat of them do not. */
export function falseExpiryRate(
  { drivers, heartbeat, ttl, loss }: Pick<ExpiryModel, "drivers" | "heartbeat" | "ttl" | "loss">,
): number {
  return drivers / heartbeat * (1 - loss) * loss ** Math.floor(ttl / heartbeat + 1e-9);
}

/** Runs the model second by second. */
export function expiries(model: ExpiryModel, random: () => number): ExpiryRun {
  const { drivers, heartbeat, ttl, loss, seconds, leave } = model;
  const wheel = new TimingWheel(drivers, { slots: ttl + 2 });
  const lastBeat = new Int32Array(drivers).fill(-1), ages = new Histogram({ relativeError: 0.01 });
  /** When they go home, of those who do. */
  const homeAt = new Map<number, number>();
  for (let id = 0; id < drivers; id++) {
    if (random() < leave) homeAt.set(id, heartbeat + Math.floor(random() * seconds));
  }
  let falseExpiries = 0, oldestGhost = 0, arrived = 0;
  for (let now = 0; now < seconds; now++) {
    for (let id = now % heartbeat; id < drivers; id += heartbeat) {
      if (now >= (homeAt.get(id) ?? Infinity)) continue;
      // Everybody's first beat arrives: who was never seen cannot be hidden.
      if (now >= heartbeat && random() < loss) continue;
      lastBeat[id] = now;
      arrived++;
      wheel.schedule(id, Math.max(now, wheel.now) + ttl);
    }
    wheel.advance(now, (id) => {
      const home = homeAt.get(id);
      if (home !== undefined && home <= now) oldestGhost = Math.max(oldestGhost, now - home);
      else falseExpiries++;
      lastBeat[id] = -1;
    });
    if (now < heartbeat) continue;
    for (let id = 0; id < drivers; id++) {
      if (lastBeat[id] >= 0) ages.record(now - lastBeat[id] + 0.5);
    }
  }
  // The first beat arrives for sure, every later one with 1 - loss; each hides its driver unless a later one arrives.
  const run = loss ** Math.floor(ttl / heartbeat);
  let expected = 0;
  for (let id = 0; id < Math.min(drivers, heartbeat); id++) {
    const same = Math.ceil((drivers - id) / heartbeat);
    const later = Math.floor((seconds - 1 - ttl - id) / heartbeat);
    if (later >= 0) expected += same * run * (1 + later * (1 - loss));
  }
  return { falseExpiries, expected, ages, oldestGhost, arrived };
}
