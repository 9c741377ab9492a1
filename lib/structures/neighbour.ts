/**
 * What a search for neighbours takes and finds, the same for every index that answers it.
 *
 * @module
 */

/** An object that was found. */
export interface Neighbour {
  readonly id: number;
  readonly metres: number;
}

/** Narrows a search. */
export interface NearestOptions {
  /** No neighbour farther away than this. */
  maxMetres?: number;
  /** Whether an object counts. */
  filter?: (id: number) => boolean;
}

/** Nearest first; of neighbours equally far the lower id. */
export function byDistance(a: Neighbour, b: Neighbour): number {
  return a.metres - b.metres || a.id - b.id;
}
