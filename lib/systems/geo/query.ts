/**
 * What may be asked, and what is wrong with a question that may not: the field and the rule, for a 400.
 *
 * @example
 * ```ts
 * import { checkQuery } from "lib/systems/geo/query.ts";
 * import { assertThrows } from "@std/assert";
 *
 * assertThrows(() => checkQuery({ lat: 90.1, lon: 0, metres: 100 }), RangeError, "lat must be");
 * ```
 *
 * @module
 */
import type { Box, Place } from "lib/structures/sphere.ts";
import { checkPlace } from "lib/structures/sphere.ts";
import { makeRing } from "lib/structures/polygon.ts";
import type { Shape } from "lib/structures/cell_cover.ts";

/** What an entity is beside its place. */
export interface Attributes {
  readonly category: string;
  /** 0 to 5. */
  readonly rating: number;
  readonly available: boolean;
}

/** Filters by attribute. */
export interface Filters {
  category?: string;
  available?: boolean;
}

/** By distance, or by how good and how near: `weight · rating - metres / scaleMetres`. */
export type Ranking = "distance" | { readonly weight: number; readonly scaleMetres: number };

/** A question: one of a radius, k, a box or a polygon. */
export interface Query extends Partial<Place> {
  metres?: number;
  k?: number;
  box?: Box;
  polygon?: readonly Place[];
  filters?: Filters;
  rank?: Ranking;
  limit?: number;
}

/** A question that holds together. */
export interface Checked {
  /** Where distances are measured from. */
  readonly from: Place;
  /** The area; none where only the k nearest are asked for. */
  readonly shape?: Shape;
  readonly k?: number;
  readonly filters: Filters;
  readonly rank: Ranking;
  readonly limit: number;
}

/** Half the Earth's girth: nothing is farther. */
export const FARTHEST = 20_038_000;

/** Thrown for a question that may not be asked; `field` is the one to mend. */
export class BadQuery extends RangeError {
  constructor(readonly field: string, rule: string, received: unknown) {
    super(`Cannot search: ${field} must be ${rule}: received ${String(received)}`);
  }
}

/** @throws {BadQuery} naming the field and the rule */
export function checkQuery(query: Query): Checked {
  const { metres, k, box, polygon, filters = {}, rank = "distance", limit = 100 } = query;
  const asked = [metres, k, box, polygon].filter((one) => one !== undefined).length;
  if (asked !== 1) throw new BadQuery("query", "one of metres, k, box and polygon", asked);
  if (!(Number.isInteger(limit) && limit >= 1 && limit <= 10_000)) {
    throw new BadQuery("limit", "an integer from 1 to 10,000", limit);
  }
  for (const name of Object.keys(filters)) {
    if (name !== "category" && name !== "available") {
      throw new BadQuery("filters", "category or available", name);
    }
  }
  const { category, available } = filters;
  if (category !== undefined && typeof category !== "string") {
    throw new BadQuery("category", "a text", category);
  }
  if (available !== undefined && typeof available !== "boolean") {
    throw new BadQuery("available", "true or false", available);
  }
  const rest = { filters, rank, limit };
  if (box !== undefined) return { from: middleOf(box), shape: checkBox(box), ...rest };
  if (polygon !== undefined) {
    for (const corner of polygon) checkPlace(corner, "polygon");
    const ring = makeRing(polygon);
    return { from: middleOf(ring.box), shape: { ring }, ...rest };
  }
  const from = { lat: query.lat ?? NaN, lon: query.lon ?? NaN };
  checkPlace(from, "query");
  if (metres !== undefined) {
    if (!(metres > 0 && metres <= FARTHEST)) {
      throw new BadQuery("metres", "above 0 and at most 20,038,000", metres);
    }
    return { from, shape: { ...from, metres }, ...rest };
  }
  if (!(Number.isInteger(k) && k! >= 1 && k! <= 10_000)) {
    throw new BadQuery("k", "an integer from 1 to 10,000", k);
  }
  return { from, k, ...rest, limit: k! };
}

/** A box with `west > east` crosses the antimeridian, and is meant to. */
function checkBox(box: Box): Box {
  checkPlace({ lat: box.south, lon: box.west }, "box");
  checkPlace({ lat: box.north, lon: box.east }, "box");
  if (box.south > box.north) {
    throw new BadQuery("box", "from south to north", `${box.south} to ${box.north}`);
  }
  return box;
}

function middleOf({ south, west, north, east }: Box): Place {
  const lon = west <= east ? (west + east) / 2 : (west + east + 360) / 2;
  return { lat: (south + north) / 2, lon: lon >= 180 ? lon - 360 : lon };
}

/** Whether an entity passes. */
export function passes({ category, available }: Filters, attributes: Attributes): boolean {
  return (category === undefined || attributes.category === category) &&
    (available === undefined || attributes.available === available);
}
