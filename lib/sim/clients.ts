/**
 * A closed load: so many clients, each of which waits for its answer, thinks, and asks again.
 *
 * Unlike open arrivals, a closed load slows down with the system that it loads; it can hide an
 * overload that open arrivals show.
 *
 * @example
 * ```ts
 * import { clients } from "lib/sim/clients.ts";
 * import { deterministic } from "lib/sim/distribution.ts";
 * import { Simulation } from "lib/sim/simulation.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const sim = new Simulation();
 * let answers = 0;
 * clients(sim, { count: 10, think: deterministic(0.9) }, function* () {
 *   yield 0.1;
 *   answers++;
 * });
 * sim.run({ until: 60 });
 * assertEquals(answers, 10 * 60); // count / (think + answer) = 10 a second
 * ```
 */
import type { Distribution } from "./distribution.ts";
import { deterministic } from "./distribution.ts";
import type { Process } from "./process.ts";
import type { Simulation } from "./simulation.ts";

export interface ClientsOptions {
  readonly count: number;
  /** Pause between an answer and the next request, s; default none. */
  readonly think?: Distribution;
  /** When each client sends its first request, s; default at once. */
  readonly start?: Distribution;
  readonly name?: string;
}

/** Starts the clients; `request(client)` is one request and its answer. */
export function clients(
  sim: Simulation,
  options: ClientsOptions,
  request: (client: number) => Process<unknown>,
): void {
  const { count, think = deterministic(0), start = deterministic(0), name = "clients" } = options;
  if (!(Number.isInteger(count) && count >= 1)) {
    throw new RangeError(
      `Cannot start ${name}: count must be an integer above 0: received ${count}`,
    );
  }
  const random = sim.random(name);
  function* client(index: number): Process {
    yield Math.max(0, start.sample(random));
    for (;;) {
      yield* request(index);
      yield Math.max(0, think.sample(random));
    }
  }
  for (let i = 0; i < count; i++) sim.spawn(client(i), `${name} ${i}`);
}
