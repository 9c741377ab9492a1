/**
 * Zipf popularity: the item of rank r is asked for in proportion to 1 / r^exponent.
 *
 * Draws by rejection inversion: a continuous envelope above the discrete weights is inverted in
 * closed form, and the few draws that fall between envelope and weights are repeated. O(1) time and
 * memory for any number of items, so that a mix over 20 million keys costs nothing to set up.
 *
 * @example
 * ```ts
 * import { zipf } from "lib/sim/zipf.ts";
 * import { stream } from "lib/sim/random.ts";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const keys = zipf(1_000_000, 0.99);
 * const random = stream(1, "keys");
 * let hottest = 0;
 * for (let i = 0; i < 100_000; i++) if (keys.sample(random) === 0) hottest++;
 * assertAlmostEquals(hottest / 100_000, keys.popularity(0), 0.003); // 6.5 % of all requests
 * ```
 *
 * Source: Hörmann and Derflinger, "Rejection-inversion to generate variates from monotone discrete
 * distributions", ACM TOMACS 6(3), 1996.
 */
import type { Random } from "./random.ts";

export interface Zipf {
  readonly items: number;
  readonly exponent: number;
  /** An item from 0, the most popular one, to items - 1. */
  sample(random: Random): number;
  /** Share of all requests that ask for `item`. */
  popularity(item: number): number;
}

/** Zipf over `items` items; exponent 0 is uniform, web and cache traces lie between 0.6 and 1.2. */
export function zipf(items: number, exponent: number): Zipf {
  if (!(Number.isSafeInteger(items) && items >= 1)) {
    throw new RangeError(`Cannot create zipf: items must be an integer above 0: received ${items}`);
  }
  if (!(exponent >= 0 && exponent < Infinity)) {
    throw new RangeError(`Cannot create zipf: exponent must be 0 or more: received ${exponent}`);
  }
  const first = integral(1.5, exponent) - 1;
  const last = integral(items + 0.5, exponent);
  const squeeze = 2 - inverse(integral(2.5, exponent) - 2 ** -exponent, exponent);
  let total = 0; // of all weights; summed when first asked for

  function sample(random: Random): number {
    for (;;) {
      const u = last + random() * (first - last);
      const x = inverse(u, exponent);
      const rank = Math.min(items, Math.max(1, Math.round(x)));
      if (rank - x <= squeeze || u >= integral(rank + 0.5, exponent) - rank ** -exponent) {
        return rank - 1;
      }
    }
  }

  function popularity(item: number): number {
    total ||= harmonic(items, exponent);
    return (item + 1) ** -exponent / total;
  }

  return { items, exponent, sample, popularity };
}

/** Sum of k^-s for k from 1 to n; past 1000 by Euler and Maclaurin, to 14 digits. */
function harmonic(n: number, s: number): number {
  const m = Math.min(n, 1000);
  let sum = 0;
  for (let k = m; k >= 1; k--) sum += k ** -s;
  if (m === n) return sum;
  return sum + integral(n, s) - integral(m, s) + (n ** -s - m ** -s) / 2 +
    s * (m ** (-s - 1) - n ** (-s - 1)) / 12;
}

/** Integral of x^-s from 1 to x: (x^(1-s) - 1) / (1 - s), and ln x for s = 1. */
function integral(x: number, s: number): number {
  const logX = Math.log(x);
  const t = (1 - s) * logX;
  return (Math.abs(t) > 1e-8 ? Math.expm1(t) / t : 1 + t / 2) * logX;
}

function inverse(area: number, s: number): number {
  const t = Math.max(-1, area * (1 - s));
  return Math.exp((Math.abs(t) > 1e-8 ? Math.log1p(t) / t : 1 - t / 2) * area);
}
