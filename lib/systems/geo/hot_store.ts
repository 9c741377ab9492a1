/**
 * The positions of now, on several nodes: sharded by cell, expiring, splitting where it is hot.
 *
 * A cell of a geohash belongs to one node, by the longest prefix in the routing table. A position is refused when it is
 * older than the one that is known, from the future or late, so that order of arrival does not matter. It expires a
 * time to live after its last heartbeat, by a timing wheel. A search asks the nodes that own a cell near it, and says
 * so when one of them is down: a partial answer is marked, never passed off as whole. A node that comes back is empty;
 * what it answers counts as partial until heartbeats had the time to fill it. A hot cell is split into its 32 children
 * on as many nodes: new positions are written to both owners, the standing ones copied step by step, and only then do
 * reads move over, so that a search finds everything at all times.
 *
 * Simplified: the nodes live in one process and their network is a function call; ids are numbers. The clock is an
 * argument, in milliseconds.
 *
 * | operation | time |
 * | --- | --- |
 * | `put` | O(1) |
 * | `search` | O(cells + candidates) on the nodes that own a part |
 * | `advance` | O(seconds + positions due) |
 *
 * @example
 * ```ts
 * import { HotStore } from "lib/systems/geo/hot_store.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const store = new HotStore({ capacity: 100, nodes: 4, ttlSeconds: 30 });
 * store.put({ id: 1, lat: 30.04, lon: 31.24, updatedAt: 1000 }, 1000);
 * assertEquals(store.put({ id: 1, lat: 30.9, lon: 31.9, updatedAt: 500 }, 1100), "old");
 * assertEquals(store.search({ lat: 30.04, lon: 31.24 }, 500).found.map(({ id }) => id), [1]);
 * store.advance(32_000);
 * assertEquals(store.size, 0);
 * ```
 *
 * @module
 */
import { coverCircle, mostCells } from "lib/structures/cell_cover.ts";
import { BASE32, encodeGeohash } from "lib/structures/geohash.ts";
import { MovingGrid } from "lib/structures/moving_grid.ts";
import { byDistance, type Neighbour } from "lib/structures/neighbour.ts";
import type { Place } from "lib/structures/sphere.ts";
import { TimingWheel } from "lib/structures/timing_wheel.ts";
import { Routes } from "./routes.ts";

/** A heartbeat: where an entity was, and when. */
export interface Position extends Place {
  readonly id: number;
  /** Milliseconds, by the sender's clock. */
  readonly updatedAt: number;
}

/** What became of a heartbeat. */
export type Outcome = "new" | "moved" | "same cell" | "duplicate" | "old" | "late" | "future";

/** How large, how many, how long. */
export interface HotStoreOptions {
  /** Ids are 0 … capacity - 1. */
  capacity: number;
  nodes: number;
  ttlSeconds: number;
  /** Characters of the cells that are spread over the nodes. */
  length?: number;
  /** Level of the grids in the nodes. */
  level?: number;
  /** A heartbeat older than this, or this far ahead, is kept out. */
  lateMs?: number;
  futureMs?: number;
  /**
   * How long a node that came back empty counts as incomplete: the time to live, after which whoever is still believed
   * has beaten again. A heartbeat is enough where none gets lost.
   */
  rebuildSeconds?: number;
}

/** What a search found. */
export interface Found {
  found: Neighbour[];
  /** A node that owns a part of the area did not answer, or is being filled again. */
  partial: boolean;
  nodes: number;
}

/** A search of more cells than this asks all nodes. */
const MOST_CELLS = 500;

export class HotStore {
  readonly routes: Routes;
  readonly outcomes: Record<Outcome | "expired", number> = {
    "new": 0,
    "moved": 0,
    "same cell": 0,
    "duplicate": 0,
    "old": 0,
    "late": 0,
    "future": 0,
    "expired": 0,
  };
  /** Searches that each node took part in. */
  readonly load: Float64Array;
  #grids: MovingGrid[];
  #down = new Set<number>();
  /** When nodes that came back will hold everybody again. */
  #wholeAtMs = new Map<number, number>();
  #rebuildMs: number;
  /** The latest time that was told. */
  #nowMs = -Infinity;
  #updatedAt: Float64Array;
  #lat: Float64Array;
  #lon: Float64Array;
  #wheel: TimingWheel;
  #ttl: number;
  #lateMs: number;
  #futureMs: number;
  #size = 0;
  #firstMs: number | undefined;

  constructor(options: HotStoreOptions) {
    const { capacity, nodes, ttlSeconds, length = 5, level = 14 } = options;
    this.routes = new Routes(nodes, length);
    this.load = new Float64Array(nodes);
    this.#grids = Array.from({ length: nodes }, () => new MovingGrid(capacity, { level }));
    this.#updatedAt = new Float64Array(capacity).fill(-Infinity);
    this.#lat = new Float64Array(capacity);
    this.#lon = new Float64Array(capacity);
    this.#ttl = Math.ceil(ttlSeconds);
    this.#wheel = new TimingWheel(capacity, { slots: Math.min(32768, this.#ttl + 2) });
    this.#lateMs = options.lateMs ?? 60_000;
    this.#futureMs = options.futureMs ?? 5000;
    this.#rebuildMs = (options.rebuildSeconds ?? ttlSeconds) * 1000;
  }

  /** Entities whose position is known. */
  get size(): number {
    return this.#size;
  }

  /** Whether the entity's position is known. */
  has(id: number): boolean {
    return this.#updatedAt[id] > -Infinity;
  }

