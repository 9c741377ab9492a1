/**
 * Which node owns which cell: by hash at first, by decision where a cell was split.
 *
 * Cells of one length are spread over the nodes by a hash of their text. A split cell has a table of children, each
 * with a node of its own. While a split is under way the children's nodes take writes beside the old owner, and reads
 * stay with the old one; finishing it moves the reads.
 *
 * @module
 */
import { relate } from "lib/structures/cell_cover.ts";
import { encodeGeohash, geohashBounds } from "lib/structures/geohash.ts";
import type { Place } from "lib/structures/sphere.ts";

interface Split {
  node: Map<string, number>;
  finished: boolean;
}

export class Routes {
  readonly nodes: number;
  readonly length: number;
  #splits = new Map<string, Split>();

  constructor(nodes: number, length: number) {
    this.nodes = nodes;
    this.length = length;
  }

  /** The nodes that a position is written to. */
  writersAt(lat: number, lon: number): number[] {
    const cell = encodeGeohash(lat, lon, this.length), split = this.#splits.get(cell);
    if (split === undefined) return [this.#home(cell)];
    const child = split.node.get(encodeGeohash(lat, lon, this.length + 1))!;
    return split.finished ? [child] : [this.#home(cell), child];
  }

  /** The nodes that own a part of a circle, whose cells of this length are given. */
  readersOf(cells: readonly string[], circle: Place & { metres: number }): Set<number> {
    const nodes = new Set<number>();
    for (const cell of cells) {
      const split = this.#splits.get(cell);
      if (!split?.finished) nodes.add(this.#home(cell));
      else {
        for (const [child, node] of split.node) {
          if (relate(circle, geohashBounds(child)) !== "outside") nodes.add(node);
        }
      }
    }
    return nodes;
  }

  /** From now on, writes in the cell also go to its children's nodes, which take turns. */
  beginSplit(cell: string, children: readonly string[]): void {
    if (cell.length !== this.length || this.#splits.has(cell)) {
      throw new RangeError(
        `Cannot split cell: it must have ${this.length} characters and be whole: received ${cell}`,
      );
    }
    const first = this.#home(cell);
    this.#splits.set(cell, {
      finished: false,
      node: new Map(children.map((child, i) => [child, (first + 1 + i) % this.nodes])),
    });
  }

  /** From now on, reads go to the children's nodes, and writes only there. */
  finishSplit(cell: string): void {
    this.#splits.get(cell)!.finished = true;
  }

  #home(cell: string): number {
    let hash = 0x811c9dc5;
    for (let i = 0; i < cell.length; i++) hash = Math.imul(hash ^ cell.charCodeAt(i), 0x01000193);
    hash = Math.imul(hash ^ hash >>> 15, 0x85ebca6b);
    return ((hash ^ hash >>> 13) >>> 0) % this.nodes;
  }
}
