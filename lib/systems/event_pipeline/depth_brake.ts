/**
 * Stops reading while what comes after is full, and goes on once it has room.
 *
 * A consumer that hands records to a queue would fill memory when the queue's workers are slower; one that waited inside its handler
 * would miss its heartbeats and lose its partitions. So past a **high** mark of the queue it pauses a partition, which goes on being
 * its own, and it takes it up again at the **low** mark: two marks, so that it does not stop and go with each record.
 *
 * @module
 */

export interface BackPressure {
  /** What waits in the queue. */
  depth: () => number;
  /** From here on nothing is read. */
  high: number;
  /** Down to here it stays so. Default: half of `high`. */
  low?: number;
}

const LOOK_MS = 10;

/** The brake of one consumer. */
export class DepthBrake {
  /** How often a partition was stopped. */
  stops = 0;
  #pressure: BackPressure | undefined;
  #waiting: (() => void)[] = [];
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(pressure?: BackPressure) {
    this.#pressure = pressure;
  }

  get isDue(): boolean {
    return this.#pressure !== undefined && this.#pressure.depth() >= this.#pressure.high;
  }

  /** Calls back once the queue has room. */
  hold(resume: () => void): void {
    this.stops++;
    this.#waiting.push(resume);
    this.#timer ??= setInterval(() => this.#look(), LOOK_MS);
  }

  /** Forgets who waits. */
  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#waiting = [];
  }

  #look(): void {
    const { depth, high, low = high / 2 } = this.#pressure!;
    if (depth() > low) return;
    const waiting = this.#waiting;
    this.stop();
    for (const resume of waiting) resume();
  }
}
