import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { stream } from "../../../../lib/sim/random.ts";
import { LogisticModel } from "../../../../lib/systems/affinity/logistic.ts";
import {
  AffinityService,
  interleave,
  type ServiceOptions,
} from "../../../../lib/systems/affinity/service.ts";

const model = {
  version: "v1",
  model: new LogisticModel(["near", "clicks"], 0.5, [1, 2], [3, 0], [2, 1]),
};

function make(changes: Partial<ServiceOptions> = {}): AffinityService {
  return new AffinityService({
    generators: { graph: () => [1, 2, 3], ann: () => [4, 3, 5] },
    featureNames: ["near", "clicks"],
    features: (_viewer, ids, online) => ids.map((id) => [id, online.get(id) ?? 0]),
    popular: [9, 1, 8],
    knows: (viewer) => viewer < 100,
    model,
    ...changes,
  });
}
const ids = async (service: AffinityService, viewer = 50, limit = 8) =>
  (await service.query({ viewer, limit })).items.map(({ id }) => id);

Deno.test("an answer is ranked, explained to the last digit, and filled with what is popular", async () => {
  const service = make();
  const answer = await service.query({ viewer: 50, limit: 8 });
  assertEquals(answer.items.map(({ id }) => id), [5, 4, 3, 2, 1, 9, 8]);
  assertEquals(answer.degraded, []);
  for (const { score, reasons } of answer.items.slice(0, 5)) {
    const sum = reasons.reduce((sum, { contribution }) => sum + contribution, 0.5);
    assertAlmostEquals(sum, score, 1e-12);
  }
  assertEquals(service.explain(answer.requestId), answer);
});

Deno.test("online counters move the rank; a slow or broken stage is left out and named", async () => {
  const counters = new Map([[1, 10]]), hidden = new Set([4]);
  assertEquals(await ids(make({ online: () => Promise.resolve({ counters, hidden }) })), [
    1,
    5,
    3,
    2,
    9,
    8,
  ]);
  const never = new Promise<never>(() => {});
  const away = make({
    online: () => never,
    generators: { graph: () => Promise.reject(new Error("down")), ann: () => [4] },
    deadlinesMs: { candidates: 20, features: 5 },
  });
  const answer = await away.query({ viewer: 50, limit: 2 });
  assertEquals(answer.degraded.sort(), ["features", "graph"]);
  assertEquals(answer.items.map(({ id }) => id), [4, 9]);
  assertEquals(away.degraded.get("graph"), 1);
});

Deno.test("hidden and deleted entities never return, and a deleted viewer is a stranger", async () => {
  const service = make();
  service.hide(50, 5);
  service.forget(9);
  assertEquals(await ids(service), [4, 3, 2, 1, 8]);
  assertEquals(await ids(service, 51), [5, 4, 3, 2, 1, 8]);
  service.forget(50);
  const answer = await service.query({ viewer: 50, limit: 2 });
  assertEquals(answer.items.map(({ id, reasons }) => [id, reasons[0].feature]), [
    [1, "coldStart"],
    [8, "coldStart"],
  ]);
});

Deno.test("a model of other features is refused, and the old one stays", async () => {
  const service = make();
  const foreign = {
    version: "v2",
    model: new LogisticModel(["clicks", "near"], 0, [1, 1], [0, 0], [1, 1]),
  };
  assertThrows(() => service.publish(foreign), RangeError, "its features must be near,clicks");
  assertEquals((await service.query({ viewer: 50, limit: 1 })).modelVersion, "v1");
  const opposite = new LogisticModel(["near", "clicks"], 0, [-1, 1], [0, 0], [1, 1]);
  service.publish({ version: "v2", model: opposite });
  assertEquals((await ids(service))[0], 1);
});

Deno.test("a missing audit is counted, and the answer given", async () => {
  const service = make({ audit: () => Promise.reject(new Error("no database")) });
  assertEquals((await ids(service)).length, 7);
  await Promise.resolve();
  assertEquals(service.unaudited, 1);
});

Deno.test("handle() serves queries and explanations, and says what is wrong", async () => {
  const service = make(), at = "http://service/affinity/";
  const post = (body: object) =>
    service.handle(new Request(`${at}query`, { method: "POST", body: JSON.stringify(body) }));
  const answer = await (await post({ viewer: 50, limit: 3 })).json();
  const explained = await service.handle(new Request(`${at}explain/${answer.requestId}`));
  assertEquals(await explained.json(), answer);
  const refused = await post({ viewer: 50, limit: 0 });
  assertEquals([refused.status, await refused.text()], [
    400,
    "Cannot answer: limit must be 1 to 200: received 0",
  ]);
  assertEquals((await service.handle(new Request(`${at}explain/none`))).status, 404);
});

Deno.test("interleave() gives every list its turn, each id once", () => {
  assertEquals(interleave([[1, 2, 3], [2, 4], []], 4), [1, 2, 4, 3]);
  assertEquals(interleave([[1, 2, 3], [7]], 2), [1, 7]);
  assertEquals(interleave([], 5), []);
});

Deno.test("LogisticModel.train() finds planted weights", () => {
  const random = stream(1), rows: number[][] = [], labels: number[] = [];
  for (let n = 0; n < 20_000; n++) {
    const row = [random() * 4, random() < 0.5 ? 1 : 0];
    rows.push(row);
    labels.push(random() < 1 / (1 + Math.exp(1 - row[0] + 2 * row[1])) ? 1 : 0);
  }
  const trained = LogisticModel.train(rows, labels, { names: ["x", "y"], random });
  const slope = (at: number) => trained.weights[at] / trained.deviations[at];
  assertAlmostEquals(slope(0), 1, 0.08);
  assertAlmostEquals(slope(1), -2, 0.12);
  assertAlmostEquals(trained.score([0, 0]), -1, 0.15);
  assert(trained.explain([4, 1])[0].contribution !== 0);
  assertThrows(() => trained.score([1]), RangeError, "a row must have 2 features (x,y)");
});
