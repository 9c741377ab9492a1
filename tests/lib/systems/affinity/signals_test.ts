import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { integer, stream } from "../../../../lib/sim/random.ts";
import { makeVisits } from "../../../../lib/sim/visits.ts";
import { CoLocation } from "../../../../lib/systems/affinity/co_location.ts";
import { divergence, stabilityIndex } from "../../../../lib/systems/affinity/drift.ts";
import { personalRank } from "../../../../lib/systems/affinity/personal_rank.ts";

const HOUR = 3_600_000;

Deno.test("CoLocation.met() is all pairs of visits compared, and forgets who is gone", () => {
  const random = stream(1), cellMetres = 50, windowMs = HOUR;
  const visits = Array.from({ length: 400 }, () => ({
    person: integer(random, 30),
    x: random() * 200 - 100,
    y: random() * 100,
    atMs: random() * 5 * HOUR,
  }));
  const meetings = new CoLocation(visits, { cellMetres, windowMs });
  const placesOf = ({ x, y, atMs }: typeof visits[number]) =>
    [0, 0.5].map((shift) =>
      [x / cellMetres, y / cellMetres, atMs / windowMs + shift].map(Math.floor).join() + shift
    );
  for (const person of [0, 7, 29]) {
    const expected = new Map<number, number>();
    const own = visits.filter((one) => one.person === person);
    for (const place of new Set(own.flatMap(placesOf))) {
      const there = new Set(
        visits.filter((one) => placesOf(one).includes(place)).map((one) => one.person),
      );
      for (const other of there) {
        expected.set(other, (expected.get(other) ?? 0) + 1 / Math.log(1 + there.size));
      }
    }
    expected.delete(person);
    const got = meetings.met(person);
    assertEquals(got.length, expected.size);
    for (const { id, weight } of got) assertAlmostEquals(weight, expected.get(id)!, 1e-12);
    assert(got.every(({ weight }, n) => n === 0 || weight <= got[n - 1].weight));
  }
  const gone = meetings.met(0)[0].id;
  meetings.remove(gone);
  assert(meetings.met(0).every(({ id }) => id !== gone));
  assertEquals(meetings.met(99), []);
  assertThrows(
    () => new CoLocation([], { cellMetres: 0, windowMs: 1 }),
    RangeError,
    "must be above 0",
  );
});

Deno.test("CoLocation finds a group by its hour, which neither a minute nor a week does", () => {
  const groups = Array.from({ length: 2000 }, (_, person) => person % 40);
  const visits = makeVisits(groups, { seed: 1, stations: 2 });
  assertEquals(visits, makeVisits(groups, { seed: 1, stations: 2 }));
  const shareOf = (windowMs: number) => {
    const meetings = new CoLocation(visits, { cellMetres: 100, windowMs });
    let same = 0;
    for (let person = 0; person < 100; person++) {
      const met = meetings.met(person, { limit: 20 });
      same += met.filter(({ id }) => groups[id] === groups[person]).length / 20 / 100;
    }
    return same;
  };
  const [minute, hour, week] = [HOUR / 60, HOUR, 168 * HOUR].map(shareOf);
  assert(hour > 0.7 && minute < 0.2 && week < 0.3, `${minute} ${hour} ${week}`);
});

/** Random links, each there in both directions. */
function randomGraph(nodes: number, links: number, seed: number): number[][] {
  const random = stream(seed), graph = Array.from({ length: nodes }, () => [] as number[]);
  for (let n = 0; n < links; n++) {
    const [one, other] = [integer(random, nodes), integer(random, nodes)];
    graph[one].push(other);
    graph[other].push(one);
  }
  return graph;
}

/** The rank by walking with all of the probability, step after step. */
function ranksByPower(graph: number[][], source: number, restart: number): number[] {
  let at: number[] = graph.map((_, node) => node === source ? 1 : 0);
  const ranks = graph.map(() => 0);
  for (let step = 0; step < 400; step++) {
    const next = graph.map(() => 0);
    graph.forEach((links, node) => {
      ranks[node] += (links.length === 0 ? 1 : restart) * at[node];
      for (const other of links) next[other] += (1 - restart) * at[node] / links.length;
    });
    at = next;
  }
  return ranks;
}

Deno.test("personalRank() is the walk's rank, too small by at most tolerance × degree, within its work", () => {
  const graph = randomGraph(60, 150, 1), linksOf = (node: number) => graph[node], restart = 0.2;
  for (const tolerance of [1e-2, 1e-3, 1e-5]) {
    for (const source of [0, 17, 59]) {
      const truth = ranksByPower(graph, source, restart);
      const { ranks, missing, walked } = personalRank(linksOf, source, { restart, tolerance });
      let lacking = 0;
      truth.forEach((rank, node) => {
        const short = rank - (ranks.get(node) ?? 0);
        assert(short >= -1e-9 && short <= tolerance * graph[node].length + 1e-9);
        lacking += short;
      });
      assertAlmostEquals(lacking, missing, 1e-9);
      assert(walked <= 1 / (restart * tolerance) + graph[source].length);
    }
  }
});

Deno.test("personalRank() stays where there are no links, and refuses nonsense", () => {
  assertEquals([...personalRank(() => [], 3).ranks], [[3, 1]]);
  assertThrows(() => personalRank(() => [], 0, { restart: 0 }), RangeError, "restart must be");
  assertThrows(() => personalRank(() => [], 0, { tolerance: 0 }), RangeError, "tolerance above 0");
});

Deno.test("stabilityIndex() is the sum by hand, symmetric, and quiet on another sample", () => {
  // Shares 0.5 0.5 against 0.25 0.75: -0.25 ln 0.5 + 0.25 ln 1.5.
  assertAlmostEquals(
    divergence([50, 50], [25, 75]),
    0.25 * Math.log(2) + 0.25 * Math.log(1.5),
    1e-12,
  );
  assertAlmostEquals(divergence([25, 75], [50, 50]), divergence([50, 50], [25, 75]), 1e-12);
  const random = stream(2), sample = () => Float64Array.from({ length: 5000 }, random);
  assert(stabilityIndex(sample(), sample()) < 0.02);
  assert(stabilityIndex(sample(), sample().map((value) => value / 2)) > 0.25);
  assertEquals(stabilityIndex(new Array(50).fill(1), [1, 1, 1]), 0);
  assertThrows(() => stabilityIndex([1], [1]), RangeError, "at least 10 then");
});