  /** The entity's cells, from coarse to fine. */
  geoHashes(id: number, lengths: readonly number[] = [5, 6, 7]): string[] {
    return lengths.map((length) => encodeGeohash(this.#lat[id], this.#lon[id], length));
  }

  /** Takes a heartbeat. */
  put(position: Position, nowMs: number): Outcome {
    this.#nowMs = Math.max(this.#nowMs, nowMs);
    const outcome = this.#take(position, nowMs);
    this.outcomes[outcome]++;
    return outcome;
  }

  /** Forgets an entity everywhere; false when it was not known. */
  remove(id: number): boolean {
    if (!this.has(id)) return false;
    for (const grid of this.#grids) grid.remove(id);
    this.#wheel.cancel(id);
    this.#updatedAt[id] = -Infinity;
    this.#size--;
    return true;
  }

  /** Moves the clock to a time; entities whose time to live has passed are gone after it. */
  advance(nowMs: number): void {
    this.#nowMs = Math.max(this.#nowMs, nowMs);
    this.#expire(this.#tickOf(nowMs));
  }

  /** Everybody within `metres`, nearest first. */
  search({ lat, lon }: Place, metres: number, limit = Infinity): Found {
    const circle = { lat, lon, metres };
    // A wide circle meets cells of every node: there is nothing to find out.
    const nodes = mostCells(circle, this.routes.length) > MOST_CELLS
      ? new Set(this.#grids.keys())
      : this.routes.readersOf(
        coverCircle(circle, this.routes.length).map(({ hash }) => hash),
        circle,
      );
    const seen = new Map<number, Neighbour>();
    let partial = false;
    for (const node of nodes) {
      this.load[node]++;
      if (this.#down.has(node) || this.#nowMs < (this.#wholeAtMs.get(node) ?? -Infinity)) {
        partial = true;
      }
      if (!this.#down.has(node)) {
        // While a cell is split, two nodes hold its entities: once is enough.
        for (const one of this.#grids[node].within(lat, lon, metres)) seen.set(one.id, one);
      }
    }
    const found = [...seen.values()].sort(byDistance);
    return { found: found.slice(0, limit), partial, nodes: nodes.size };
  }

  /** A node loses all it has, and answers nobody until `start`. */
  stop(node: number): void {
    this.#down.add(node);
    const { capacity, level } = this.#grids[node];
    this.#grids[node] = new MovingGrid(capacity, { level });
  }

  /** The node is back, empty: heartbeats fill it again, and until then its answers count as partial. */
  start(node: number, nowMs: number): void {
    if (!this.#down.delete(node)) return;
    this.#nowMs = Math.max(this.#nowMs, nowMs);
    this.#wholeAtMs.set(node, nowMs + this.#rebuildMs);
  }

  /** Entities on a node. */
  sizeOf(node: number): number {
    return this.#grids[node].size;
  }

  /**
   * Splits a cell into its 32 children, spread over all nodes. Each step copies up to `batch` entities; the last one
   * moves the reads over. Between steps the store takes heartbeats and answers searches as ever.
   */
  *split(cell: string, batch = 100): Generator<"copying", void> {
    const children = [...BASE32].map((letter) => cell + letter);
    this.routes.beginSplit(cell, children);
    let copied = 0;
    for (let id = 0; id < this.#lat.length; id++) {
      if (!this.has(id) || !encodeGeohash(this.#lat[id], this.#lon[id], 9).startsWith(cell)) {
        continue;
      }
      this.#write(id);
      if (++copied % batch === 0) yield "copying";
    }
    this.routes.finishSplit(cell);
    for (let id = 0; id < this.#lat.length; id++) {
      if (this.has(id) && encodeGeohash(this.#lat[id], this.#lon[id], 9).startsWith(cell)) {
        this.#write(id);
      }
    }
  }

  /** Seconds since the first time that was told. */
  #tickOf(nowMs: number): number {
    this.#firstMs ??= nowMs;
    return Math.floor((nowMs - this.#firstMs) / 1000);
  }

  #expire(tick: number): void {
    this.#wheel.advance(tick, (id) => {
      this.remove(id);
      this.outcomes.expired++;
    });
  }

  #take({ id, lat, lon, updatedAt }: Position, nowMs: number): Outcome {
    if (updatedAt > nowMs + this.#futureMs) return "future";
    if (updatedAt < nowMs - this.#lateMs) return "late";
    const known = this.#updatedAt[id];
    if (updatedAt < known) return "old";
    if (updatedAt === known) return "duplicate";
    // A heartbeat that arrives in the second of its expiry wins, so that second is not over yet.
    const tick = this.#tickOf(nowMs);
    this.#expire(tick - 1);
    this.#lat[id] = lat;
    this.#lon[id] = lon;
    const moved = this.#write(id);
    const isNew = !this.has(id);
    if (isNew) this.#size++;
    this.#updatedAt[id] = updatedAt;
    this.#wheel.schedule(id, Math.max(this.#wheel.now, tick) + this.#ttl);
    return isNew ? "new" : moved ? "moved" : "same cell";
  }

  /** Puts the entity where its cell's owners are, and takes it away from all others. */
  #write(id: number): boolean {
    const lat = this.#lat[id], lon = this.#lon[id], owners = this.routes.writersAt(lat, lon);
    let moved = false;
    this.#grids.forEach((grid, node) => {
      if (!owners.includes(node)) grid.remove(id);
      else if (!this.#down.has(node)) moved = grid.move(id, lat, lon) || moved;
    });
    return moved;
  }
}
