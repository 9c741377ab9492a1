/**
 * Where people were, and when: groups that meet at a place at their hour, and strangers who pass through stations.
 *
 * A group meets day after day at one hour; several groups share a place at different hours. Each member comes on most
 * days, some minutes early or late. On the way everybody passes stations, where all of the city stands close together at
 * any hour. So two people of a group are often at one place at one time, while a place alone, or one meeting alone, says
 * little.
 *
 * Simplified: places lie on a grid far from each other, and positions are exact to some metres.
 *
 * @example
 * ```ts
 * import { makeVisits } from "lib/sim/visits.ts";
 * import { assert } from "@std/assert";
 *
 * const visits = makeVisits([0, 0, 1], { seed: 1 });
 * assert(visits.every(({ person, atMs }) => person < 3 && atMs >= 0));
 * ```
 *
 * @module
 */
import { normal } from "./distribution.ts";
import { integer, stream } from "./random.ts";

/** Somebody was here; `x` and `y` in metres, `atMs` since the first midnight. */
export interface Visit {
  person: number;
  x: number;
  y: number;
  atMs: number;
}

export interface VisitOptions {
  seed: number;
  days?: number;
  /** Groups that use one place, each at its hour. */
  groupsAPlace?: number;
  stations?: number;
  /** Stations that somebody passes on a day. */
  passings?: number;
}

const SHOWS_UP = 0.6, EARLY_OR_LATE_MINUTES = 10, FIRST_HOUR = 7, LAST_HOUR = 22, SPACING = 500;

/** All visits of all people, `groups[person]` being the group of each. */
export function makeVisits(groups: ArrayLike<number>, options: VisitOptions): Visit[] {
  const { seed, days = 5, groupsAPlace = 4, stations = 20, passings = 2 } = options;
  const random = stream(seed, "visits"), bell = normal(0, 1), visits: Visit[] = [];
  const hours = (LAST_HOUR - FIRST_HOUR) / groupsAPlace;
  const add = (person: number, spot: number, hour: number) => {
    const [x, y] = [spot % 64, Math.floor(spot / 64)]
      .map((at) => at * SPACING + SPACING / 2 + 5 * bell.sample(random));
    visits.push({ person, x, y, atMs: Math.max(0, hour) * 3_600_000 });
  };
  for (let day = 0; day < days; day++) {
    for (let person = 0; person < groups.length; person++) {
      const group = groups[person];
      if (random() < SHOWS_UP) {
        const hour = FIRST_HOUR + (group % groupsAPlace + 0.5) * hours;
        const late = EARLY_OR_LATE_MINUTES / 60 * bell.sample(random);
        add(person, stations + Math.floor(group / groupsAPlace), 24 * day + hour + late);
      }
      for (let n = 0; n < passings; n++) {
        const hour = FIRST_HOUR + random() * (LAST_HOUR - FIRST_HOUR);
        add(person, integer(random, stations), 24 * day + hour);
      }
    }
  }
  return visits;
}
