import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { monteCarlo } from "lib/estimate/monte_carlo.ts";
import { mm1 } from "lib/estimate/queueing.ts";
import { type Quantity, quantity } from "lib/estimate/quantity.ts";
import { variations, withRanges } from "lib/estimate/ranges.ts";
import { sensitivity } from "lib/estimate/sensitivity.ts";
import { whatIf } from "lib/estimate/what_if.ts";
import { stream } from "lib/sim/random.ts";

const presence = Object.freeze(withRanges(
  {
    connections: quantity(50e6, "devices"),
    heartbeat: quantity(1.5, "s"),
    misses: quantity(3),
    loss: quantity(0, "%"),
    model: "bernoulli",
  },
  {
    connections: { low: 1e3, high: 60e6 },
    heartbeat: { low: 0.25, high: 60 },
    misses: { low: 1, high: 10, whole: true },
    loss: { low: 0, high: 30 },
  },
));

Deno.test("variations() go by a factor, cut off by the range, or over the range", () => {
  const spans = (by: number | "range") =>
    variations(presence, { by }).map(({ name, low, high }) => `${name} ${low} to ${high}`);
  assertEquals(spans(2), [
    "connections 25 M devices to 60 M devices",
    "heartbeat 750 ms to 3 s",
    "misses 2 to 6",
    "loss 0 % to 30 %",
  ]);
  assertEquals(spans("range")[1], "heartbeat 250 ms to 60 s");
});

Deno.test("variations() refuse unknown names and factors that vary nothing", () => {
  assertThrows(
    () => variations(presence, { names: ["hartbeat"] }),
    RangeError,
    'Cannot vary assumptions: name must be one with a range: received "hartbeat"; there is heartbeat',
  );
  assertThrows(
    () => variations(presence, { names: ["model"] }),
    RangeError,
    "there is connections",
  );
  for (const by of [1, 0, NaN, Infinity]) {
    assertThrows(() => variations(presence, { by }), RangeError, 'by must be above 1 or "range"');
  }
  assertThrows(() => variations({}, { names: ["a"] }), RangeError, "there is none");
});

Deno.test("sensitivity() ranks by what each assumption moves alone, and leaves out those that move nothing", () => {
  const { base, unit, rows } = sensitivity(
    ({ connections, heartbeat }: typeof presence) => connections.per(heartbeat).to("M/s"),
    presence,
  );
  assertAlmostEquals(base, 33.333, 1e-3);
  assertEquals(unit, "M/s");
  assertEquals(rows.map(({ name }) => name), ["heartbeat", "connections"]);
  const [first] = rows;
  assertEquals([first.lowLabel, first.highLabel], ["750 ms", "3 s"]);
  assertAlmostEquals(first.low, 66.667, 1e-3);
  assertAlmostEquals(first.high, 16.667, 1e-3);
  assertAlmostEquals(first.swing, 50, 1e-9);
});

Deno.test("sensitivity() sees a swing that has its extreme in the middle", () => {
  const a = withRanges({ x: quantity(4) }, { x: { low: 2, high: 8 } });
  const { rows } = sensitivity(({ x }) => quantity(-((x.in("1") - 4) ** 2) + 16), a);
  assertEquals([rows[0].low, rows[0].high, rows[0].swing], [12, 0, 16]);
});

Deno.test("sensitivity() says at which end an estimate fails", () => {
  const a = withRanges({ load: quantity(80, "/s"), service: quantity(10, "ms") }, {
    load: { low: 1, high: 1000 },
    service: { low: 1, high: 11 },
  });
  const wait = ({ load, service }: typeof a) => mm1({ arrivals: load, service }).wait;
  assertThrows(
    () => sensitivity(wait, a),
    RangeError,
    "Cannot vary load to 160 /s: Cannot solve M/M/1: load must be below 1",
  );
  assertEquals(sensitivity(wait, a, { names: ["service"] }).rows.length, 1);
});

Deno.test("monteCarlo() draws each distribution with its mean and spread", () => {
  const a = withRanges({ x: quantity(3, "s") }, { x: { low: 1, high: 10 } });
  const [low, high, mode] = [1, 10, 3];
  const logs = Math.log(high / low);
  const expected = {
    uniform: [(low + high) / 2, (high - low) ** 2 / 12],
    loguniform: [
      (high - low) / logs,
      (high ** 2 - low ** 2) / (2 * logs) - ((high - low) / logs) ** 2,
    ],
    triangular: [
      (low + high + mode) / 3,
      (low ** 2 + high ** 2 + mode ** 2 - low * high - low * mode - high * mode) / 18,
    ],
  };
  for (const [name, [mean, variance]] of Object.entries(expected)) {
    const x = name as keyof typeof expected;
    const outcome = monteCarlo(({ x }) => x, a, {
      random: stream(51),
      samples: 40_000,
      by: "range",
      distributions: { x },
    });
    const error = Math.sqrt(variance / 40_000);
    assertAlmostEquals(outcome.mean.in("s"), mean, 4 * error, name);
    assertAlmostEquals(outcome.sd ** 2 / variance, 1, 0.03, name);
    assert(outcome.samples[0] >= low && outcome.samples.at(-1)! <= high);
  }
});

