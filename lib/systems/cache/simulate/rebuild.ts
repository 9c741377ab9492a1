/**
 * What happens after cache nodes are lost: how fast the hit rate returns, and what the database has to bear.
 *
 * Two models of one thing. The **fluid** model keeps, for bands of popularity, the share of keys that are back, and
 * lets it grow by differential equation. The **simulation** draws single reads. In both, keys of the lost nodes come
 * back when they are read and the database has capacity left, and optionally by a warm-up that loads keys in order of
 * popularity with what capacity remains.
 *
 * The database serves up to its capacity each step. Without a cap, reads above that queue; an answer that comes later
 * than `timeoutMs` serves nobody and fills nothing, but has cost its work all the same.
 *
 * Simplified: popularity does not change, all keys of the lost nodes were cached, and the cache's ordinary misses stay
 * at their rate. Larger fleets are sampled down to `maxKeys`, rates with them.
 *
 * @module
 */
import type { Random } from "../../../sim/random.ts";
import { type Zipf, zipf } from "../../../sim/zipf.ts";

export interface Loss {
  /** Reads of all nodes together, 1/s. */
  reads: number;
  /** Share of reads that hit before the loss. */
  hit: number;
  nodes: number;
  lost: number;
  /** Keys of all nodes together. */
  keys: number;
  zipf: number;
  /** Reads that the database serves, 1/s. */
  capacity: number;
  /** Refuse what is above the capacity, instead of queueing it. */
  cap: boolean;
  /** Load popular keys with spare capacity. */
  warmUp: boolean;
  timeoutMs?: number;
  /** Stop here. */
  seconds: number;
  stepMs?: number;
  maxKeys?: number;
}

export interface Moment {
  seconds: number;
  hit: number;
  /** Reads that the database was asked for and did not refuse, 1/s. */
  database: number;
  /** Reads that were refused or came too late, 1/s. */
  failed: number;
}

interface Scaled {
  /** Keys of the lost nodes, after sampling. */
  keys: number;
  /** Reads that hit them before, 1/s, after sampling. */
  rate: number;
  /** Database capacity left for them, 1/s, after sampling. */
  room: number;
  factor: number;
}

function scaled(loss: Loss): Scaled {
  const { reads, hit, nodes, lost, keys, capacity, maxKeys = 2e6 } = loss;
  if (!(lost >= 0 && lost <= nodes)) {
    throw new RangeError(`Cannot lose nodes: lost must be from 0 to ${nodes}: received ${lost}`);
  }
  const lostKeys = keys * lost / nodes;
  const factor = Math.max(1, lostKeys / maxKeys);
  return {
    keys: Math.max(1, Math.round(lostKeys / factor)),
    rate: reads * hit * lost / nodes / factor,
    room: Math.max(0, capacity - reads * (1 - hit)) / factor,
    factor,
  };
}

/** The rate at which the database is asked right after the loss, 1/s. */
export function firstDemand({ reads, hit, nodes, lost }: Loss): number {
  return reads * (1 - hit) + reads * hit * lost / nodes;
}

/** The fluid model, capped; one moment a step. */
export function fluidRebuild(loss: Loss): Moment[] {
  const { keys, rate, room, factor } = scaled(loss);
  const { stepMs = 10, seconds } = loss;
  const bands = bandsOf(zipf(keys, loss.zipf));
  const back = bands.map(() => 0);
  const moments: Moment[] = [];
  let warmed = 0;
  for (let ms = 0; ms < seconds * 1000; ms += stepMs) {
    const missing = bands.reduce((sum, { share }, n) => sum + share * (1 - back[n]), 0) * rate;
    const admitted = missing > room ? room / missing : 1;
    moments.push(
      momentOf(loss, ms, missing, Math.min(missing, room), missing * (1 - admitted), factor),
    );
    bands.forEach(({ share, count }, n) => {
      back[n] = 1 - (1 - back[n]) * Math.exp(-share / count * rate * admitted * stepMs / 1000);
    });
    if (!loss.warmUp) continue;
    let spare = Math.max(0, room - missing) * stepMs / 1000;
    for (; warmed < bands.length && spare > 0; warmed++) {
      const need = bands[warmed].count * (1 - back[warmed]);
      back[warmed] += Math.min(need, spare) / bands[warmed].count;
      spare -= need;
      if (spare < 0) break;
    }
  }
  return moments;
}

