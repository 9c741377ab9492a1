/**
 * Servers with a queue in front: the model behind most capacity questions.
 *
 * A request comes by `submit(request, done)` from an event, or by `yield* server.serve(request)`
 * from a process. It is refused (waiting room full, or shed by `admit`), or it waits, may lose
 * patience, and is served for a time drawn from `service`. `observed()` says what was measured since
 * the warm-up, each mean with its error, and warns where no steady state exists.
 *
 * Simplified: servers of one pool are alike, and a request in service is never put back.
 *
 * @example
 * ```ts
 * import { exponential } from "lib/sim/distribution.ts";
 * import { Server } from "lib/sim/server.ts";
 * import { Simulation } from "lib/sim/simulation.ts";
 * import { assert } from "@std/assert";
 *
 * const sim = new Simulation({ seed: 1 });
 * const server = new Server(sim, { service: exponential(1), warmUp: 500 });
 * const gaps = exponential(1 / 0.5);
 * const random = sim.random("arrivals");
 * sim.spawn(function* () {
 *   for (;;) {
 *     yield gaps.sample(random);
 *     server.submit();
 *   }
 * });
 * sim.run({ until: 20_000 });
 * const { sojourn } = server.observed(); // M/M/1 at load 0.5: 2 s
 * assert(sojourn.low < 2 && 2 < sojourn.high);
 * ```
 */
import type { Histogram } from "../structures/histogram.ts";
import type { Distribution } from "./distribution.ts";
import { Job, Refused, type Request } from "./job.ts";
import type { Process, Task } from "./process.ts";
import { fifo, type Queue } from "./queue.ts";
import type { Random } from "./random.ts";
import { type Observed, ServerMeter } from "./server_meter.ts";
import type { Simulation } from "./simulation.ts";

export interface ServerOptions {
  /** Names its random stream; default "server". */
  readonly name?: string;
  /** Requests served at once; default 1. */
  readonly servers?: number;
  /** Service times, s. */
  readonly service: Distribution;
  /** Discipline; default first in, first out. */
  readonly queue?: Queue<Job>;
  /** How many may wait; default no limit. */
  readonly waitingRoom?: number;
  /** Load shedding: false refuses the request at once. */
  readonly admit?: (server: Server, request: Request) => boolean;
  /** Time that measurements leave out, s; default 0. */
  readonly warmUp?: number;
}

export class Server {
  readonly name: string;
  readonly servers: number;
  readonly queue: Queue<Job>;
  /** May be replaced while the run goes on: a slow disk, a cold cache. */
  service: Distribution;
  #sim: Simulation;
  #random: Random;
  #waitingRoom: number;
  #admit: ServerOptions["admit"];
  #meter: ServerMeter;

  constructor(sim: Simulation, options: ServerOptions) {
    const { name = "server", servers = 1, waitingRoom = Infinity, warmUp = 0 } = options;
    if (!(Number.isInteger(servers) && servers >= 1)) {
      throw new RangeError(
        `Cannot create ${name}: servers must be an integer above 0: received ${servers}`,
      );
    }
    if (!(waitingRoom >= 0)) {
      throw new RangeError(
        `Cannot create ${name}: waitingRoom must be 0 or more: received ${waitingRoom}`,
      );
    }
    this.name = name;
    this.servers = servers;
    this.service = options.service;
    this.queue = options.queue ?? fifo();
    this.#sim = sim;
    this.#random = sim.random(name);
    this.#waitingRoom = waitingRoom;
    this.#admit = options.admit;
    this.#meter = new ServerMeter(sim, servers);
    if (warmUp > 0) sim.schedule(warmUp, () => this.#meter.cut());
  }

  /** Requests in service. */
  get busy(): number {
    return this.#meter.busy.value;
  }

  /** Requests that wait or are in service. */
  get inSystem(): number {
    return this.#meter.inSystem.value;
  }

  /** Times from arrival to the end of service, s, since the warm-up. */
  get sojourns(): Histogram {
    return this.#meter.sojourns;
  }

  /** What was measured since the warm-up. */
  observed(): Observed {
    return this.#meter.observed();
  }

  /** Hands over a request; `done` is called when it leaves, served or not. */
  submit(request: Request = {}, done?: (job: Job) => void): Job {
    const seconds = request.seconds ?? this.service.sample(this.#random);
    const job = new Job(this.#sim.now, seconds, request, done);
    if (this.#admit?.(this, request) === false) return this.#refuse(job, "shed");
    const free = this.busy < this.servers;
    if (!free && this.queue.size >= this.#waitingRoom) return this.#refuse(job, "full");
    this.#meter.admit(job);
    if (free) this.#start(job);
    else {
      this.queue.push(job);
      if (request.patience !== undefined) {
        job.pending = this.#sim.schedule(request.patience, this.#giveUp, job);
      }
    }
    return job;
  }

  /** Waits until the request has been served; throws `Refused` when it is not. */
  *serve(request: Request = {}): Process<Job> {
    const task = this.#sim.current as Task;
    const job = this.submit(request, () => task.wake());
    if (job.state === "waiting" || job.state === "in service") {
      try {
        yield;
      } catch (error) {
        this.withdraw(job);
        throw error;
      }
    }
    if (job.state !== "served") throw new Refused(this.name, job.state as Refused["reason"]);
    return job;
  }

  /** Takes a request back: out of the queue, or out of service, which frees its server. */
  withdraw(job: Job): void {
    const inService = job.state === "in service";
    if (!inService && job.state !== "waiting") return;
    this.#sim.cancel(job.pending);
    if (!inService) this.queue.remove(job);
    this.#abandon(job, "withdrawn");
    if (inService) this.#next();
  }

  #start(job: Job): void {
    this.#meter.start(job);
    job.state = "in service";
    job.pending = this.#sim.schedule(job.seconds, this.#finish, job);
  }

  #finish = (job: Job): void => {
    this.#meter.finish(job);
    job.state = "served";
    this.#next();
    job.done?.(job);
  };

  #next(): void {
    const next = this.queue.pop();
    if (next === undefined) return;
    this.#sim.cancel(next.pending);
    this.#start(next);
  }

  #giveUp = (job: Job): void => {
    this.queue.remove(job);
    this.#abandon(job, "impatient");
  };

  #abandon(job: Job, state: "impatient" | "withdrawn"): void {
    this.#meter.abandon(job);
    job.state = state;
    job.done?.(job);
  }

  #refuse(job: Job, reason: "full" | "shed"): Job {
    this.#meter.refuse();
    job.state = reason;
    job.done?.(job);
    return job;
  }
}
