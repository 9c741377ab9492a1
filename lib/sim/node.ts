/**
 * A machine that can fail: it crashes, is restarted, pauses, and has a clock of its own.
 *
 * All that a node does goes through it: timers (`schedule`, in seconds of its own clock), processes
 * (`spawn`) and messages. A crash ends them all, and nothing but what the program stored elsewhere
 * survives; `restart` calls `start` again. While it is paused (garbage collection, a migrating
 * virtual machine) nothing happens and messages pile up; on `resume` all that is due happens at
 * once, in order, which is how a lease holder comes to act after its lease.
 *
 * @example
 * ```ts
 * import { Node } from "lib/sim/node.ts";
 * import { Simulation } from "lib/sim/simulation.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const sim = new Simulation();
 * const beats: number[] = [];
 * const node = new Node(sim, "a", {
 *   *run() {
 *     for (;;) {
 *       beats.push(sim.now);
 *       yield 1;
 *     }
 *   },
 * });
 * sim.schedule(1.5, () => node.pause());
 * sim.schedule(3.5, () => node.resume());
 * sim.schedule(5, () => node.crash());
 * sim.schedule(8, () => node.restart());
 * sim.run({ until: 9.5 });
 * assertEquals(beats, [0, 1, 3.5, 4.5, 8, 9]);
 * ```
 */
import type { Timer } from "./event_queue.ts";
import { LocalClock } from "./local_clock.ts";
import type { Network } from "./network.ts";
import { type Process, Task } from "./process.ts";
import type { Simulation } from "./simulation.ts";

export interface NodeOptions<M> {
  readonly network?: Network<M>;
  /** What it does with a message. */
  readonly receive?: (message: M, from: string) => void;
  /** What it does when it starts, and after each restart. */
  readonly run?: () => Process;
  /** Its clock: seconds gained a second, and seconds ahead. */
  readonly drift?: number;
  readonly offset?: number;
}

/** Something that is to happen at a node. */
interface Due {
  readonly action: (argument: never) => void;
  readonly argument: unknown;
  timer: Timer;
}

export class Node<M = unknown> {
  readonly name: string;
  readonly clock: LocalClock;
  state: "up" | "paused" | "down" = "down";
  #sim: Simulation;
  #options: NodeOptions<M>;
  #timers = new Map<Timer, Due>();
  #held: Due[] = []; // due while it was paused
  #tasks = new Set<Task>();

  constructor(sim: Simulation, name: string, options: NodeOptions<M> = {}) {
    this.name = name;
    this.clock = new LocalClock(sim, options);
    this.#sim = sim;
    this.#options = options;
    this.restart();
  }

  /** Calls `action(argument)` after `delay` seconds of the node's clock, unless it crashes. */
  schedule(delay: number, action: () => void): Timer;
  schedule<A>(delay: number, action: (argument: A) => void, argument: A): Timer;
  schedule<A>(delay: number, action: (argument: A) => void, argument?: A): Timer {
    if (this.state === "down") {
      throw new TypeError(`Cannot schedule at ${this.name}: state must be up: received down`);
    }
    const due: Due = { action, argument, timer: 0 };
    due.timer = this.#sim.schedule(this.clock.inWorld(delay), this.#fire, due);
    this.#timers.set(due.timer, due);
    return due.timer;
  }

  /** Cancels a timer, also one that is due and held by a pause. */
  cancel(timer: Timer): boolean {
    const held = this.#held.findIndex((due) => due.timer === timer);
    if (held >= 0) this.#held.splice(held, 1);
    return held >= 0 || this.#timers.delete(timer) && this.#sim.cancel(timer);
  }

  /** Starts a process on this node. */
  spawn<T>(process: Process<T> | (() => Process<T>), name = `process of ${this.name}`): Task<T> {
    const body = typeof process === "function" ? process() : process;
    const task = new Task<T>(this.#sim, body, name, this);
    this.#tasks.add(task as Task);
    return task;
  }

  /** Called by a process of this node when it has ended. */
  ended(task: Task): void {
    this.#tasks.delete(task);
  }

  /** Sends a message over the network; a node that is not up sends nothing. */
  send(to: string, message: M, bytes = 0): void {
    if (this.state === "up") this.#network().send(this.name, to, message, bytes);
  }

  /** Everything that it was doing ends; messages to it are lost. */
  crash(): void {
    if (this.state === "down") return;
    this.state = "down";
    this.#options.network?.detach(this.name);
    for (const timer of this.#timers.keys()) this.#sim.cancel(timer);
    this.#timers.clear();
    this.#held = [];
    for (const task of this.#tasks) task.kill();
  }

  /** Starts again after a crash. */
  restart(): void {
    if (this.state !== "down") return;
    this.state = "up";
    this.#options.network?.attach(this.name, this.#receive);
    if (this.#options.run) this.spawn(this.#options.run(), this.name);
  }

  /** Stops the node in its tracks. */
  pause(): void {
    if (this.state === "up") this.state = "paused";
  }

  /** Goes on after a pause: what fell due meanwhile happens now. */
  resume(): void {
    if (this.state !== "paused") return;
    this.state = "up";
    this.#sim.schedule(0, this.#catchUp);
  }

  #catchUp = (): void => {
    while (this.state === "up") {
      const due = this.#held.shift();
      if (due === undefined) return;
      (due.action as (argument: unknown) => void)(due.argument);
    }
  };

  #fire = (due: Due): void => {
    this.#timers.delete(due.timer);
    this.#do(due);
  };

  #receive = (message: M, from: string): void => {
    const action = () => this.#options.receive?.(message, from);
    this.#do({ action, argument: undefined, timer: -1 });
  };

  /** Does what is due, or holds it as long as the node is paused or has older things to do. */
  #do(due: Due): void {
    if (this.state === "paused" || this.#held.length > 0) this.#held.push(due);
    else (due.action as (argument: unknown) => void)(due.argument);
  }

  #network(): Network<M> {
    if (this.#options.network) return this.#options.network;
    throw new TypeError(`Cannot send from ${this.name}: network must be given: received none`);
  }
}
