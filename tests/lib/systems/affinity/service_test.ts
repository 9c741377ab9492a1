import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { stream } from "../../../../lib/sim/random.ts";
import type { Feedback } from "../../../../lib/systems/affinity/feedback.ts";
import { affinityHandler, type HandlerOptions } from "../../../../lib/systems/affinity/http.ts";
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

Deno.test("a test ranks half of the viewers by the other model, until it is stopped", async () => {
  const service = make();
  const opposite = new LogisticModel(["near", "clicks"], 0, [-1, 1], [0, 0], [1, 1]);
  assertEquals(service.armOf(50), undefined);
  service.startTest("ranker-2", { version: "v2", model: opposite });
  const answers = await Promise.all(
    Array.from({ length: 60 }, (_, viewer) => service.query({ viewer, limit: 1 })),
  );
  const versions = Map.groupBy(answers, ({ arm, modelVersion }) => `${arm} ${modelVersion}`);
  assertEquals([...versions.keys()].sort(), ["control v1", "treatment v2"]);
  assert(versions.get("treatment v2")!.length > 15 && versions.get("control v1")!.length > 15);
  service.stopTest("control");
  const after = await service.query({ viewer: 50, limit: 1 });
  assertEquals([after.arm, after.modelVersion], [undefined, "v1"]);
  service.startTest("ranker-2", { version: "v2", model: opposite });
  service.stopTest("treatment");
  assertEquals(service.modelVersion, "v2");
  const foreign = { version: "v3", model: new LogisticModel(["height"], 0, [1], [0], [1]) };
  assertThrows(() => service.startTest("s", foreign), RangeError, "its features must be");
});

Deno.test("seeds are looked around too, for a stranger as well; a stage has its own deadline", async () => {
  const never = new Promise<never>(() => {});
  const service = make({
    generators: { near: (viewer) => [viewer + 1], slow: (viewer) => viewer === 3 ? never : [7] },
    deadlinesMs: { slow: 5, candidates: 10_000 },
  });
  const ids = async (viewer: number, seeds: number[]) => {
    const { items, degraded } = await service.query({ viewer, limit: 8, seeds });
    return [items.filter(({ reasons }) => reasons.length > 1).map(({ id }) => id), degraded];
  };
  assertEquals(await ids(50, [20, 200]), [[51, 21, 7], []]);
  assertEquals(await ids(500, [20]), [[21, 7], []]);
  assertEquals(await ids(50, [3]), [[51, 4], ["slow"]]);
  const many = { viewer: 1, limit: 1, seeds: new Array(11).fill(1) };
  await assertRejects(() => service.query(many), RangeError, "seeds must be at most 10 ids");
});

const ROOT = "http://service/affinity/";
const posting = (service: AffinityService, options: HandlerOptions = {}) => {
  const handle = affinityHandler(service, options);
  const post = async (verb: string, body: unknown) => {
    const request = new Request(ROOT + verb, { method: "POST", body: JSON.stringify(body) });
    const response = await handle(request);
    return [response.status, await response.text()] as const;
  };
  return { handle, post };
};

Deno.test("affinityHandler() serves queries and explanations, and says what is wrong", async () => {
  const { handle, post } = posting(make());
  const answer = JSON.parse((await post("query", { viewer: 50, limit: 3 }))[1]);
  const explained = await handle(new Request(`${ROOT}explain/${answer.requestId}`));
  assertEquals(await explained.json(), answer);
  assertEquals(await post("query", { viewer: 50, limit: 0 }), [
    400,
    "Cannot answer: limit must be 1 to 200: received 0",
  ]);
  assertEquals((await handle(new Request(`${ROOT}explain/none`))).status, 404);
  assertEquals((await post("feedback", {}))[0], 404); // nobody keeps it here
});

Deno.test("affinityHandler() takes feedback once it is kept, hides at once, and refuses nonsense", async () => {
  const service = make(), kept: Feedback[] = [];
  let isAway = false;
  const keep = (event: Feedback) => {
    if (isAway) return Promise.reject(new Error("no log"));
    kept.push(event);
    return Promise.resolve();
  };
  const { post } = posting(service, { keep, now: () => 5000 });
  const event = { eventId: "e1", viewerId: 50, entityId: 5, action: "hide", weight: 1, atMs: 4000 };
  isAway = true;
  assertEquals(await post("feedback", event), [503, "not kept, send it again"]);
  assert(!(await ids(service)).includes(5));
  isAway = false;
  assertEquals(await post("feedback", event), [202, '{"eventId":"e1"}']);
  for (
    const [change, rule] of [
      [{ eventId: "" }, "eventId must be 1 to 100 letters"],
      [{ viewerId: -1 }, "viewerId must be an integer of at least 0: received -1"],
      [{ entityId: "5" }, 'entityId must be an integer of at least 0: received "5"'],
      [{ action: "buy" }, "action must be click, follow or hide"],
      [{ weight: null }, "weight must be a number: received null"],
      [{ atMs: 70_000 }, "atMs must be a time that has come"],
      [{ context: 7 }, "context must be text"],
    ] as const
  ) {
    const [status, text] = await post("feedback", { ...event, ...change });
    assertEquals(status, 400);
    assertStringIncludes(text, rule);
  }
  assertEquals((await post("feedback", null))[0], 400);
  assertEquals(kept, [event]);
});

Deno.test("interleave() gives every list its turn, each id once", () => {
  assertEquals(interleave([[1, 2, 3], [2, 4], []], 4), [1, 2, 4, 3]);
  assertEquals(interleave([[1, 2, 3], [7]], 2), [1, 7]);
  assertEquals(interleave([], 5), []);
});

Deno.test("LogisticModel.train() stops where the gradient of the likelihood is zero", () => {
  // Two groups: the closed form is the log odds of each, here ln 1/3 and ln 3.
  const rows = Array.from({ length: 400 }, (_, n) => [n % 2]);
  const labels = rows.map(([x], n) => (x === 1) === (n % 8 >= 2) ? 1 : 0);
  const options = { names: ["x"], random: stream(2), rounds: 300, rate: 0.02, penalty: 0 };
  const trained = LogisticModel.train(rows, labels, options);
  for (const x of [0, 1]) {
    const own = labels.filter((_, n) => rows[n][0] === x),
      share = own.filter(Boolean).length / own.length;
    assertAlmostEquals(trained.score([x]), Math.log(share / (1 - share)), 0.03);
  }
  const gradient = rows.reduce(
    (sum, row, n) => sum + labels[n] - 1 / (1 + Math.exp(-trained.score(row))),
    0,
  );
  assertAlmostEquals(gradient / rows.length, 0, 0.005);
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
