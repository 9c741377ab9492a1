/**
 * The models that SimPy runs as well (`peers/simpy_*.py`), written as one writes them here.
 *
 * @module
 */
import { exponential } from "lib/sim/distribution.ts";
import { Mailbox } from "lib/sim/mailbox.ts";
import { Network } from "lib/sim/network.ts";
import { integer } from "lib/sim/random.ts";
import { Resource } from "lib/sim/resource.ts";
import { Server } from "lib/sim/server.ts";
import { type Process, Simulation } from "lib/sim/simulation.ts";

/** One replication: the events of the model, and the number that both sides have to agree on. */
export interface Replication {
  events: number;
  value: number;
}

/** M/M/1, a process a customer and a resource for the server: mean wait, s. */
export function mm1Processes(load: number, customers: number, seed: number): Replication {
  const sim = new Simulation({ seed });
  const server = new Resource(sim, { capacity: 1 });
  const gaps = sim.random("arrivals");
  const services = sim.random("services");
  const [gap, service] = [exponential(1 / load), exponential(1)];
  let waits = 0;
  let events = 0;
  function* customer(): Process {
    const arrived = sim.now;
    events++;
    yield* server.acquire();
    waits += sim.now - arrived;
    yield service.sample(services);
    server.release();
    events++;
  }
  sim.spawn(function* () {
    for (let i = 0; i < customers; i++) {
      yield gap.sample(gaps);
      sim.spawn(customer());
    }
  });
  sim.run();
  return { events, value: waits / customers };
}

/** The same M/M/1 with plain events and a server that keeps statistics. */
export function mm1Events(load: number, customers: number, seed: number): Replication {
  const sim = new Simulation({ seed });
  const server = new Server(sim, { service: exponential(1) });
  const gaps = sim.random("arrivals");
  const gap = exponential(1 / load);
  let left = customers;
  function arrive(): void {
    if (--left > 0) sim.schedule(gap.sample(gaps), arrive);
    server.submit();
  }
  sim.schedule(gap.sample(gaps), arrive);
  sim.run();
  const { served, wait } = server.observed();
  return { events: customers + served, value: wait.mean };
}

/** Nodes that work on a message and send it on: virtual time of so many deliveries, s. */
export function messagePassing(
  nodes: number,
  messages: number,
  deliveries: number,
  seed: number,
): Replication {
  const sim = new Simulation({ seed });
  const network = new Network<number>(sim, { latency: exponential(0.01) });
  const names = Array.from({ length: nodes }, (_, i) => `n${i}`);
  const inboxes = names.map(() => new Mailbox<number>(sim));
  const work = exponential(0.001);
  let delivered = 0;
  function* node(own: number): Process {
    const random = sim.random(names[own]);
    for (;;) {
      const message = yield* inboxes[own].take();
      yield work.sample(random);
      const target = integer(random, nodes - 1);
      network.send(names[own], names[target < own ? target : target + 1], message);
    }
  }
  names.forEach((name, i) => {
    network.attach(name, (message) => {
      inboxes[i].put(message);
      if (++delivered === deliveries) sim.stop();
    });
    sim.spawn(node(i), name);
  });
  for (let message = 0; message < messages; message++) inboxes[message % nodes].put(message);
  return { value: sim.run({ until: 1e9 }).now, events: delivered };
}
