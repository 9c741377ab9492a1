/**
 * Hedged requests: ask a second server when the first one has not answered for a while.
 *
 * `hedge` starts an attempt, and another one whenever `afterMs` pass without an answer, or when the
 * last one has failed; the first success wins and aborts the others. With `afterMs` at the p95 of the
 * latencies about one request in twenty is sent twice, and the slowest hundredth all but disappears.
 * `HedgeBudget` caps that extra load: when everybody is slow, hedging would only add to it.
 *
 * Simplified: attempts must be idempotent, and their slowness independent; asking the same slow
 * server again helps nobody, so send each attempt elsewhere.
 *
 * @example
 * ```ts
 * import { hedge } from "lib/structures/hedge.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const answers = [new Promise<string>(() => {}), Promise.resolve("from the replica")];
 * const { value, attempts, winner } = await hedge((n) => answers[n], { afterMs: 1 });
 * assertEquals([value, attempts, winner], ["from the replica", 2, 1]);
 * ```
 *
 * Source: Dean and Barroso, "The Tail at Scale", CACM 56(2), 2013.
 */

/** How to hedge. */
export interface HedgeOptions {
  /** Time without an answer before the next attempt, ms. */
  readonly afterMs: number;
  /** Attempts at most; default 2. */
  readonly most?: number;
  /** What the further attempts are taken from; default no limit. */
  readonly budget?: HedgeBudget;
  /** Resolves after a time, ms, or when the signal aborts; default a timer. */
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** The first answer, and what it took. */
export interface Hedged<T> {
  readonly value: T;
  /** Attempts that were started. */
  readonly attempts: number;
  /** The attempt that answered, from 0. */
  readonly winner: number;
}

/**
 * Allows one further attempt for every `1 / share` requests, and saves up at most `burst` of them.
 */
export class HedgeBudget {
  readonly share: number;
  readonly burst: number;
  #left: number;

  constructor(share: number, options: { burst?: number } = {}) {
    const { burst = 10 } = options;
    if (!(share >= 0 && share <= 1)) {
      throw new RangeError(
        `Cannot create hedge budget: share must be from 0 to 1: received ${share}`,
      );
    }
    if (!(burst >= 1)) {
      throw new RangeError(
        `Cannot create hedge budget: burst must be 1 or more: received ${burst}`,
      );
    }
    this.share = share;
    this.burst = burst;
    this.#left = burst;
  }

  /** Counts a request. */
  earn(): void {
    this.#left = Math.min(this.burst, this.#left + this.share);
  }

  /** Takes a further attempt; false when there is none left. */
  spend(): boolean {
    // A hundred hundredths are one, whatever the last binary digit says.
    if (this.#left < 1 - 1e-9) return false;
    this.#left -= 1;
    return true;
  }
}

/**
 * Resolves with the first success; rejects when all attempts have failed, with the first failure.
 *
 * @throws {RangeError} When `afterMs` is negative or `most` is not a whole number above 0.
 */
export async function hedge<T>(
  attempt: (n: number, signal: AbortSignal) => Promise<T>,
  options: HedgeOptions,
): Promise<Hedged<T>> {
  const { afterMs, most = 2, budget, wait = timer } = options;
  if (!(afterMs >= 0)) {
    throw new RangeError(`Cannot hedge: afterMs must be 0 ms or more: received ${afterMs}`);
  }
  if (!(Number.isInteger(most) && most >= 1)) {
    throw new RangeError(`Cannot hedge: most must be a whole number above 0: received ${most}`);
  }
  budget?.earn();
  const over = new AbortController();
  const running = new Map<number, Promise<Outcome<T>>>();
  const failures: unknown[] = [];
  let [attempts, mayGoOn] = [0, true];
  function start(): void {
    const n = attempts++;
    const outcome = Promise.try(attempt, n, over.signal).then(
      (value): Outcome<T> => ({ n, value }),
      (error): Outcome<T> => ({ n, error }),
    );
    running.set(n, outcome);
  }
  start();
  try {
    while (running.size > 0) {
      mayGoOn &&= attempts < most;
      const pause = new AbortController();
      const next = mayGoOn ? [wait(afterMs, pause.signal).then(() => undefined)] : [];
      const outcome = await Promise.race([...running.values(), ...next]);
      pause.abort();
      if (outcome && "value" in outcome) {
        return { value: outcome.value, attempts, winner: outcome.n };
      }
      if (outcome) {
        running.delete(outcome.n);
        failures.push(outcome.error);
      }
      if (mayGoOn) (mayGoOn = budget?.spend() ?? true) && start();
    }
    throw failures[0];
  } finally {
    over.abort();
  }
}

type Outcome<T> = { n: number; value: T } | { n: number; error: unknown };

function timer(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const id = setTimeout(resolve, ms);
  signal.addEventListener("abort", () => {
    clearTimeout(id);
    resolve();
  }, { once: true });
  return promise;
}
