/**
 * Works off a list, a few items at a time.
 *
 * @module
 */

/** The results in the order of the items; after a signal no further item starts, and it has no result. */
export async function runPool<Item, Result>(
  items: readonly Item[],
  jobs: number,
  work: (item: Item) => Promise<Result>,
  signal?: AbortSignal,
): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  async function workOff() {
    while (next < items.length && !signal?.aborted) {
      const index = next++;
      results[index] = await work(items[index]);
    }
  }
  await Promise.all(Array.from({ length: Math.min(jobs, items.length) }, workOff));
  return Object.values(results);
}
