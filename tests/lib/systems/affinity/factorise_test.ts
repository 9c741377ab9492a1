import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { makeWorld } from "../../../../lib/sim/behaviour.ts";
import { integer, stream } from "../../../../lib/sim/random.ts";
import { factorise } from "../../../../lib/systems/affinity/factorise.ts";
import { FollowGraph } from "../../../../lib/systems/affinity/graph.ts";

Deno.test("factorise() leaves no gradient: each vector solves its least squares", () => {
  const random = stream(1), d = 3, items = 12;
  const sets = Array.from(
    { length: 20 },
    () => [...new Set([1, 2, 3].map(() => integer(random, items)))],
  );
  const options = { dimensions: d, random, confidence: 5, penalty: 0.1 };
  const factors = factorise(sets, items, options);
  const row = (all: Float32Array, n: number) => all.subarray(n * d, n * d + d);
  sets.forEach((set, person) => {
    const x = row(factors.people, person), gradient = x.map((value) => 0.1 * value);
    for (let item = 0; item < items; item++) {
      const y = row(factors.items, item), has = set.includes(item);
      const error = x.reduce((sum, value, i) => sum + value * y[i], 0) - (has ? 1 : 0);
      y.forEach((value, i) => gradient[i] += (has ? 6 : 1) * error * value);
    }
    gradient.forEach((value) => assertAlmostEquals(value, 0, 1e-5));
    factors.foldIn(set).forEach((value, i) => assertAlmostEquals(value, x[i], 1e-6));
  });
});

Deno.test("FollowGraph.twoHop() is Adamic and Adar by brute force, hubs and the gone left out", () => {
  const random = stream(2), users = 40;
  const follows = Array.from(
    { length: users },
    (_, user) =>
      [...new Set([1, 2, 3].map(() => integer(random, users)))].filter((other) => other !== user),
  );
  const graph = new FollowGraph(follows);
  const links = follows.map((own, user) => [
    ...own,
    ...follows.flatMap((others, other) => others.includes(user) ? [other] : []),
  ]);
  for (let user = 0; user < users; user++) {
    const expected = new Map<number, number>();
    for (const between of links[user]) {
      expected.set(between, (expected.get(between) ?? 0) + 1);
      if (links[between].length > 8) continue;
      for (const other of links[between]) {
        expected.set(other, (expected.get(other) ?? 0) + 1 / Math.log(1 + links[between].length));
      }
    }
    expected.delete(user);
    const got = graph.twoHop(user, { hubCap: 8 });
    assertEquals(got.length, expected.size);
    for (const { id, weight } of got) assertAlmostEquals(weight, expected.get(id)!, 1e-9);
  }
  const gone = graph.twoHop(0)[0].id;
  graph.remove(gone);
  assert(graph.twoHop(0).every(({ id }) => id !== gone));
});

Deno.test("makeWorld() is seeded, cohorts have equal merit, and the log shows the later ones less", () => {
  const [world, again] = [1, 2].map(() => makeWorld({ users: 4000, seed: 3, bias: 0.5 }));
  assertEquals(world.taste, again.taste);
  assertEquals(world.engaged[17], again.engaged[17]);
  const mean = (values: ArrayLike<number>, cohort: number) => {
    const own = Array.from(values).filter((_, user) => world.cohort[user] === cohort);
    return own.reduce((sum, value) => sum + value) / own.length;
  };
  for (const cohort of [1, 2]) {
    assertAlmostEquals(mean(world.merit, cohort), mean(world.merit, 0), 0.25);
    assertEquals(mean(world.shown, cohort) / mean(world.shown, 0), 0.5);
    assertAlmostEquals(mean(world.clicked, cohort) / mean(world.clicked, 0), 0.5, 0.08);
  }
  const best = world.truth(5, 20), rest = world.affinity(5, best[19]);
  assertEquals(best.length, 20);
  for (let other = 0; other < 4000; other++) {
    if (other !== 5 && !best.includes(other)) assert(world.affinity(5, other) <= rest + 1e-12);
  }
});
