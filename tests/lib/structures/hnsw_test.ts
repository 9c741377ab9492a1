import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { integer, type Random, stream } from "../../../lib/sim/random.ts";
import { normal } from "../../../lib/sim/distribution.ts";
import { CandidatePool } from "../../../lib/structures/candidate_pool.ts";
import { Hnsw } from "../../../lib/structures/hnsw.ts";
import { LayeredLinks } from "../../../lib/structures/layered_links.ts";
import { VectorSlab } from "../../../lib/structures/vector_slab.ts";

function vectors(count: number, dimensions: number, random: Random): Float32Array[] {
  const bell = normal(0, 1);
  return Array.from(
    { length: count },
    () => Float32Array.from({ length: dimensions }, () => bell.sample(random)),
  );
}

function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [dot, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    dot += a[i] * b[i];
    aa += a[i] ** 2;
    bb += b[i] ** 2;
  }
  return dot / Math.sqrt(aa * bb);
}

Deno.test("VectorSlab computes cosines for any number of dimensions", () => {
  for (const dimensions of [1, 2, 7, 8, 9, 16, 31, 64, 100, 513]) {
    const all = vectors(20, dimensions, stream(dimensions));
    const slab = new VectorSlab({ dimensions, capacity: 20 });
    all.forEach((vector) => slab.push(vector));
    all.forEach((_, slot) => slab.list[slot] = 19 - slot);
    slab.ask(all[3]);
    slab.cosines(20);
    all.forEach((vector, slot) =>
      assertAlmostEquals(slab.found[19 - slot], cosine(all[3], vector), 2e-6)
    );
    slab.cosinesOf(5, 20);
    assertAlmostEquals(slab.found[14], 1, 2e-6);
    const best = Math.max(...all.slice(6).map((vector) => cosine(all[5], vector)));
    for (let slot = 6; slot < 20; slot++) slab.list[slot - 6] = slot;
    assert(slab.anyAtLeast(5, best - 1e-4, 14));
    assert(!slab.anyAtLeast(5, best + 1e-4, 14));
    assert(!slab.anyAtLeast(5, -2, 0));
  }
});

Deno.test("VectorSlab.nearest() is the sorted list of all", () => {
  const all = vectors(3000, 5, stream(1)), slab = new VectorSlab({ dimensions: 5, capacity: 3000 });
  all.forEach((vector) => slab.push(vector));
  const query = [1, 2, 3, 4, 5];
  const sorted = all.map((vector, slot) => ({ slot, cosine: cosine(query, vector) }))
    .filter(({ slot }) => slot % 2 === 0).sort((a, b) => b.cosine - a.cosine);
  const got = slab.nearest(query, 25, (slot) => slot % 2 === 0);
  assertEquals(got.map(({ slot }) => slot), sorted.slice(0, 25).map(({ slot }) => slot));
  assertEquals(slab.nearest(query, 9999).length, 3000);
});

Deno.test("VectorSlab refuses what has no direction", () => {
  const slab = new VectorSlab({ dimensions: 2, capacity: 1 });
  for (const bad of [[0, 0], [NaN, 1], [Infinity, 1]]) {
    assertThrows(() => slab.push(bad), RangeError, "its length must be above 0 and finite");
  }
  assertThrows(() => slab.push([1]), RangeError, "it must have 2 numbers: received 1");
  assertEquals(slab.size, 0);
  slab.push([1, 1]);
  assertThrows(() => slab.push([1, 1]), RangeError, "the slab must have room");
  assertThrows(() => new VectorSlab({ dimensions: 0, capacity: 1 }), RangeError, "dimensions must");
  assertThrows(() => new VectorSlab({ dimensions: 8, capacity: 2 ** 28 }), RangeError, "4 GiB");
});

Deno.test("CandidatePool keeps candidates sorted, their slots with them", () => {
  const random = stream(1), pool = new CandidatePool(200);
  const all = Array.from({ length: 200 }, (_, slot) => ({ slot, distance: Math.fround(random()) }));
  all.forEach(({ slot, distance }) => pool.insert(0, slot, distance, slot));
  all.sort((a, b) => a.distance - b.distance);
  all.forEach(({ slot, distance }, at) => {
    assertEquals(pool.slot(at), slot);
    assertEquals(pool.distance(at), distance);
  });
});

function recall(index: Hnsw, queries: Float32Array[], ef: number): number {
  let found = 0;
  for (const query of queries) {
    const exact = new Set(index.exact(query, 10).map(({ id }) => id));
    for (const { id } of index.search(query, 10, ef)) if (exact.has(id)) found++;
  }
  return found / queries.length / 10;
}

