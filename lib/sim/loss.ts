/**
 * Loss of messages: each by itself, or in bursts.
 *
 * A loss model is started once for each link, because bursts have a memory. `gilbertElliott` is a
 * link that is either good or bad: it goes bad with such a probability, and stays so for so many
 * messages, that the given share is lost in bursts of the given mean length.
 *
 * @example
 * ```ts
 * import { gilbertElliott } from "lib/sim/loss.ts";
 * import { stream } from "lib/sim/random.ts";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const lost = gilbertElliott({ loss: 0.01, burst: 5 })(stream(1, "link"));
 * let count = 0;
 * for (let i = 0; i < 1_000_000; i++) if (lost()) count++;
 * assertAlmostEquals(count / 1_000_000, 0.01, 0.001);
 * ```
 *
 * Source: Gilbert, "Capacity of a burst-noise channel", Bell System Technical Journal 39, 1960;
 * Elliott, ibid. 42, 1963.
 */
import type { Random } from "./random.ts";

/** Starts the loss of one link; what it returns says for each message whether it is lost. */
export type Loss = (random: Random) => () => boolean;

/** Every message is lost with this probability, whatever happened to the others. */
export function bernoulli(loss: number): Loss {
  probability("bernoulli", "loss", loss);
  return (random) => () => random() < loss;
}

/**
 * Bursts: `loss` is the share that is lost in the long run, `burst` the mean number of messages
 * that a bad state lasts. In the bad state a share `lostWhenBad`, by default all, is lost; in the
 * good state `lostWhenGood`, by default none.
 */
export function gilbertElliott(
  options: { loss: number; burst: number; lostWhenBad?: number; lostWhenGood?: number },
): Loss {
  const { loss, burst, lostWhenBad = 1, lostWhenGood = 0 } = options;
  probability("gilbertElliott", "loss", loss);
  probability("gilbertElliott", "lostWhenBad", lostWhenBad);
  probability("gilbertElliott", "lostWhenGood", lostWhenGood);
  if (!(burst >= 1 && burst < Infinity)) {
    throw new RangeError(
      `Cannot create gilbertElliott: burst must be 1 message or more: received ${burst}`,
    );
  }
  const bad = (loss - lostWhenGood) / (lostWhenBad - lostWhenGood); // share of time spent bad
  const toBad = bad / (1 - bad) / burst;
  if (!(bad >= 0 && bad < 1 && toBad <= 1)) {
    throw new RangeError(
      `Cannot create gilbertElliott: loss must be between lostWhenGood and what bursts of ${burst} ` +
        `can reach: received ${loss}`,
    );
  }
  return (random) => {
    let isBad = random() < bad;
    return () => {
      const lost = random() < (isBad ? lostWhenBad : lostWhenGood);
      isBad = isBad ? random() >= 1 / burst : random() < toBad;
      return lost;
    };
  };
}

function probability(kind: string, name: string, value: number): void {
  if (value >= 0 && value <= 1) return;
  throw new RangeError(`Cannot create ${kind}: ${name} must be between 0 and 1: received ${value}`);
}
