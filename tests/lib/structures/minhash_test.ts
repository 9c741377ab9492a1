import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { integer, stream } from "../../../lib/sim/random.ts";
import { candidateProbability, LshIndex, lshThreshold } from "../../../lib/structures/lsh.ts";
import { MinHash } from "../../../lib/structures/minhash.ts";

/** Two sets that share `shared` of `union` elements, exactly. */
function pair(shared: number, union: number, from: number): [number[], number[]] {
  const all = Array.from({ length: union }, (_, i) => from + i);
  const own = union - shared, half = shared + (own >> 1);
  return [all.slice(0, half), [...all.slice(0, shared), ...all.slice(half)]];
}

Deno.test("MinHash.estimate() is unbiased, with the deviation of a binomial share", () => {
  const minHash = new MinHash(100);
  for (const shared of [10, 30, 50, 70]) {
    const s = shared / 100, estimates: number[] = [];
    for (let n = 0; n < 2000; n++) {
      const [a, b] = pair(shared, 100, n * 1000);
      estimates.push(minHash.estimate(minHash.signature(a), minHash.signature(b)));
    }
    const mean = estimates.reduce((sum, value) => sum + value) / 2000;
    const variance = estimates.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 1999;
    const expected = Math.sqrt(s * (1 - s) / 100);
    assertAlmostEquals(mean, s, 4 * expected / Math.sqrt(2000));
    assertAlmostEquals(Math.sqrt(variance) / expected, 1, 0.06);
  }
});

Deno.test("MinHash.signature() knows neither order nor repetition, and takes unions by minimum", () => {
  const minHash = new MinHash(64), random = stream(1);
  for (let n = 0; n < 50; n++) {
    const [a, b] = [30, 20].map((size) => Array.from({ length: size }, () => integer(random, 1e6)));
    const [ofA, ofB] = [a, b].map((set) => minHash.signature(set));
    assertEquals(minHash.signature([...a, ...a].reverse()), ofA);
    assertEquals(minHash.signature([...a, ...b]), ofA.map((value, i) => Math.min(value, ofB[i])));
  }
});

Deno.test("MinHash refuses the empty set and foreign signatures", () => {
  const minHash = new MinHash(10);
  assertThrows(() => minHash.signature([]), RangeError, "it must have an element");
  assertThrows(
    () => minHash.estimate(minHash.signature([1]), new Uint32Array(9)),
    RangeError,
    "both must have 10 values: received 10 and 9",
  );
  assertThrows(() => new MinHash(0), RangeError, "permutations must be a positive integer");
});

Deno.test("candidateProbability() is the book's S-curve", () => {
  // Leskovec, Rajaraman, Ullman, Mining of Massive Datasets, 3.4.2, figure 3.8: b = 20, r = 5.
  const published = {
    0.2: 0.006,
    0.3: 0.047,
    0.4: 0.186,
    0.5: 0.470,
    0.6: 0.802,
    0.7: 0.975,
    0.8: 0.9996,
  };
  for (const [s, expected] of Object.entries(published)) {
    assertAlmostEquals(candidateProbability(Number(s), { bands: 20, rows: 5 }), expected, 6e-4);
  }
  assertAlmostEquals(lshThreshold({ bands: 20, rows: 5 }), 0.5493, 1e-4);
  assertAlmostEquals(lshThreshold({ bands: 50, rows: 4 }), 0.376, 1e-3);
});

Deno.test("LshIndex.query() finds pairs as often as the curve says", () => {
  const minHash = new MinHash(100), PAIRS = 1000;
  for (const shared of [30, 50, 70]) {
    const index = new LshIndex({ bands: 20, rows: 5 });
    const queries: Uint32Array[] = [];
    for (let n = 0; n < PAIRS; n++) {
      const [a, b] = pair(shared, 100, n * 1000);
      index.add(n, minHash.signature(a));
      queries.push(minHash.signature(b));
    }
    const found = queries.filter((query, n) => index.query(query).includes(n)).length / PAIRS;
    const expected = candidateProbability(shared / 100, index);
    assertAlmostEquals(found, expected, 4 * Math.sqrt(expected * (1 - expected) / PAIRS));
  }
});

Deno.test("LshIndex.query() is brute force over equal bands, adds, replacements and removals included", () => {
  const random = stream(2), index = new LshIndex({ bands: 4, rows: 2 });
  const model = new Map<number, Uint32Array>();
  for (let n = 0; n < 3000; n++) {
    const id = integer(random, 60);
    const signature = Uint32Array.from({ length: 8 }, () => integer(random, 4));
    if (random() < 0.3) assertEquals(index.remove(id), model.delete(id));
    else {
      index.add(id, signature);
      model.set(id, signature);
    }
    const shares = [...model].map(([id, other]) => ({
      id,
      bands: [0, 2, 4, 6].filter((at) =>
        other[at] === signature[at] && other[at + 1] === signature[at + 1]
      ).length,
    })).filter(({ bands }) =>
      bands > 0
    ).sort((a, b) => b.bands - a.bands || a.id - b.id);
    assertEquals(index.query(signature), shares.map(({ id }) => id));
    assertEquals(index.size, model.size);
  }
});

Deno.test("LshIndex refuses signatures and shapes that do not fit", () => {
  const index = new LshIndex({ bands: 2, rows: 3 });
  assertThrows(() => index.add(1, new Uint32Array(5)), RangeError, "it must have 2 × 3 values");
  assertThrows(() => new LshIndex({ bands: 0, rows: 3 }), RangeError, "bands must be");
  assert(!index.remove(1));
});
