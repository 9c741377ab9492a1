import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { accept } from "lib/assume/accept.ts";
import { assume } from "lib/assume/assume.ts";
import type { Changes } from "lib/assume/declaration.ts";
import { comparePredictions, predict } from "lib/assume/predict.ts";
import { AssumptionError } from "lib/assume/resolve.ts";
import { atScale, scale } from "lib/assume/scale.ts";
import { assumptions, changed, override } from "lib/assume/state.ts";
import { type Quantity, quantity } from "lib/estimate/quantity.ts";
import { sensitivity } from "lib/estimate/sensitivity.ts";
import { FACTS } from "lib/show/emit.ts";
import { presence } from "./presence.ts";
import { recorded } from "./recorded.ts";

/** Runs the parameters cell of a notebook with the runner's overrides and the reader's changes. */
async function assumed(changes: Changes = {}, overrides: Changes = {}) {
  override(overrides);
  let values!: Awaited<ReturnType<typeof assume<typeof presence>>>;
  const outputs = await recorded(async () => {
    values = await assume(presence, changes);
  });
  return { values, outputs };
}

Deno.test("assume() returns a typed value for each assumption", async () => {
  const { values } = await assumed();
  const heartbeat: Quantity<"time"> = values.heartbeat;
  const connections: Quantity<"count"> = values.connections;
  const loss: Quantity<"ratio"> = values.loss;
  const model: "bernoulli" | "bursts" = values.lossModel;
  const jitter: boolean = values.jitter;
  const seed: number = values.seed;
  assertEquals([`${heartbeat}`, `${connections}`, `${loss}`], ["1.5 s", "50 M devices", "1 %"]);
  assertEquals([model, jitter, seed], ["bernoulli", true, 1]);
  // @ts-expect-error a heartbeat is not an amount of information
  assertThrows(() => values.heartbeat.plus(quantity(1, "MB")), RangeError);
  // @ts-expect-error not an option
  assert(values.lossModel !== "poisson");
});

Deno.test("assume() shows one table with changes marked, and the same as facts", async () => {
  const { outputs } = await assumed({ heartbeat: "5 s", loss: "2 %" });
  assertEquals(outputs.length, 1);
  const [{ "text/plain": plain, "text/html": html, [FACTS]: facts }] = outputs;
  assert(`${plain}`.startsWith("Assumptions, 2 changed\n"));
  assert(
    /^heartbeat +5 s \(changed from 1.5 s\) +250 ms to 60 s +5 s until offline$/m.test(`${plain}`),
  );
  assert(/^misses +3 +1 to 10 +hysteresis$/m.test(`${plain}`));
  assert(/^lossModel +bernoulli +bernoulli or bursts +radio fades$/m.test(`${plain}`));
  assert(`${html}`.includes(">5 s (changed from 1.5 s)</td>"));
  const { kind, assumptions: list } = facts as { kind: string; assumptions: unknown[] };
  assertEquals(kind, "assumptions");
  assertEquals(list[2], {
    name: "heartbeat",
    value: 5,
    unit: "s",
    default: 1.5,
    range: [0.25, 60],
    source: "5 s until offline",
    changed: true,
  });
  assertEquals(JSON.parse(JSON.stringify(facts)), facts);
});

Deno.test("assume() lets overrides win over the reader's changes", async () => {
  const { values } = await assumed({ heartbeat: "5 s", loss: "2 %" }, { heartbeat: "10s" });
  assertEquals([`${values.heartbeat}`, `${values.loss}`], ["10 s", "2 %"]);
  assertEquals(changed(), ["heartbeat", "loss"]);
});

Deno.test("assume() starts afresh whenever its cell runs again", async () => {
  await assumed({ heartbeat: "5 s" });
  assertEquals(changed(), ["heartbeat"]);
  await assumed({});
  assertEquals(changed(), []);
  await assertRejects(() => assumed({ heartbeat: "5 GB" }), AssumptionError);
  assertEquals(assumptions(), []);
});

Deno.test("assume() refuses overrides and changes together in one error, and shows nothing", async () => {
  const error = await assertRejects(
    () => assumed({ loss: "45 %" }, { hartbeat: "5 s" }),
    AssumptionError,
    "did you mean heartbeat?",
  );
  assert(error.message.includes("loss must be from 0 % to 30 %: received 45 %"));
  assertEquals(error.name, "AssumptionError");
  override({});
});

Deno.test("assume() names the nearest assumption when a cell misspells one", async () => {
  const { values } = await assumed();
  assertThrows(
    () => (values as unknown as Record<string, unknown>).hartbeat,
    TypeError,
    'name must be one that was declared: received "hartbeat"; did you mean heartbeat?',
  );
  assertThrows(
    () => (values as unknown as Record<string, unknown>).colour,
    TypeError,
    "there are connections, connectionsPerGateway",
  );
  assertThrows(() => Object.assign(values, { loss: 1 }), TypeError);
  assertEquals(Object.keys({ ...values }), Object.keys(presence));
  assert(Deno.inspect(values).includes("heartbeat: 1.5 s"));
});

