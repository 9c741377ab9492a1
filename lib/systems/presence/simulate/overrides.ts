/**
 * Two devices of one user set different states by hand: who wins, and is it the later one?
 *
 * The phone sets a state, and some time later the laptop sets another. Their clocks are skewed.
 * The laptop may or may not have heard of the phone's write by then. Last write wins compares the
 * clocks' readings; vector clocks compare what each had heard of, and where neither had heard of
 * the other they say so, and a fixed precedence of states decides.
 *
 * @module
 */
import { VectorClock } from "../../../structures/vector_clock.ts";

/** How writes of two devices meet; times in ms. */
export interface OverridesOptions {
  pairs: number;
  /** Each clock is off by up to ± this. */
  skewMs: number;
  /** The second write comes up to this long after the first. */
  gapMs: number;
  /** How long a write takes to reach the other device. */
  syncMs: number;
}

/** What became of the pairs. */
export interface Overrides {
  /** Pairs in which the second device had heard of the first write. */
  informed: number;
  /** Informed pairs in which last write wins kept the first write all the same. */
  lostByTimestamps: number;
  /** The same for vector clocks. */
  lostByVectorClocks: number;
  /** Uninformed pairs that vector clocks reported as concurrent: for precedence to decide. */
  conflictsFound: number;
  /** Uninformed pairs that last write wins decided by the skew without notice. */
  conflictsHidden: number;
  bytesPerTimestamp: number;
  bytesPerVectorClock: number;
}

/** Lets pairs of writes meet. */
export function simulateOverrides(options: OverridesOptions, random: () => number): Overrides {
  const { pairs, skewMs, gapMs, syncMs } = options;
  const result: Overrides = {
    informed: 0,
    lostByTimestamps: 0,
    lostByVectorClocks: 0,
    conflictsFound: 0,
    conflictsHidden: 0,
    bytesPerTimestamp: 8,
    bytesPerVectorClock: 0,
  };
  const skew = () => skewMs * (2 * random() - 1);
  for (let pair = 0; pair < pairs; pair++) {
    const laterMs = random() * gapMs;
    const phoneReadsMs = skew();
    const laptopReadsMs = laterMs + skew();
    const informed = laterMs > syncMs;
    const phone = new VectorClock().increment("phone");
    const laptop = (informed ? phone : new VectorClock()).increment("laptop");
    const order = laptop.compare(phone);
    const laptopWins = laptopReadsMs > phoneReadsMs;
    if (informed) {
      result.informed++;
      if (!laptopWins) result.lostByTimestamps++;
      if (order !== "after") result.lostByVectorClocks++;
    } else if (order === "concurrent") {
      result.conflictsFound++;
      result.conflictsHidden++; // a timestamp has no way to say "concurrent"
    }
    result.bytesPerVectorClock = JSON.stringify(laptop.merge(phone)).length;
  }
  return result;
}
