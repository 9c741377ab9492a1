/**
 * People with tastes, circles and places, whose behaviour is observed and whose true affinities are known.
 *
 * Each person has a direction of taste near that of a community, a circle of acquaintances, a place, a cohort and a
 * merit. Affinity is the sum of what they share, plus the merit of the other. Observed are only traces of it: items that
 * a person engaged with (by taste and popularity), whom it follows (circle, community, a few celebrities), where it is,
 * and how often it was clicked. Cohorts have the same merit; a planted bias makes the log show the later ones less, so
 * that their clicks say less than they deserve.
 *
 * Simplified: tastes stand still (`tasteAfter` moves one), and everybody is as active as everybody else.
 *
 * @example
 * ```ts
 * import { makeWorld } from "lib/sim/behaviour.ts";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const world = makeWorld({ users: 500, seed: 1 });
 * assertEquals(world.engaged[7].length, 40);
 * assert(world.affinity(7, world.truth(7, 10)[0]) >= world.affinity(7, 8));
 * ```
 *
 * @module
 */
import { normal } from "./distribution.ts";
import { integer, type Random, stream } from "./random.ts";
import { zipf } from "./zipf.ts";

export interface WorldOptions {
  users: number;
  seed: number;
  items?: number;
  communities?: number;
  /** Shares of the cohorts, together 1. */
  cohorts?: readonly number[];
  /** By how much less the log shows every cohort but the first; 0.5 is 50 % less. */
  bias?: number;
}

export const TASTES = 16;
const CIRCLE = 30, ENGAGEMENTS = 40, FAR = 4;
const WEIGHT = { circle: 1, place: 0.75, merit: 0.1 };

export interface World {
  readonly users: number;
  readonly items: number;
  /** TASTES numbers a person, of length one. */
  readonly taste: Float32Array;
  readonly circle: Int32Array;
  readonly place: Int32Array;
  readonly cohort: Uint8Array;
  /** Standard normal in every cohort. */
  readonly merit: Float32Array;
  /** Items that a person engaged with; distinct. */
  readonly engaged: readonly Int32Array[];
  readonly follows: readonly Int32Array[];
  /** How often a person was shown and clicked in the past, bias included. */
  readonly shown: Float64Array;
  readonly clicked: Float64Array;
  affinity(viewer: number, other: number, taste?: Float32Array<ArrayBufferLike>): number;
  /** The `k` others of highest affinity, best first. */
  truth(viewer: number, k: number, taste?: Float32Array<ArrayBufferLike>): number[];
  /** The probability that a viewer who sees this person clicks. */
  appeal(viewer: number, other: number, taste?: Float32Array<ArrayBufferLike>): number;
  /** A taste near another community, and items that whoever has it engages with. */
  tasteAfter(random: Random): { taste: Float32Array; items: number[] };
}

