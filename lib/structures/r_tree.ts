/**
 * An R-tree of places: boxes of boxes, for what moves and what must be found by box or by distance.
 *
 * A node holds up to 16 entries and the box around them. A new place goes down into the box that grows least; a full
 * node is cut at the middle of its longer side. Bulk loading sorts into vertical slices and those into runs (sort-tile-
 * recursive), which leaves full nodes that hardly overlap. A place that moves within its leaf's box costs two stores;
 * boxes are not shrunk then, only when their node is split or emptied. The nearest are found best-first: a queue holds
 * boxes by the distance to their nearest point on the sphere, and places by their own, so what comes out is in order.
 *
 * Simplified: points only, and boxes of degrees that never cross the antimeridian; the search does, cut in two. No
 * forced reinsertion as in the R*-tree.
 *
 * | operation | time | memory |
 * | --- | --- | --- |
 * | `load` | O(n log n) | about 40 bytes a place |
 * | `insert`, `remove` | O(log n) | |
 * | `move` | O(1) within its leaf, else O(log n) | |
 * | `search` | O(√n + hits) where boxes hardly overlap | |
 * | `nearest` | O((k + log n) · log n) | |
 *
 * @example
 * ```ts
 * import { RTree } from "lib/structures/r_tree.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const tree = new RTree();
 * tree.insert(1, 30.0, 31.2);
 * tree.insert(2, 30.1, 31.3);
 * assertEquals(tree.search({ south: 30.05, west: 31, north: 31, east: 32 }), [2]);
 * assertEquals(tree.nearest(30.02, 31.2, 1)[0].id, 1);
 * ```
 *
 * Source: Guttman, "R-trees", SIGMOD 1984; Leutenegger et al., "STR", ICDE 1997; Hjaltason and Samet, "Distance
 * browsing in spatial databases", TODS 24(2), 1999.
 *
 * @module
 */
import type { NearestOptions, Neighbour } from "./neighbour.ts";
import { NearestQueue } from "./nearest_queue.ts";
import { adopt, leastGrown, MOST, Node, tiles } from "./r_tree_node.ts";
import { type Box, cutAtAntimeridian, EARTH_RADIUS, metresToEdges } from "./sphere.ts";

const RAD = Math.PI / 180;

export class RTree {
  #root = new Node(true);
  #lat: number[] = [];
  #lon: number[] = [];
  #leaf: (Node | undefined)[] = [];
  #size = 0;
  /** Boxes and places that the last search looked at. */
  visited = 0;

  get size(): number {
    return this.#size;
  }

  /** What its numbers take, at 8 bytes each: coordinates, a leaf for each place, entries and boxes. */
  get byteLength(): number {
    const boxesOf = (node: Node): number =>
      node.nodes.reduce((sum, child) => sum + boxesOf(child), 40);
    return 32 * this.#size + boxesOf(this.#root);
  }

