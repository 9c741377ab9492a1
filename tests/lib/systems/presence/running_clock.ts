/**
 * Time for gateways and devices that share a process: it passes only while the process runs, and not at all once stopped.
 *
 * A machine that stalls for a second would make every device look silent. Timers that came due meanwhile fire when it is
 * over, but sockets are read a little later; on this clock that is a step as small as any other.
 */
const TICK_MS = 5;
const LONGEST_STEP_MS = 10;

export class RunningClock {
  #ms = Date.now();
  #lastMs = performance.now();
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor() {
    this.#timer = setInterval(() => {
      const nowMs = performance.now();
      this.#ms += Math.min(nowMs - this.#lastMs, LONGEST_STEP_MS);
      this.#lastMs = nowMs;
    }, TICK_MS);
  }

  readonly now = (): number => Math.floor(this.#ms);

  /** Moves it forward at once. */
  advance(ms: number): void {
    this.#ms += ms;
  }

  /** Resolves when so much of it has passed. */
  async passes(ms: number): Promise<void> {
    for (const endMs = this.#ms + ms; this.#ms < endMs;) {
      await new Promise((done) => setTimeout(done, TICK_MS));
    }
  }

  /** Lets it stand still until it is advanced. */
  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