Deno.test("LayeredLinks keeps lists apart while its upper layers grow", () => {
  const links = new LayeredLinks({ capacity: 400, m: 3 }), random = stream(9);
  const model = new Map<string, number[]>();
  for (let slot = 0; slot < 400; slot++) {
    links.makeRoom(slot, slot % 4);
    for (let layer = 0; layer <= slot % 4; layer++) {
      const count = integer(random, links.most(layer) + 1);
      const list = Array.from({ length: count }, () => integer(random, 400));
      links.set(slot, layer, list);
      model.set(`${slot} ${layer}`, list);
    }
  }
  for (const [at, list] of model) {
    const [slot, layer] = at.split(" ").map(Number);
    assertEquals(links.get(slot, layer), list);
  }
});

Deno.test("Hnsw.search() finds 95 % with a tenth of the distances, all of them when wide", () => {
  const all = vectors(6000, 12, stream(1)), queries = vectors(100, 12, stream(2));
  const index = new Hnsw({ dimensions: 12, capacity: all.length, random: stream(3) });
  all.forEach((vector, id) => index.add(id, vector));
  const before = index.evaluations;
  const found = recall(index, queries, 64);
  const each = (index.evaluations - before) / queries.length;
  assert(found >= 0.95, `${found}`);
  assert(each < all.length / 6, `${each}`);
  assert(recall(index, queries, 6000) > 0.999);
});

Deno.test("Hnsw gives cosines, nearest first, and the same each time", () => {
  const all = vectors(500, 8, stream(1));
  const [one, two] = [1, 2].map(() =>
    new Hnsw({ dimensions: 8, capacity: 500, random: stream(3) })
  );
  for (const index of [one, two]) all.forEach((vector, id) => index.add(id, vector));
  for (const query of vectors(20, 8, stream(4))) {
    const got = one.search(query, 10);
    assertEquals(got, two.search(query, 10));
    got.forEach(({ id, cosine: near }, at) => {
      assertAlmostEquals(near, cosine(query, all[id]), 2e-6);
      assert(at === 0 || got[at - 1].cosine >= near);
    });
    assertEquals(new Set(got.map(({ id }) => id)).size, 10);
  }
});

Deno.test("Hnsw.remove() takes a vector out of all answers, and add() replaces", () => {
  const random = stream(5), all = vectors(800, 8, random);
  const index = new Hnsw({ dimensions: 8, capacity: 2000, random });
  all.forEach((vector, id) => index.add(id, vector));
  const gone = new Set<number>();
  for (let n = 0; n < 300; n++) {
    const id = integer(random, 800);
    assertEquals(index.remove(id), !gone.has(id));
    gone.add(id);
  }
  assertEquals(index.size, 800 - gone.size);
  for (const vector of all) {
    assert(index.search(vector, 10, 50).every(({ id }) => !gone.has(id)));
  }
  const kept = all.findIndex((_, id) => !gone.has(id));
  index.add(kept, all[kept].map((x) => -x));
  assert(index.search(all[kept], 5).every(({ id }) => id !== kept));
  assertEquals(index.search(all[kept].map((x) => -x), 1)[0].id, kept);
  const back = [...gone][0];
  index.add(back, all[back]);
  assertEquals(index.search(all[back], 1)[0].id, back);
});

Deno.test("Hnsw takes clusters, duplicates and a single vector", () => {
  const index = new Hnsw({ dimensions: 3, capacity: 300, random: stream(1), m: 4 });
  assertEquals(index.search([1, 0, 0], 3), []);
  index.add(-5, [0, 0, 2]);
  assertEquals(index.search([0, 0, 1], 3).map(({ id }) => id), [-5]);
  for (let id = 0; id < 200; id++) index.add(id, id < 100 ? [1, 0, 0] : [0, 1, 1e-3 * id]);
  assertEquals(index.search([0, 0, 1], 1)[0].id, -5);
  assertAlmostEquals(index.search([1, 0.01, 0], 1)[0].cosine, 1, 1e-3);
  assert(index.byteLength > 0 && index.has(-5));
});

Deno.test("Hnsw refuses bad sizes, ids and vectors", () => {
  const random = stream(1);
  assertThrows(
    () => new Hnsw({ dimensions: 2, capacity: 1, m: 1, random }),
    RangeError,
    "m must be 2 to 256",
  );
  const index = new Hnsw({ dimensions: 2, capacity: 2, random });
  assertThrows(() => index.add(0.5, [1, 1]), RangeError, "id must be an integer of 32 bits");
  assertThrows(() => index.add(1, [NaN, 1]), RangeError, "above 0 and finite");
  assertThrows(() => index.search([1, 1, 1], 1), RangeError, "it must have 2 numbers");
  assertThrows(() => index.search([1, 1], 0), RangeError, "k must be at least 1");
  assertEquals(index.size, 0);
});
