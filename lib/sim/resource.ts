/**
 * A pool of equal things that processes hold for a while: connections, permits, locks.
 *
 * `yield* pool.acquire()` waits for a free one; `release()` hands it to the next in the queue.
 * `yield* pool.use(work)` does both, and releases also when the work fails or is interrupted.
 *
 * @example
 * ```ts
 * import { Resource } from "lib/sim/resource.ts";
 * import { Simulation } from "lib/sim/simulation.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const sim = new Simulation();
 * const pool = new Resource(sim, { capacity: 2 });
 * const ends: number[] = [];
 * for (let i = 0; i < 3; i++) {
 *   sim.spawn(function* () {
 *     yield* pool.use(function* () {
 *       yield 1;
 *     });
 *     ends.push(sim.now);
 *   });
 * }
 * sim.run();
 * assertEquals(ends, [1, 1, 2]); // the third one waited
 * ```
 */
import { Gauge } from "./gauge.ts";
import { Refused, type Request } from "./job.ts";
import type { Process, Task } from "./process.ts";
import { fifo, type Queue, Waiting } from "./queue.ts";
import type { Simulation } from "./simulation.ts";

class Ticket extends Waiting {
  granted = false;
  readonly task: Task;

  constructor(task: Task, request: Omit<Request, "seconds">) {
    super(request);
    this.task = task;
  }
}

export class Resource {
  readonly name: string;
  readonly capacity: number;
  /** How many are held, over time. */
  readonly held: Gauge;
  /** How many wait, over time. */
  readonly waiting: Gauge;
  #sim: Simulation;
  #queue: Queue<Waiting>;
  #waitingRoom: number;

  /** `waitingRoom` is how many may wait before one more is refused; default no limit. */
  constructor(
    sim: Simulation,
    options: { capacity: number; name?: string; queue?: Queue; waitingRoom?: number },
  ) {
    const { capacity, name = "resource", queue = fifo(), waitingRoom = Infinity } = options;
    if (!(Number.isInteger(capacity) && capacity >= 1)) {
      throw new RangeError(
        `Cannot create ${name}: capacity must be an integer above 0: received ${capacity}`,
      );
    }
    this.name = name;
    this.capacity = capacity;
    this.held = new Gauge(sim);
    this.waiting = new Gauge(sim);
    this.#sim = sim;
    this.#queue = queue;
    this.#waitingRoom = waitingRoom;
  }

  /** Waits for a free one, at most `patience` seconds; throws `Refused` when there is none. */
  *acquire(request: Omit<Request, "seconds"> = {}): Process {
    if (this.held.value < this.capacity) {
      this.held.add(1);
      return;
    }
    if (this.#queue.size >= this.#waitingRoom) throw new Refused(this.name, "full");
    const task = this.#sim.current as Task;
    const ticket = new Ticket(task, request);
    this.#queue.push(ticket);
    this.waiting.set(this.#queue.size);
    const patience = request.patience === undefined ? -1 : this.#sim.schedule(
      request.patience,
      () => ticket.granted || task.interrupt(new Refused(this.name, "impatient")),
    );
    try {
      yield;
    } catch (error) {
      if (ticket.granted) this.release();
      else this.#queue.remove(ticket);
      throw error;
    } finally {
      this.waiting.set(this.#queue.size);
      this.#sim.cancel(patience);
    }
  }

  /** Gives one back, to whoever is next. */
  release(): void {
    if (this.held.value === 0) {
      throw new RangeError(`Cannot release ${this.name}: held must be 1 or more: received 0`);
    }
    const next = this.#queue.pop() as Ticket | undefined;
    if (next === undefined) {
      this.held.add(-1);
      return;
    }
    next.granted = true;
    this.waiting.set(this.#queue.size);
    next.task.wake();
  }

  /** Does `work` while holding one. */
  *use<T>(work: () => Process<T>, request: Omit<Request, "seconds"> = {}): Process<T> {
    yield* this.acquire(request);
    try {
      return yield* work();
    } finally {
      this.release();
    }
  }
}
