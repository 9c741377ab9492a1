/**
 * What a server measures: counts, load, numbers in system, waits and times with their errors, from
 * the end of the warm-up on.
 *
 * Little's law is checked on the way by two sets of books: the mean number in the system as an
 * integral over time, and the time that each request spent inside. Requests that the cut or the end
 * of the run finds inside count with their part, so that the two differ by rounding only; a larger
 * `littleGap` means that the simulation has lost a request.
 *
 * @example
 * ```ts
 * import { Job } from "lib/sim/job.ts";
 * import { ServerMeter } from "lib/sim/server_meter.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const clock = { now: 0 };
 * const meter = new ServerMeter(clock, 1);
 * const job = new Job(0, 2, {});
 * meter.admit(job);
 * meter.start(job);
 * clock.now = 2;
 * meter.finish(job);
 * clock.now = 4;
 * const { utilization, inSystem, littleGap } = meter.observed();
 * assertEquals([utilization, inSystem, littleGap], [0.5, 0.5, 0]);
 * ```
 */
import { Histogram } from "../structures/histogram.ts";
import { type Clock, Gauge } from "./gauge.ts";
import { BatchMeans, type Estimate } from "./interval.ts";
import type { Job } from "./job.ts";

/** What a server measured from `since` to now. */
export interface Observed {
  /** End of the warm-up that was cut, s. */
  readonly since: number;
  /** Requests that came, whether admitted or not. */
  readonly arrived: number;
  readonly served: number;
  readonly refused: number;
  /** Gave up while waiting, or were withdrawn by their caller. */
  readonly abandoned: number;
  /** Requests admitted, 1/s. */
  readonly arrivalRate: number;
  /** Work admitted as a share of what the servers can do: 1 or more has no steady state. */
  readonly load: number;
  /** Share of time that a server is busy. */
  readonly utilization: number;
  /** Mean number waiting or in service. */
  readonly inSystem: number;
  readonly inQueue: number;
  /** From arrival to the beginning of service, s, of those served. */
  readonly wait: Estimate;
  /** From arrival to the end of service, s. */
  readonly sojourn: Estimate;
  /** Relative difference between mean number and rate × time (Little's law): rounding only. */
  readonly littleGap: number;
  /** Labelled doubts about the means above. */
  readonly warnings: readonly string[];
}

/** The books of one server. */
export class ServerMeter {
  /** Times from arrival to the end of service, s, to 0.4 %. */
  readonly sojourns = new Histogram({ relativeError: 0.004 });
  readonly inSystem: Gauge;
  readonly busy: Gauge;
  #clock: Clock;
  #servers: number;
  #waits = new BatchMeans();
  #times = new BatchMeans();
  #since = 0;
  #admitted = 0;
  #refused = 0;
  #work = 0;
  #served = 0;
  #abandoned = 0;
  #spent = 0; // time in the system since the cut, of those who left
  #entered = 0; // sum of the arrival times, at least the cut, of those inside

  constructor(clock: Clock, servers: number) {
    this.#clock = clock;
    this.#servers = servers;
    this.inSystem = new Gauge(clock);
    this.busy = new Gauge(clock);
  }

  refuse(): void {
    this.#refused++;
  }

  admit(job: Job): void {
    this.#admitted++;
    this.#work += job.seconds;
    this.#entered += job.arrived;
    this.inSystem.add(1);
  }

  start(job: Job): void {
    job.started = this.#clock.now;
    this.busy.add(1);
  }

  finish(job: Job): void {
    this.busy.add(-1);
    this.#leave(job);
    if (job.arrived < this.#since) return;
    const sojourn = this.#clock.now - job.arrived;
    this.#served++;
    this.#waits.add(job.started - job.arrived);
    this.#times.add(sojourn);
    this.sojourns.record(sojourn);
  }

  /** A job leaves without having been served to the end. */
  abandon(job: Job): void {
    if (job.state === "in service") this.busy.add(-1);
    this.#leave(job);
    if (job.arrived >= this.#since) this.#abandoned++;
  }

  /** What was measured since the last cut. */
  observed(): Observed {
    const now = this.#clock.now;
    const seconds = now - this.#since;
    const inSystem = this.inSystem.mean;
    const spent = this.#spent + this.inSystem.value * now - this.#entered;
    const load = this.#work / seconds / this.#servers;
    const sojourn = this.#times.estimate();
    const warnings: string[] = [];
    if (load >= 1) {
      warnings.push(
        `no steady state: load is ${
          load.toPrecision(3)
        }, so that requests pile up or give up for ` +
          "as long as the run goes on; the means hold for this run only",
      );
    }
    if (sojourn.groups < 32) warnings.push(`short run: ${sojourn.count} requests measured`);
    return {
      since: this.#since,
      arrived: this.#admitted + this.#refused,
      served: this.#served,
      refused: this.#refused,
      abandoned: this.#abandoned,
      arrivalRate: this.#admitted / seconds,
      load,
      utilization: this.busy.mean / this.#servers,
      inSystem,
      inQueue: inSystem - this.busy.mean,
      wait: this.#waits.estimate(),
      sojourn,
      littleGap: inSystem > 0 ? Math.abs(1 - spent / seconds / inSystem) : 0,
      warnings,
    };
  }

  /** Ends the warm-up: forgets the past, keeps those inside. */
  cut(): void {
    this.#since = this.#clock.now;
    this.inSystem.cut();
    this.busy.cut();
    this.#waits = new BatchMeans();
    this.#times = new BatchMeans();
    this.sojourns.clear();
    this.#admitted =
      this.#refused =
      this.#work =
      this.#served =
      this.#abandoned =
      this.#spent =
        0;
    this.#entered = this.inSystem.value * this.#since;
  }

  #leave(job: Job): void {
    const entered = Math.max(job.arrived, this.#since);
    this.inSystem.add(-1);
    this.#spent += this.#clock.now - entered;
    this.#entered -= entered;
  }
}