Deno.test("monteCarlo() draws log-uniformly by default where the range spans a factor of three", () => {
  const wide = withRanges({ x: quantity(100) }, { x: { low: 10, high: 1000 } });
  const outcome = (by: number | "range", random: () => number) =>
    monteCarlo(({ x }) => x, wide, { random, by });
  assertAlmostEquals(outcome("range", stream(52)).quantile(0.5).value, 100, 4);
  assertAlmostEquals(outcome(1.5, stream(52)).quantile(0.5).value, 108.3, 1);
});

Deno.test("monteCarlo() repeats with its seed, keeps whole numbers whole, and counts excesses", () => {
  const run = (seed: number) =>
    monteCarlo(({ misses, heartbeat }: typeof presence) => misses.times(heartbeat), presence, {
      random: stream(seed),
      samples: 2000,
      names: ["misses", "heartbeat"],
    });
  assertEquals(run(1).samples, run(1).samples);
  assert(run(1).mean.value !== run(2).mean.value);
  const misses = monteCarlo(({ misses }: typeof presence) => misses as Quantity, presence, {
    random: stream(3),
    samples: 200,
    names: ["misses"],
  });
  assert(misses.samples.every(Number.isInteger));
  const { exceeds, quantile } = run(1);
  assertAlmostEquals(exceeds(quantile(0.9)), 0.1, 1e-3);
  assertEquals([exceeds(quantity(0, "s")), exceeds(quantity(1, "h"))], [1, 0]);
});

Deno.test("monteCarlo() refuses draws that cannot be made", () => {
  const random = stream(1);
  const estimate = ({ heartbeat }: typeof presence) => heartbeat;
  assertThrows(
    () => monteCarlo(estimate, presence, { random, samples: 1 }),
    RangeError,
    "Cannot draw samples: samples must be a whole number from 2: received 1",
  );
  assertThrows(
    () => monteCarlo(estimate, presence, { random, distributions: { hartbeat: "uniform" } }),
    RangeError,
    "there is heartbeat",
  );
  assertThrows(
    () => monteCarlo(estimate, presence, { random, distributions: { loss: "loguniform" } }),
    RangeError,
    "Cannot draw loss log-uniformly: range must be above 0: received 0 to 30",
  );
});

Deno.test("whatIf() makes a slider for each assumption in the formula, from its value and range", () => {
  const chart = whatIf(
    ({ misses, heartbeat }: typeof presence) => misses.times(heartbeat).to("s"),
    presence,
    {
      x: "heartbeat",
      y: "detection",
      title: "Detection grows with the heartbeat",
      formula: "misses * heartbeat",
    },
  );
  const params = chart.params as { name: string; value: number; bind: Record<string, number> }[];
  assertEquals(params.map(({ name, value }) => [name, value]), [["misses", 3], ["heartbeat", 1.5]]);
  const [misses, heartbeat] = params.map(({ bind: { min, max } }) => [min, max]);
  assertEquals([misses, heartbeat], [[1, 10], [0.375, 6]]);
  assertEquals(chart.title.subtitle, ["Sliders start at heartbeat 1.5 s, misses 3"]);
});

Deno.test("whatIf() refuses a formula that says something else than the estimate", () => {
  const detection = ({ misses, heartbeat }: typeof presence) => misses.times(heartbeat).to("s");
  const chart = { x: "heartbeat", y: "detection", title: "Detection" };
  const refused: [string, string][] = [
    // Equal where the assumptions stand, and nowhere else.
    ["misses + heartbeat", "1.125 s at heartbeat = 375 ms: received 3.375"],
    ["4.5", "must equal the estimate, 1.125 s at heartbeat = 375 ms: received 4.5"],
    ["3 * heartbeat + 0 * misses", "1.5 s at misses = 1: received 4.5"],
    ["misses * heartbeat + 1", "4.5 s at heartbeat = 1.5 s: received 5.5"],
  ];
  for (const [formula, message] of refused) {
    assertThrows(() => whatIf(detection, presence, { ...chart, formula }), RangeError, message);
  }
  assertThrows(
    () => whatIf(detection, presence, { ...chart, x: "beat", formula: "heartbeat" }),
    RangeError,
    "there is heartbeat",
  );
});
