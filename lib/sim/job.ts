/**
 * A request at a server: what its caller may say about it, and what becomes of it.
 *
 * @example
 * ```ts
 * import { Job } from "lib/sim/job.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const job = new Job(3, 0.2, { flow: "tenant 7", patience: 1 });
 * assertEquals([job.state, job.flow, job.cost], ["waiting", "tenant 7", 0.2]);
 * ```
 */
import type { Timer } from "./event_queue.ts";
import { ModelError } from "./model_error.ts";
import { Waiting } from "./queue.ts";

/** What a caller may say about a request. */
export interface Request {
  /** Lower is served first, where the queue is by priority. */
  readonly priority?: number;
  /** Whose share it counts against, where the queue is fair. */
  readonly flow?: string;
  /** Service time, s, instead of one drawn from the server's distribution. */
  readonly seconds?: number;
  /** How long it waits for service before it gives up, s. */
  readonly patience?: number;
}

/** Thrown by `serve` for a request that was not served. */
export class Refused extends ModelError {
  /** Waiting room full, load shed, or patience lost while waiting. */
  readonly reason: "full" | "shed" | "impatient";

  constructor(server: string, reason: "full" | "shed" | "impatient") {
    super(`${server} refused the request: ${reason}`);
    this.reason = reason;
  }
}

/** A request at a server. */
export class Job extends Waiting {
  state: "waiting" | "in service" | "served" | "withdrawn" | Refused["reason"] = "waiting";
  readonly arrived: number;
  /** When its service began; NaN while it waits. */
  started = NaN;
  readonly seconds: number;
  readonly done: ((job: Job) => void) | undefined;
  /** Of its patience, then of its service. */
  pending: Timer = -1;

  constructor(arrived: number, seconds: number, request: Request, done?: (job: Job) => void) {
    super({ priority: request.priority, flow: request.flow, cost: seconds });
    this.arrived = arrived;
    this.seconds = seconds;
    this.done = done;
  }
}