Deno.test("assume() hands ranges on to the sensitivity of an estimate", async () => {
  const { values } = await assumed();
  const { rows } = sensitivity((a) => a.connections.per(a.heartbeat).times(a.misses), values);
  assertEquals(
    new Set(rows.map(({ name }) => name)),
    new Set(["heartbeat", "connections", "misses"]),
  );
  const misses = rows.find(({ name }) => name === "misses")!;
  assertEquals([misses.lowLabel, misses.highLabel], ["2", "6"]);
});

Deno.test("assume() refuses declarations that are wrong in themselves", async () => {
  const wrong = { loss: { default: 40, unit: "%", range: [0, 30], source: "x" } } as const;
  await assertRejects(() => assume(wrong), RangeError, "Cannot declare assumption: loss: default");
});

Deno.test("accept() at the defaults shows what holds, and fails on what does not", async () => {
  await assumed();
  const [holds] = await recorded(() => accept("offline within 5 s", true, "4.95 s of 5 s"));
  assertEquals(holds["text/plain"], "Holds. offline within 5 s: 4.95 s of 5 s");
  assertEquals(holds[FACTS], {
    kind: "accept",
    name: "offline within 5 s",
    pass: true,
    detail: "4.95 s of 5 s",
    defaults: true,
  });
  const [fails] = await recorded(() =>
    assertRejects(
      () => accept("offline within 5 s", false, "90 s of 5 s"),
      Error,
      'Cannot accept "offline within 5 s": condition must hold at the default assumptions: received 90 s of 5 s',
    )
  );
  assertEquals((fails[FACTS] as { pass: boolean }).pass, false);
});

Deno.test("accept() under changed assumptions shows a miss as a finding", async () => {
  await assumed({ heartbeat: "30 s", lossModel: "bursts" });
  const [finding] = await recorded(() => accept("offline within 5 s", false, "90 s of 5 s"));
  assertEquals(
    finding["text/plain"],
    "Finding: no longer holds with heartbeat = 30 s, lossModel = bursts. offline within 5 s: 90 s of 5 s",
  );
  assertEquals(finding[FACTS], {
    kind: "accept",
    name: "offline within 5 s",
    pass: false,
    detail: "90 s of 5 s",
    defaults: false,
  });
});

Deno.test("accept() refuses a condition that is always true by mistake", async () => {
  await assertRejects(
    () => accept("x", Promise.resolve(false) as unknown as boolean, "y"),
    TypeError,
    'Cannot accept "x": condition must be a boolean: received Promise',
  );
});

Deno.test("comparePredictions() says how far each prediction was off", async () => {
  predict({ pushes: "1 M/s", state: "13 GB", delay: "4.5 s", gain: "5", loss: "2", rate: "?" });
  const [table] = await recorded(() =>
    comparePredictions({
      pushes: quantity(10e6, "/s"),
      state: quantity(13e9, "B"),
      delay: quantity(4.95, "s"),
      gain: quantity(2),
      loss: quantity(-2),
      rate: quantity(3, "/s"),
    })
  );
  const rows = `${table["text/plain"]}`.split("\n").slice(3).map((line) => line.split(/ {2,}/));
  assertEquals(rows, [
    ["pushes", "1 M/s", "10 M/s", "10 times too low"],
    ["state", "13 GB", "13 GB", "exact"],
    ["delay", "4.5 s", "4.95 s", "within 10 %"],
    ["gain", "5", "2", "2.5 times too high"],
    ["loss", "2", "−2", "another sign"],
    ["rate", "–", "3 /s", "no prediction"],
  ]);
});

Deno.test("comparePredictions() refuses names and units that were not predicted", async () => {
  predict({ pushes: "1 M/s" });
  await assertRejects(
    () => comparePredictions({ push: quantity(1, "/s") }),
    RangeError,
    'Cannot compare predictions: name must be one that was predicted: received "push"; there is pushes',
  );
  await assertRejects(
    () => comparePredictions({ pushes: quantity(1, "GB") }),
    RangeError,
    "Cannot convert 1 M/s to GB",
  );
  assertThrows(() => predict({ pushes: "many" }), SyntaxError, 'received "many"');
  predict({});
  await assertRejects(() => comparePredictions({ a: quantity(1) }), RangeError, "there is none");
});

Deno.test("atScale() sizes experiments, never below one", () => {
  assertEquals(scale.default, 1);
  assertEquals([0.01, 1, 2.5].map((x) => atScale(1000, quantity(x, "x"))), [10, 1000, 2500]);
  assertEquals(atScale(10, quantity(0.01, "x")), 1);
});
