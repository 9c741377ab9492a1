/**
 * A million clients that beat every 1.5 s through a network that loses beats, and a gateway that takes
 * them for offline after three misses: the core of session 01.
 *
 * Every beat is an event of the simulator; deadlines sit in a timing wheel. How often a client that is
 * online is taken for offline is known: each beat that arrives is followed by three lost ones with
 * probability (1 - loss) loss³.
 *
 * @module
 */
import { stream } from "lib/sim/random.ts";
import { Simulation } from "lib/sim/simulation.ts";
import { TimingWheel } from "lib/structures/timing_wheel.ts";

export interface Presence {
  beats: number;
  events: number;
  falseOffline: number;
  /** From the formula. */
  expected: number;
  virtualSeconds: number;
  wallSeconds: number;
}

const HEARTBEAT = 1.5;
const MISSES = 3;
const TICK = 0.25;

/** Simulates `clients` for `seconds` of virtual time, after as many beats as a first verdict needs. */
export function presence(clients: number, seconds: number, loss: number): Presence {
  const started = performance.now();
  const sim = new Simulation({ seed: 1 });
  const random = stream(1, "loss");
  const phase = stream(1, "phase");
  const wheel = new TimingWheel(clients, { slots: 64 });
  const patience = Math.ceil((MISSES * HEARTBEAT + TICK) / TICK); // whole ticks, late beats included
  const warmUp = MISSES * HEARTBEAT + 2 * TICK;
  let [beats, falseOffline, chances] = [0, 0, 0];

  function beat(client: number): void {
    beats++;
    if (random() >= loss) {
      wheel.schedule(client, Math.floor(sim.now / TICK) + patience);
      // Three more beats and the verdict on them fit in before the end.
      if (sim.now + warmUp < seconds) chances++;
    }
    sim.schedule(HEARTBEAT, beat, client);
  }
  function sweep(): void {
    wheel.advance(Math.round(sim.now / TICK), () => falseOffline++);
    sim.schedule(TICK, sweep);
  }
  for (let client = 0; client < clients; client++) {
    sim.schedule(phase() * HEARTBEAT, beat, client);
  }
  sim.schedule(TICK, sweep);
  const { events } = sim.run({ until: seconds });
  return {
    beats,
    events,
    falseOffline,
    expected: chances * loss ** MISSES,
    virtualSeconds: seconds,
    wallSeconds: (performance.now() - started) / 1000,
  };
}