interface Band {
  share: number;
  count: number;
}

/** Ranks by fives per cent of growth: the first hundred one by one. */
function bandsOf(popularity: Zipf): Band[] {
  const bands: Band[] = [];
  for (let from = 0; from < popularity.items;) {
    const to = Math.min(popularity.items, Math.max(from + 1, Math.floor(from * 1.05)));
    const count = to - from;
    const middle = (popularity.popularity(from) + popularity.popularity(to - 1) +
      4 * popularity.popularity((from + to - 1) / 2)) / 6;
    bands.push({ share: middle * count, count });
    from = to;
  }
  return bands;
}

/** The simulation; one moment a step. */
export function simulateRebuild(loss: Loss, random: Random): Moment[] {
  const { keys, rate, room, factor } = scaled(loss);
  const { stepMs = 10, seconds, cap, timeoutMs = 1000 } = loss;
  const popularity = zipf(keys, loss.zipf);
  const back = new Uint8Array(keys);
  const queue: { ms: number; key: number }[] = [];
  const moments: Moment[] = [];
  let [owed, tokens, warmed, head] = [0, 0, 0, 0];
  for (let ms = 0; ms < seconds * 1000; ms += stepMs) {
    owed += rate * stepMs / 1000;
    tokens = Math.min(tokens, room * stepMs / 1000) + room * stepMs / 1000; // a burst of one step
    let [missing, asked, failed] = [0, 0, 0];
    for (; owed >= 1; owed--) {
      const key = popularity.sample(random);
      if (back[key] === 1) continue;
      missing++;
      if (!cap) {
        asked++;
        queue.push({ ms, key });
      } else if (tokens >= 1) {
        [asked, tokens, back[key]] = [asked + 1, tokens - 1, 1];
      } else failed++;
    }
    for (; head < queue.length && tokens >= 1; tokens--) {
      const read = queue[head++];
      if (ms - read.ms > timeoutMs) failed++;
      else back[read.key] = 1;
    }
    if (loss.warmUp) {
      for (; warmed < keys && tokens >= 1; warmed++) {
        if (back[warmed] === 0) [back[warmed], tokens, asked] = [1, tokens - 1, asked + 1];
      }
    }
    const perSecond = 1000 / stepMs;
    const moment = momentOf(
      loss,
      ms,
      missing * perSecond,
      asked * perSecond,
      failed * perSecond,
      factor,
    );
    moments.push(moment);
  }
  return moments;
}

function momentOf(
  loss: Loss,
  ms: number,
  missing: number,
  asked: number,
  failed: number,
  factor: number,
): Moment {
  const misses = loss.reads * (1 - loss.hit);
  return {
    seconds: ms / 1000,
    hit: Math.max(0, loss.hit - missing * factor / loss.reads),
    database: misses + asked * factor,
    failed: failed * factor,
  };
}

/** Seconds until the hit rate, averaged over a second, is back at `share` of the old; `Infinity` when never. */
export function secondsUntil(moments: readonly Moment[], level: number): number {
  const stepMs = moments.length > 1 ? 1000 * (moments[1].seconds - moments[0].seconds) : 10;
  const window = Math.max(1, Math.round(1000 / stepMs));
  let sum = 0;
  for (let n = 0; n < moments.length; n++) {
    sum += moments[n].hit - (moments[n - window]?.hit ?? 0);
    if (n >= window - 1 && sum / window >= level) return moments[n].seconds;
  }
  return Infinity;
}
