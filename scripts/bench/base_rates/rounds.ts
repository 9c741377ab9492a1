/**
 * Times an operation: two rounds to warm up, then five, of which the fastest counts, because whatever else
 * runs on the machine only ever slows one down.
 *
 * A round repeats the operation until 40 ms are over, so that the clock's resolution does not matter.
 *
 * @module
 */

const WARM_UP = 2;
const ROUNDS = 5;
const ROUND_MS = 40;

/** Seconds of one operation in the fastest round; `run` does it `times` times and returns when it has. */
export async function secondsOf(run: (times: number) => unknown): Promise<number> {
  let times = 1;
  let fastest = Infinity;
  for (let round = 0; round < WARM_UP + ROUNDS; round++) {
    const started = performance.now();
    let done = 0;
    let elapsedMs = 0;
    while (elapsedMs < ROUND_MS) {
      await run(times);
      done += times;
      elapsedMs = performance.now() - started;
      // Large enough batches that reading the clock costs nothing, small enough to end in time.
      if (elapsedMs < ROUND_MS / 4) times *= 2;
    }
    if (round >= WARM_UP) fastest = Math.min(fastest, elapsedMs / 1000 / done);
  }
  return fastest;
}
