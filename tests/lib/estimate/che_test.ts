import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { cheHitRate, zipfPopularity } from "lib/estimate/che.ts";
import { stream } from "lib/sim/random.ts";

Deno.test("cheHitRate() gives the caches of session 04", () => {
  const small: [number, number, number][] = [
    [0.8, 100, 0.1566],
    [0.8, 1000, 0.4367],
    [0.99, 100, 0.3769],
    [0.99, 1000, 0.6641],
  ];
  for (const [skew, capacity, hit] of small) {
    const popularity = zipfPopularity(10_000, skew);
    assertAlmostEquals(cheHitRate({ popularity, capacity }).total, hit, 5e-5);
  }
  const popularity = zipfPopularity(100_000, 0.99);
  const large = [0.2, 0.4, 0.5, 0.6, 0.7].map((share) =>
    cheHitRate({ popularity, capacity: share * 100_000 }).total
  );
  [0.803, 0.886, 0.913, 0.936, 0.956].forEach((hit, i) => assertAlmostEquals(large[i], hit, 5e-4));
});

Deno.test("cheHitRate() is within half a point of a simulated LRU cache", () => {
  const [keys, capacity, requests] = [2000, 200, 200_000];
  const popularity = zipfPopularity(keys, 0.9);
  const cumulative = popularity.reduce<number[]>((sums, p) => {
    sums.push((sums.at(-1) ?? 0) + p);
    return sums;
  }, []);
  const random = stream(21);
  const cache = new Set<number>();
  let hits = 0;
  for (let i = 0; i < requests; i++) {
    const u = random();
    let [low, high] = [0, keys - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (cumulative[middle] < u) low = middle + 1;
      else high = middle;
    }
    if (cache.delete(low)) hits++;
    cache.add(low);
    if (cache.size > capacity) {
      for (const oldest of cache) {
        cache.delete(oldest);
        break;
      }
    }
  }
  assertAlmostEquals(hits / requests, cheHitRate({ popularity, capacity }).total, 0.005);
});

Deno.test("cheHitRate() fills the cache, in order of popularity, and rises with capacity", () => {
  const random = stream(22);
  for (let i = 0; i < 20; i++) {
    const popularity = Float64Array.from({ length: 100 }, () => random() ** 3).sort().reverse();
    let before = 0;
    for (const capacity of [1, 5, 20, 50, 99]) {
      const { perKey, total } = cheHitRate({ popularity, capacity });
      assertAlmostEquals(perKey.reduce((a, b) => a + b), capacity, 1e-6);
      assert(perKey.every((hit, key) => key === 0 || hit <= perKey[key - 1]));
      assert(total > before);
      before = total;
    }
  }
});

Deno.test("cheHitRate() of equal keys is the share that fits", () => {
  const popularity = new Float64Array(1000).fill(7);
  assertAlmostEquals(cheHitRate({ popularity, capacity: 250 }).total, 0.25, 1e-9);
});

Deno.test("cheHitRate() hits always when all fits, never without room", () => {
  const popularity = [5, 3, 0, 2];
  const all = cheHitRate({ popularity, capacity: 3 });
  assertEquals([all.total, ...all.perKey], [1, 1, 1, 0, 1]);
  assertEquals(all.characteristicTime, Infinity);
  assertEquals(cheHitRate({ popularity, capacity: 0 }).total, 0);
});

Deno.test("cheHitRate() refuses popularities and capacities that make no sense", () => {
  const refused: [() => unknown, string][] = [
    [
      () => cheHitRate({ popularity: [1, -2], capacity: 1 }),
      "popularity must be at least 0, and not 0 for all keys: received -2",
    ],
    [() => cheHitRate({ popularity: [1, NaN], capacity: 1 }), "received NaN"],
    [() => cheHitRate({ popularity: [], capacity: 1 }), "received 0 keys that add up to 0"],
    [() => cheHitRate({ popularity: [0, 0], capacity: 1 }), "received 2 keys that add up to 0"],
    [
      () => cheHitRate({ popularity: [1], capacity: -1 }),
      "Cannot estimate hit ratio: capacity must be at least 0: received -1",
    ],
    [() => zipfPopularity(0, 1), "keys must be a whole number from 1"],
    [() => zipfPopularity(10, -1), "received 10 and -1"],
  ];
  for (const [call, message] of refused) assertThrows(call, RangeError, message);
});

Deno.test("zipfPopularity() adds up to one and gives the head of session 22", () => {
  const popularity = zipfPopularity(1e6, 1);
  assertAlmostEquals(popularity.reduce((a, b) => a + b), 1, 1e-9);
  assertAlmostEquals(popularity[0] / popularity[99], 100, 1e-9);
  assertAlmostEquals(1 / popularity[0], 14.3927, 1e-4); // the harmonic number of a million
});
