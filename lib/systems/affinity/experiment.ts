/**
 * An A/B test: who is in which arm, how many are needed, what came out, and whether the split can be believed.
 *
 * A user's arm is a hash of salt and id, so that it needs no table and never changes; another salt shuffles everybody
 * anew. Rates are compared by their difference over its standard error. Before anything is read, the sizes of the arms
 * are compared with their weights by χ²: a split that is off says that somebody drops out on one side, and that no
 * number of the test means what it seems to.
 *
 * Simplified: one look at the end. Who looks every day at 5 % raises false alarms far more often.
 *
 * @example
 * ```ts
 * import { assign, usersPerArm } from "lib/systems/affinity/experiment.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(assign("user:7", "ranker-3", ["old", "new"]), assign("user:7", "ranker-3", ["old", "new"]));
 * assertEquals(Math.round(usersPerArm({ rate: 0.05, lift: 0.02 }) / 100) * 100, 752_700);
 * ```
 *
 * Source: Kohavi, Tang, Xu, Trustworthy Online Controlled Experiments, 2020, chapters 17 and 21.
 *
 * @module
 */
import { chiSquareTail, normalCdf, normalQuantile } from "../../estimate/normal.ts";
import { murmur2 } from "../../structures/murmur2.ts";

/** The arm of a user; each is as likely. */
export function assign<T>(userId: string, salt: string, arms: readonly T[]): T {
  if (arms.length === 0) {
    throw new RangeError("Cannot assign user: arms must not be empty: received []");
  }
  let h = murmur2(userId) ^ Math.imul(murmur2(salt), 0x9e3779b1);
  h = Math.imul(h ^ h >>> 16, 0x21f0aaad);
  h = Math.imul(h ^ h >>> 15, 0x735a2d97);
  return arms[((h ^ h >>> 15) >>> 0) % arms.length];
}

export interface Sizing {
  /** Clicks per showing of the old arm. */
  rate: number;
  /** Relative: 0.02 is 2 % more. */
  lift: number;
  /** Two-sided false alarms. */
  alpha?: number;
  /** The probability to see the lift when it is there. */
  power?: number;
}

/** Users an arm for a lift to be seen. */
export function usersPerArm({ rate, lift, alpha = 0.05, power = 0.8 }: Sizing): number {
  const better = rate * (1 + lift);
  if (!(rate > 0 && rate < 1 && better > 0 && better < 1 && lift !== 0)) {
    throw new RangeError(
      `Cannot size test: both rates must be between 0 and 1 and differ: received ${rate}, ${better}`,
    );
  }
  const z = normalQuantile(1 - alpha / 2) + normalQuantile(power);
  return z * z * (rate * (1 - rate) + better * (1 - better)) / (better - rate) ** 2;
}

/** The probability to see a lift with this many users an arm, in either direction. */
export function powerOf({ rate, lift, alpha = 0.05 }: Sizing, perArm: number): number {
  const better = rate * (1 + lift);
  const error = Math.sqrt((rate * (1 - rate) + better * (1 - better)) / perArm);
  const shift = (better - rate) / error, z = normalQuantile(1 - alpha / 2);
  return normalCdf(shift - z) + normalCdf(-shift - z);
}

export interface Arm {
  users: number;
  clicks: number;
}

/** The two-sided p-value of a difference in rates. */
export function rateTest(a: Arm, b: Arm): number {
  const pooled = (a.clicks + b.clicks) / (a.users + b.users);
  const error = Math.sqrt(pooled * (1 - pooled) * (1 / a.users + 1 / b.users));
  if (error === 0) return 1;
  return 2 * normalCdf(-Math.abs(a.clicks / a.users - b.clicks / b.users) / error);
}

/** The p-value of these arm sizes under the weights that were meant. */
export function sampleRatioTest(users: readonly number[], weights = users.map(() => 1)): number {
  if (
    users.length < 2 || users.length !== weights.length || !weights.every((weight) => weight > 0)
  ) {
    throw new RangeError(
      `Cannot check split: there must be two arms, each with a weight above 0: received ${users} and ${weights}`,
    );
  }
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const total = sum(users), whole = sum(weights);
  if (total === 0) return 1;
  const chi = users.reduce((chi, count, arm) => {
    const meant = total * weights[arm] / whole;
    return chi + (count - meant) ** 2 / meant;
  }, 0);
  return chiSquareTail(chi, users.length - 1);
}
