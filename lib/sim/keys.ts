/**
 * What is asked for: key mixes.
 *
 * A mix is a function that draws a key from 0 to keys - 1; `zipf.ts` has the one that most traces
 * resemble. `hotKeys` sends a share of all requests to a few keys, `shifting` moves the popularity of
 * any mix on to other keys as time passes.
 *
 * @example
 * ```ts
 * import { hotKeys } from "lib/sim/keys.ts";
 * import { stream } from "lib/sim/random.ts";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const mix = hotKeys({ keys: 1000, hot: 1, share: 0.3 });
 * const random = stream(1, "keys");
 * let hits = 0;
 * for (let i = 0; i < 100_000; i++) if (mix.sample(random) === 0) hits++;
 * assertAlmostEquals(hits / 100_000, 0.3, 0.005);
 * ```
 */
import type { Clock } from "./gauge.ts";
import type { Random } from "./random.ts";

/** A mix of keys. */
export interface Keys {
  sample(random: Random): number;
}

/** `share` of all requests to the first `hot` keys, the rest evenly to the others. */
export function hotKeys(options: { keys: number; hot: number; share: number }): Keys {
  const { keys, hot, share } = options;
  if (!(Number.isInteger(hot) && hot >= 1 && Number.isInteger(keys) && keys > hot)) {
    throw new RangeError(
      `Cannot create hotKeys: hot must be an integer from 1 to keys - 1: received ${hot} of ${keys}`,
    );
  }
  if (!(share >= 0 && share <= 1)) {
    throw new RangeError(`Cannot create hotKeys: share must be between 0 and 1: received ${share}`);
  }
  return {
    sample: (random) =>
      random() < share ? Math.floor(random() * hot) : hot + Math.floor(random() * (keys - hot)),
  };
}

/** The same mix over other keys every `period` seconds: what was hot goes cold. */
export function shifting(mix: Keys, options: { keys: number; period: number; clock: Clock }): Keys {
  const { keys, period, clock } = options;
  if (!(period > 0)) {
    throw new RangeError(`Cannot create shifting: period must be above 0 s: received ${period}`);
  }
  const step = Math.floor(keys * 0.6180339887); // neighbours in time share no hot keys
  return {
    sample: (random) => (mix.sample(random) + Math.floor(clock.now / period) * step) % keys,
  };
}
