/**
 * Plans a search: which cells to read, whether to filter before or after, and what it will cost.
 *
 * Three ways lead to an answer: read the cells that cover the area, in a coarse or a fine grid; take all entities with
 * the rarest attribute and test their places; or look at every entity. Each has a price in units of work, one for a
 * candidate and a quarter for an empty cell, and the histogram of density says how many of both there will be. The
 * cheapest is taken. The k nearest become a circle that should hold k, and a wider one when it does not.
 *
 * Simplified: prices are counted, not timed, so that a plan is the same on every machine; attributes count as
 * independent of place.
 *
 * @example
 * ```ts
 * import { GeoIndex } from "lib/systems/geo/planner.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const index = new GeoIndex([30, 30.01], [31, 31], [
 *   { category: "taxi", rating: 4, available: true },
 *   { category: "van", rating: 5, available: true },
 * ]);
 * const { found } = index.search({ lat: 30, lon: 31, metres: 5000, filters: { category: "van" } });
 * assertEquals(found.map(({ id }) => id), [1]);
 * ```
 *
 * @module
 */
import { MovingGrid } from "lib/structures/moving_grid.ts";
import { haversine } from "lib/structures/sphere.ts";
import { DensityMap, holds } from "./density.ts";
import {
  type Attributes,
  type Checked,
  checkQuery,
  FARTHEST,
  passes,
  type Query,
} from "./query.ts";
import { boxOf, cellsIn } from "./spans.ts";

/** A way to an answer, and what it should cost. */
export interface Plan {
  index: string;
  /** Of the grid that is read. */
  level?: number;
  /** Of the first round, for the k nearest. */
  metres?: number;
  cells: number;
  candidates: number;
  work: number;
}

/** An entity of the answer. */
export interface Hit {
  id: number;
  metres: number;
  score: number;
}

/** An answer, and what it took. */
export interface Answer {
  plan: Plan;
  found: Hit[];
  cells: number;
  candidates: number;
  rounds: number;
  work: number;
}

const LEVELS = [11, 13, 15];
/** Work for a cell that is looked up, in candidates. */
const CELL = 0.25;

export class GeoIndex {
  readonly density = new DensityMap({ level: 13 });
  #lats: ArrayLike<number>;
  #lons: ArrayLike<number>;
  #attributes: readonly Attributes[];
  #grids = new Map<number, MovingGrid>();
  #byCategory = new Map<string, number[]>();
  #available: number[] = [];

  constructor(
    lats: ArrayLike<number>,
    lons: ArrayLike<number>,
    attributes: readonly Attributes[],
  ) {
    this.#lats = lats;
    this.#lons = lons;
    this.#attributes = attributes;
    for (const level of LEVELS) {
      const grid = new MovingGrid(Math.max(1, lats.length), { level });
      for (let id = 0; id < lats.length; id++) grid.move(id, lats[id], lons[id]);
      this.#grids.set(level, grid);
    }
    attributes.forEach(({ category, available }, id) => {
      this.density.add(lats[id], lons[id]);
      const list = this.#byCategory.get(category);
      if (list) list.push(id);
      else this.#byCategory.set(category, [id]);
      if (available) this.#available.push(id);
    });
  }

  /** Every way to the answer, cheapest first. */
  plans(query: Query): Plan[] {
    const checked = checkQuery(query), { shape, k, from, filters } = checked;
    const share = this.#share(filters), n = this.#lats.length;
    // Enough for k after the filter, with a margin so that one round mostly does.
    const metres = k === undefined
      ? undefined
      : this.density.radiusFor(from, Math.min(n, 1.5 * k / Math.max(share, 1 / n)));
    const area = shape ?? { ...from, metres: metres! };
    const grids = LEVELS.map((level): Plan => {
      const box = boxOf(area), cells = cellsIn(box, level);
      const candidates = this.density.expected(widened(box, level));
      return {
        index: `grid ${level}`,
        level,
        metres,
        cells,
        candidates,
        work: candidates + CELL * cells,
      };
    });
    const posting = this.#posting(filters), all = { cells: 0, metres };
    return [
      ...grids,
      ...(posting
        ? [{ index: "attribute", ...all, candidates: posting.length, work: posting.length }]
        : []),
      { index: "scan", ...all, candidates: n, work: n },
    ].sort((a, b) => a.work - b.work);
  }

