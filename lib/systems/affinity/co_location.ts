/**
 * Who was where at the same time as somebody: meetings, counted by cells of space and windows of time.
 *
 * Space is cut into square cells and time into windows; two people who visited one cell in one window have met. Windows
 * come in two rows, staggered by half, so that no border parts those who came less than half a window after each other.
 * A meeting counts 1 / ln(1 + people there), as in a crowd it means little, and meetings add up: strangers meet once,
 * friends again and again. Windows that are too long make everybody meet everybody; short ones lose those who stood some
 * minutes apart.
 *
 * Simplified: a border between two cells parts people who stood beside each other; choose cells as large as a place.
 *
 * | operation | time | memory |
 * | --- | --- | --- |
 * | `new` | O(visits) | some 100 bytes a visit |
 * | `met` | the sizes of all crowds that one was in | |
 *
 * @example
 * ```ts
 * import { CoLocation } from "lib/systems/affinity/co_location.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const visits = [[1, 0], [2, 9], [3, 70]].map(([person, minute]) => ({ person, x: 5, y: 5, atMs: 60_000 * minute }));
 * const meetings = new CoLocation(visits, { cellMetres: 50, windowMs: 3_600_000 });
 * assertEquals(meetings.met(1).map(({ id }) => id), [2]);
 * ```
 *
 * Source: Crandall et al., "Inferring social ties from geographic coincidences", PNAS 107(52), 2010.
 *
 * @module
 */
import type { Visit } from "../../sim/visits.ts";
import { addCrowd, strongest, type Weighted } from "./adamic_adar.ts";

export interface CoLocationOptions {
  cellMetres: number;
  windowMs: number;
  /** Crowds of more people than this say nothing. */
  crowdCap?: number;
}

/** Cells in a row, and windows a cell, that keys tell apart; their product stays exact. */
const CELLS = 2 ** 24, WINDOWS = 2 ** 27;

export class CoLocation {
  /** The crowds that each person was in. */
  #crowdsOf = new Map<number, number[][]>();
  #gone = new Set<number>();
  #crowdCap: number;

  constructor(visits: Iterable<Visit>, options: CoLocationOptions) {
    const { cellMetres, windowMs, crowdCap = Infinity } = options;
    if (!(cellMetres > 0) || !(windowMs > 0)) {
      throw new RangeError(
        "Cannot find meetings: cellMetres and windowMs must be above 0: " +
          `received ${cellMetres}, ${windowMs}`,
      );
    }
    this.#crowdCap = crowdCap;
    const cells = new Map<number, number>(), crowds = new Map<number, number[]>();
    for (const { person, x, y, atMs } of visits) {
      const place = Math.floor(x / cellMetres) * CELLS + Math.floor(y / cellMetres);
      let cell = cells.get(place);
      if (cell === undefined) cells.set(place, cell = cells.size);
      let own = this.#crowdsOf.get(person);
      if (own === undefined) this.#crowdsOf.set(person, own = []);
      // Even windows are of one row, odd ones of the other, which starts half a window earlier.
      for (
        const window of [2 * Math.floor(atMs / windowMs), 2 * Math.floor(atMs / windowMs + 0.5) - 1]
      ) {
        const key = cell * WINDOWS + window;
        let crowd = crowds.get(key);
        if (crowd === undefined) crowds.set(key, crowd = []);
        if (own.includes(crowd)) continue; // was here before
        crowd.push(person);
        own.push(crowd);
      }
    }
  }

  /** Whom a person met, the most often first; many people there make a meeting count less. */
  met(person: number, { limit = Infinity } = {}): Weighted[] {
    return strongest(this.weightsOf(person), limit);
  }

  /** The weight of everybody whom a person met, in no order. */
  weightsOf(person: number): Map<number, number> {
    const weights = new Map<number, number>();
    for (const crowd of this.#crowdsOf.get(person) ?? []) {
      addCrowd(weights, crowd, this.#crowdCap);
    }
    weights.delete(person);
    for (const gone of this.#gone) weights.delete(gone);
    return weights;
  }

  /** Takes a person out of all answers. */
  remove(person: number): void {
    this.#gone.add(person);
  }
}
