/**
 * What a best-first search still has to look at, nearest first.
 *
 * A binary heap of boxes and objects by their distance; of those equally far a box comes before an object, since it may
 * hold one with a lower id.
 *
 * @module
 */

/** A box with its node, or an object by its id. */
export interface Waiting<Node> {
  /** Of a box, those of its nearest point. */
  readonly metres: number;
  /** -1 for a box. */
  readonly id: number;
  readonly node: Node | undefined;
}

export class NearestQueue<Node> {
  #heap: Waiting<Node>[] = [];

  push(item: Waiting<Node>): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(item);
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (!isBefore(item, heap[above])) break;
      heap[at] = heap[above];
      at = above;
    }
    heap[at] = item;
  }

  pop(): Waiting<Node> | undefined {
    const heap = this.#heap, first = heap[0], last = heap.pop();
    if (heap.length === 0 || last === undefined) return first;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && isBefore(heap[below + 1], heap[below])) below++;
      if (!isBefore(heap[below], last)) break;
      heap[at] = heap[below];
      at = below;
    }
    heap[at] = last;
    return first;
  }
}

function isBefore(a: Waiting<unknown>, b: Waiting<unknown>): boolean {
  return a.metres < b.metres || (a.metres === b.metres && a.id < b.id);
}