  /** Answers by the cheapest plan, or by the one that is given. */
  search(query: Query, plan: Plan = this.plans(query)[0]): Answer {
    const checked = checkQuery(query), answer = { plan, cells: 0, candidates: 0, rounds: 0 };
    let found: Hit[], metres = plan.metres;
    do {
      answer.rounds++;
      found = this.#round(checked, plan, metres, answer);
      if (metres === undefined || metres >= FARTHEST) break;
      metres = Math.min(FARTHEST, 2 * metres);
    } while (found.length < checked.k!);
    if (checked.k !== undefined) {
      found = found.sort((a, b) => a.metres - b.metres || a.id - b.id).slice(0, checked.k);
    }
    found.sort((a, b) => b.score - a.score || a.metres - b.metres || a.id - b.id);
    found.length = Math.min(found.length, checked.limit);
    return { ...answer, found, work: answer.candidates + CELL * answer.cells };
  }

  #round(
    { shape, from, filters, rank }: Checked,
    plan: Plan,
    metres: number | undefined,
    answer: { cells: number; candidates: number },
  ): Hit[] {
    const area = shape ?? { ...from, metres: metres! }, hits: Hit[] = [];
    const consider = (id: number) => {
      const place = { lat: this.#lats[id], lon: this.#lons[id] }, attributes = this.#attributes[id];
      if (!passes(filters, attributes) || !holds(area, place)) return;
      const apart = haversine(from, place);
      const score = rank === "distance"
        ? -apart
        : rank.weight * attributes.rating - apart / rank.scaleMetres;
      hits.push({ id, metres: apart, score });
    };
    if (plan.level !== undefined) {
      const grid = this.#grids.get(plan.level)!;
      for (const id of grid.search(boxOf(area))) consider(id);
      answer.cells += grid.reading.cells;
      answer.candidates += grid.reading.candidates;
    } else {
      const posting = plan.index === "scan" ? undefined : this.#posting(filters);
      const n = posting?.length ?? this.#lats.length;
      for (let i = 0; i < n; i++) consider(posting?.[i] ?? i);
      answer.candidates += n;
    }
    return hits;
  }

  /** Entities with the rarest attribute that is asked for. */
  #posting({ category, available }: Checked["filters"]): readonly number[] | undefined {
    const lists = [
      category === undefined ? undefined : this.#byCategory.get(category) ?? [],
      available === true ? this.#available : undefined,
    ].filter((list) => list !== undefined);
    return lists.sort((a, b) => a.length - b.length)[0];
  }

  #share({ category, available }: Checked["filters"]): number {
    const n = Math.max(1, this.#lats.length), free = this.#available.length / n;
    return (category === undefined ? 1 : (this.#byCategory.get(category)?.length ?? 0) / n) *
      (available === undefined ? 1 : available ? free : 1 - free);
  }
}

/** The box of all cells that a box meets. */
function widened(box: ReturnType<typeof boxOf>, level: number): ReturnType<typeof boxOf> {
  const height = 180 / 2 ** level, width = 360 / 2 ** level;
  const down = (value: number, size: number) => Math.floor(value / size) * size;
  const up = (value: number, size: number) => Math.floor(value / size + 1) * size;
  return {
    south: Math.max(-90, down(box.south, height)),
    west: Math.max(-180, down(box.west, width)),
    north: Math.min(90, up(box.north, height)),
    east: Math.min(180, up(box.east, width)),
  };
}
