import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { cheHitRate, zipfPopularity } from "lib/estimate/che.ts";
import { integer, stream } from "lib/sim/random.ts";
import { zipf } from "lib/sim/zipf.ts";
import { LruCache } from "lib/structures/lru_cache.ts";
import { SieveCache } from "lib/structures/sieve_cache.ts";

type Cache = LruCache<number, number> | SieveCache<number, number>;

/** The obvious LRU: an array in order of use. */
class ListLru {
  entries: [number, number][] = [];
  constructor(readonly capacity: number) {}
  get(key: number): number | undefined {
    const at = this.entries.findIndex(([other]) => other === key);
    if (at < 0) return undefined;
    this.entries.unshift(...this.entries.splice(at, 1));
    return this.entries[0][1];
  }
  set(key: number, value: number): void {
    this.delete(key);
    this.entries.unshift([key, value]);
    this.entries.length = Math.min(this.entries.length, this.capacity);
  }
  delete(key: number): boolean {
    const before = this.entries.length;
    this.entries = this.entries.filter(([other]) => other !== key);
    return this.entries.length < before;
  }
}

/** The obvious SIEVE, as in the paper's figure 2: newest first, the hand as an index. */
class ListSieve {
  entries: { key: number; value: number; visited: boolean }[] = [];
  hand: number | undefined;
  constructor(readonly capacity: number) {}
  find = (key: number) => this.entries.find((entry) => entry.key === key);
  get(key: number): number | undefined {
    const entry = this.find(key);
    if (entry) entry.visited = true;
    return entry?.value;
  }
  set(key: number, value: number): void {
    const entry = this.find(key);
    if (entry) return void Object.assign(entry, { value, visited: true });
    if (this.entries.length === this.capacity) {
      let at = this.hand ?? this.entries.length - 1;
      while (this.entries[at].visited) {
        this.entries[at].visited = false;
        at = at === 0 ? this.entries.length - 1 : at - 1;
      }
      this.#remove(at);
      this.hand = at === 0 ? undefined : at - 1;
    }
    this.entries.unshift({ key, value, visited: false });
    if (this.hand !== undefined) this.hand++;
  }
  delete(key: number): boolean {
    const at = this.entries.findIndex((entry) => entry.key === key);
    if (at < 0) return false;
    this.#remove(at);
    if (this.hand === at) this.hand = at === 0 ? undefined : at - 1;
    else if (this.hand !== undefined && at < this.hand) this.hand--;
    return true;
  }
  #remove(at: number): void {
    this.entries.splice(at, 1);
  }
}

const variants: [string, (n: number) => Cache, (n: number) => ListLru | ListSieve][] = [
  ["LruCache", (n) => new LruCache(n), (n) => new ListLru(n)],
  ["SieveCache", (n) => new SieveCache(n), (n) => new ListSieve(n)],
];

for (const [name, make, obvious] of variants) {
  Deno.test(`${name}.get() answers as the obvious version, over random operations`, () => {
    for (let seed = 0; seed < 40; seed++) {
      const random = stream(seed, "operations");
      const capacity = 1 + integer(random, 8);
      const cache = make(capacity), model = obvious(capacity);
      for (let n = 0; n < 600; n++) {
        const key = integer(random, 14), dice = random();
        if (dice < 0.5) assertEquals(cache.get(key), model.get(key), `seed ${seed}, step ${n}`);
        else if (dice < 0.9) [cache.set(key, n), model.set(key, n)];
        else assertEquals(cache.delete(key), model.delete(key), `seed ${seed}, step ${n}`);
        assertEquals(cache.size, model.entries.length);
      }
    }
  });

  Deno.test(`${name}() refuses a capacity that is none`, () => {
    for (const capacity of [0, -1, 1.5, NaN, 2 ** 31]) {
      assertThrows(
        () => make(capacity),
        RangeError,
        `capacity must be an integer from 1 to 2^30: received ${capacity}`,
      );
    }
  });

  Deno.test(`${name}.set() hands over what it evicts`, () => {
    const evicted: [number, string][] = [];
    const onEvict = (key: number, value: string) => evicted.push([key, value]);
    const cache = name === "LruCache"
      ? new LruCache<number, string>(2, { onEvict })
      : new SieveCache<number, string>(2, { onEvict });
    cache.set(1, "a").set(2, "b").set(3, "c");
    assertEquals(evicted, [[1, "a"]]);
  });
}

function hitRatio(cache: Cache, { keys, requests }: { keys: number; requests: number }): number {
  const random = stream(1, "requests"), popularity = zipf(keys, 0.99);
  let hits = 0;
  for (let n = 0; n < requests; n++) {
    const key = popularity.sample(random);
    if (cache.get(key) !== undefined) hits += n >= requests / 10 ? 1 : 0;
    else cache.set(key, key);
  }
  return hits / (requests * 0.9);
}

Deno.test("LruCache.get() hits as often as Che's approximation says", () => {
  const predicted = cheHitRate({ popularity: zipfPopularity(10_000, 0.99), capacity: 1000 }).total;
  const seen = hitRatio(new LruCache(1000), { keys: 10_000, requests: 300_000 });
  assertAlmostEquals(seen, predicted, 0.005);
});

Deno.test("SieveCache.get() hits more often than LRU on a Zipf workload", () => {
  const shape = { keys: 10_000, requests: 200_000 };
  assert(hitRatio(new SieveCache(1000), shape) > hitRatio(new LruCache(1000), shape) + 0.01);
});

Deno.test("LruCache.peek() does not use an entry", () => {
  const cache = new LruCache<string, number>(2).set("a", 1).set("b", 2);
  assertEquals(cache.peek("a"), 1);
  cache.set("c", 3);
  assertEquals(cache.peek("a"), undefined);
});