export function makeWorld(options: WorldOptions): World {
  const { users, seed, communities = 40, cohorts = [0.85, 0.1, 0.05], bias = 0.5 } = options;
  const items = options.items ?? 3000;
  if (!(Number.isInteger(users) && users >= 100)) {
    throw new RangeError(
      `Cannot make world: users must be an integer of at least 100: received ${users}`,
    );
  }
  const bell = normal(0, 1), of = (name: string) => stream(seed, name);
  const centres = directions(communities, of("communities"));
  const community = draw(users, of("community"), communities);
  const near = (group: number, noise: number, random: Random) => {
    const at = centres.subarray(group * TASTES, (group + 1) * TASTES);
    return unit(at.map((value) => value + noise * bell.sample(random)));
  };
  const taste = new Float32Array(users * TASTES), tastes = of("taste");
  for (let user = 0; user < users; user++) {
    taste.set(near(community[user], 0.12, tastes), user * TASTES);
  }
  const circles = Math.ceil(users / CIRCLE), circle = draw(users, of("circle"), circles);
  const place = draw(users, of("place"), Math.ceil(users / 100));
  const cohort = Uint8Array.from(
    draw(users, of("cohort"), 1e6),
    (toss) => group(toss / 1e6, cohorts),
  );
  const merits = of("merit"),
    merit = Float32Array.from({ length: users }, () => bell.sample(merits));

  // Items: each belongs to a community, and the first of them are popular.
  const popularity = zipf(Math.ceil(items / communities), 0.7);
  const itemsFor = (group: number, count: number, random: Random) => {
    const chosen = new Set<number>();
    while (chosen.size < Math.min(count, items / 2)) {
      const home = random() < 0.8 ? group : integer(random, communities);
      const item = popularity.sample(random) * communities + home;
      if (item < items) chosen.add(item);
    }
    return [...chosen];
  };
  const engaging = of("engagement");
  const engaged = Array.from(
    community,
    (group) => Int32Array.from(itemsFor(group, ENGAGEMENTS, engaging)),
  );

  const members = grouped(circle, circles), fans = grouped(community, communities);
  const following = of("follows"), celebrity = zipf(users, 1);
  const follows = Array.from({ length: users }, (_, user) => {
    const chosen = new Set<number>();
    for (
      const [from, count] of [[members[circle[user]], 12], [fans[community[user]], 3]] as const
    ) {
      for (let n = 0; n < count; n++) chosen.add(from[integer(following, from.length)]);
    }
    for (let n = 0; n < 2; n++) chosen.add(celebrity.sample(following));
    chosen.delete(user);
    return Int32Array.from(chosen);
  });

  const seen = of("showings"), shown = new Float64Array(users), clicked = new Float64Array(users);
  for (let user = 0; user < users; user++) {
    shown[user] = 400 * (cohort[user] === 0 ? 1 : 1 - bias);
    clicked[user] = Math.max(
      0,
      Math.round(shown[user] * 0.05 * Math.exp(0.5 * merit[user] + 0.1 * bell.sample(seen))),
    );
  }

  const tasteOf = (user: number) => taste.subarray(user * TASTES, (user + 1) * TASTES);
  const affinity = (viewer: number, other: number, mine: Float32Array = tasteOf(viewer)) => {
    let cosine = 0;
    for (let d = 0, at = other * TASTES; d < TASTES; d++) cosine += mine[d] * taste[at + d];
    return cosine + WEIGHT.merit * merit[other] +
      (circle[viewer] === circle[other] ? WEIGHT.circle : 0) +
      (place[viewer] === place[other] ? WEIGHT.place : 0);
  };
  const truth = (viewer: number, k: number, mine?: Float32Array) => {
    const scores = Float64Array.from(
      { length: users },
      (_, other) => affinity(viewer, other, mine),
    );
    scores[viewer] = -Infinity;
    const floor = scores.toSorted()[Math.max(0, users - k)];
    return Array.from(scores.keys()).filter((other) => scores[other] >= floor)
      .sort((a, b) => scores[b] - scores[a]).slice(0, k);
  };
  return {
    ...{ users, items, taste, circle, place, cohort, merit, engaged, follows, shown, clicked },
    ...{ affinity, truth },
    appeal: (viewer, other, mine) =>
      1 / (1 + Math.exp(-FAR * (affinity(viewer, other, mine) - 1.3))),
    tasteAfter(random) {
      const group = integer(random, communities);
      return { taste: near(group, 0.12, random), items: itemsFor(group, 10, random) };
    },
  };
}

function unit(vector: Float32Array): Float32Array {
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

function directions(count: number, random: Random): Float32Array {
  const bell = normal(0, 1), all = new Float32Array(count * TASTES);
  for (let n = 0; n < count; n++) {
    all.set(unit(Float32Array.from({ length: TASTES }, () => bell.sample(random))), n * TASTES);
  }
  return all;
}

function draw(count: number, random: Random, bound: number): Int32Array {
  return Int32Array.from({ length: count }, () => integer(random, bound));
}

/** The group whose stretch of 0 … 1 holds `toss`. */
function group(toss: number, shares: readonly number[]): number {
  let at = 0;
  for (let left = toss; at < shares.length - 1 && left >= shares[at]; at++) left -= shares[at];
  return at;
}

function grouped(groups: Int32Array, count: number): number[][] {
  const members = Array.from({ length: count }, () => [] as number[]);
  groups.forEach((at, one) => members[at].push(one));
  return members;
}
