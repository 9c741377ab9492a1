/**
 * The nodes of an R-tree: their boxes, where a new place belongs, and how a bulk load packs them.
 *
 * @module
 */

/** Entries of a node before it is split. */
export const MOST = 16;

/** A leaf holds ids, any other node holds nodes. */
export class Node {
  south = Infinity;
  west = Infinity;
  north = -Infinity;
  east = -Infinity;
  parent: Node | undefined;
  nodes: Node[] = [];
  ids: number[] = [];
  constructor(readonly isLeaf: boolean) {}

  get size(): number {
    return this.isLeaf ? this.ids.length : this.nodes.length;
  }

  growTo(south: number, west: number, north: number, east: number): void {
    if (south < this.south) this.south = south;
    if (west < this.west) this.west = west;
    if (north > this.north) this.north = north;
    if (east > this.east) this.east = east;
  }
}

/** Makes `node` a child. */
export function adopt(parent: Node, node: Node): void {
  parent.nodes.push(node);
  parent.growTo(node.south, node.west, node.north, node.east);
  node.parent = parent;
}

/** The node whose box has to grow least to hold the place; of equals the smallest. */
export function leastGrown(nodes: readonly Node[], lat: number, lon: number): Node {
  let best = nodes[0], least = Infinity, smallest = Infinity;
  for (const node of nodes) {
    const width = node.east - node.west, height = node.north - node.south;
    const grown = (Math.max(node.east, lon) - Math.min(node.west, lon)) *
      (Math.max(node.north, lat) - Math.min(node.south, lat));
    const area = width * height, more = grown - area;
    if (more < least || (more === least && area < smallest)) {
      [best, least, smallest] = [node, more, area];
    }
  }
  return best;
}

/** Sorts into slices by x and those into runs by y, each of at most a node's entries. */
export function tiles<T>(items: T[], x: (item: T) => number, y: (item: T) => number): T[][] {
  const leaves = Math.ceil(items.length / MOST), slices = Math.ceil(Math.sqrt(leaves));
  const perSlice = Math.ceil(leaves / slices) * MOST, runs: T[][] = [];
  items.sort((a, b) => x(a) - x(b));
  for (let from = 0; from < items.length; from += perSlice) {
    const slice = items.slice(from, from + perSlice).sort((a, b) => y(a) - y(b));
    for (let at = 0; at < slice.length; at += MOST) runs.push(slice.slice(at, at + MOST));
  }
  return runs;
}