  /** A tree of all places at once; ids are positions in the lists. */
  static load(lats: ArrayLike<number>, lons: ArrayLike<number>): RTree {
    const tree = new RTree();
    if (lats.length === 0) return tree;
    tree.#lat = Array.from(lats);
    tree.#lon = Array.from(lons);
    tree.#size = lats.length;
    const ids = Array.from(lats, (_, id) => id);
    let level = tiles(ids, (id) => tree.#lon[id], (id) => tree.#lat[id]).map((run) => {
      const leaf = new Node(true);
      for (const id of run) tree.#put(leaf, id);
      return leaf;
    });
    while (level.length > 1) {
      level = tiles(level, (node) => node.west + node.east, (node) => node.south + node.north)
        .map((run) => {
          const above = new Node(false);
          for (const node of run) adopt(above, node);
          return above;
        });
    }
    tree.#root = level[0];
    return tree;
  }

  has(id: number): boolean {
    return this.#leaf[id] !== undefined;
  }

  /** Adds a place under an id that has none yet. */
  insert(id: number, lat: number, lon: number): void {
    if (
      !(lat >= -90 && lat <= 90 && lon >= -180 && lon <= 180) || this.has(id) ||
      !(Number.isInteger(id) && id >= 0)
    ) {
      throw new RangeError(
        `Cannot insert ${id}: it must be a new integer, the place within ±90 and ±180 degrees: received ${lat}, ${lon}`,
      );
    }
    this.#lat[id] = lat;
    this.#lon[id] = lon;
    this.#size++;
    let node = this.#root;
    for (;;) {
      node.growTo(lat, lon, lat, lon);
      if (node.isLeaf) break;
      node = leastGrown(node.nodes, lat, lon);
    }
    this.#put(node, id);
    if (node.ids.length > MOST) this.#split(node);
  }

  /** Takes a place out; false when it was not there. */
  remove(id: number): boolean {
    const leaf = this.#leaf[id];
    if (leaf === undefined) return false;
    const last = leaf.ids.pop()!;
    if (last !== id) leaf.ids[leaf.ids.indexOf(id)] = last;
    this.#leaf[id] = undefined;
    this.#size--;
    for (let node = leaf; node.size === 0 && node.parent !== undefined; node = node.parent) {
      node.parent.nodes.splice(node.parent.nodes.indexOf(node), 1);
    }
    if (this.#size === 0) this.#root = new Node(true);
    return true;
  }

  /** Puts a place that is there somewhere else. */
  move(id: number, lat: number, lon: number): void {
    const leaf = this.#leaf[id];
    if (
      leaf !== undefined && lat >= leaf.south && lat <= leaf.north && lon >= leaf.west &&
      lon <= leaf.east
    ) {
      this.#lat[id] = lat;
      this.#lon[id] = lon;
      return;
    }
    this.remove(id);
    this.insert(id, lat, lon);
  }

  /** The ids in the box, edges included, in no order. */
  search(box: Box): number[] {
    const found: number[] = [];
    this.visited = 0;
    for (const part of cutAtAntimeridian(box)) this.#collect(this.#root, part, found);
    return found;
  }

  /** The `k` places that are nearest, nearest first; of places equally far the lower id comes first. */
  nearest(lat: number, lon: number, k: number, options: NearestOptions = {}): Neighbour[] {
    const { maxMetres = Infinity, filter } = options;
    const found: Neighbour[] = [], queue = new NearestQueue<Node>(), flat = Math.cos(lat * RAD);
    queue.push({ metres: 0, id: -1, node: this.#root });
    this.visited = 0;
    while (found.length < k) {
      const next = queue.pop();
      if (next === undefined || next.metres > maxMetres) break;
      const { node } = next;
      this.visited += node?.size ?? 0;
      if (node === undefined) {
        found.push({ id: next.id, metres: next.metres });
      } else if (node.isLeaf) {
        for (const id of node.ids) {
          if (filter !== undefined && !filter(id)) continue;
          const up = Math.sin((this.#lat[id] - lat) * RAD / 2);
          const along = Math.sin((this.#lon[id] - lon) * RAD / 2);
          const h = up * up + flat * Math.cos(this.#lat[id] * RAD) * along * along;
          const metres = 2 * EARTH_RADIUS * Math.asin(Math.min(1, Math.sqrt(h)));
          queue.push({ id, metres, node: undefined });
        }
      } else {
        for (const child of node.nodes) {
          const { south, west, north, east } = child;
          // Rounding must not let a box come out behind what is in it.
          const metres = metresToEdges(lat, lon, south, west, north, east) * (1 - 1e-12) - 1e-6;
          queue.push({ id: -1, metres, node: child });
        }
      }
    }
    return found;
  }

  #collect(node: Node, box: Box, found: number[]): void {
    this.visited++;
    if (
      node.south > box.north || node.north < box.south || node.west > box.east ||
      node.east < box.west
    ) return;
    if (!node.isLeaf) {
      for (const child of node.nodes) this.#collect(child, box, found);
      return;
    }
    for (const id of node.ids) {
      const lat = this.#lat[id], lon = this.#lon[id];
      if (lat >= box.south && lat <= box.north && lon >= box.west && lon <= box.east) {
        found.push(id);
      }
    }
  }

  #put(leaf: Node, id: number): void {
    const lat = this.#lat[id], lon = this.#lon[id];
    leaf.ids.push(id);
    leaf.growTo(lat, lon, lat, lon);
    this.#leaf[id] = leaf;
  }

  /** Cuts a node that is too full at the middle of its longer side, and its parents where they become so. */
  #split(node: Node): void {
    const byLon = node.east - node.west > node.north - node.south;
    const other = new Node(node.isLeaf);
    const { ids, nodes, parent } = node;
    Object.assign(node, { south: Infinity, west: Infinity, north: -Infinity, east: -Infinity });
    node.ids = [];
    node.nodes = [];
    if (node.isLeaf) {
      const at = byLon ? this.#lon : this.#lat;
      ids.sort((a, b) => at[a] - at[b]);
      ids.forEach((id, i) => this.#put(i < ids.length / 2 ? node : other, id));
    } else {
      const at = (one: Node) => byLon ? one.west + one.east : one.south + one.north;
      nodes.sort((a, b) => at(a) - at(b));
      nodes.forEach((one, i) => adopt(i < nodes.length / 2 ? node : other, one));
    }
    if (parent === undefined) {
      this.#root = new Node(false);
      adopt(this.#root, node);
      adopt(this.#root, other);
      return;
    }
    adopt(parent, other);
    if (parent.nodes.length > MOST) this.#split(parent);
  }
}
