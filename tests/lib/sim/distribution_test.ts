import { assertAlmostEquals, assertEquals, assertLess, assertThrows } from "@std/assert";
import {
  deterministic,
  type Distribution,
  empirical,
  erlang,
  exponential,
  lognormal,
  mixture,
  normal,
  pareto,
  shifted,
  uniform,
  variability,
} from "lib/sim/distribution.ts";
import { stream } from "lib/sim/random.ts";

const distributions: Distribution[] = [
  deterministic(3),
  uniform(-1, 5),
  exponential(0.2),
  erlang(3, 2),
  normal(10, 2),
  lognormal({ median: 0.02, p99: 0.1 }),
  pareto(5, 1),
  pareto(1.5, 1, 20),
  pareto(1, 1, 20),
  pareto(2, 1, 20),
  empirical([1, 1, 2, 10]),
  shifted(5, exponential(1)),
  mixture([[9, exponential(1)], [1, deterministic(20)]]),
];

for (const distribution of distributions) {
  Deno.test(`Distribution.sample(): ${distribution.name} has the mean and variance it claims`, () => {
    const random = stream(5, distribution.name);
    const n = 200_000;
    let sum = 0;
    let squares = 0;
    let fourth = 0;
    for (let i = 0; i < n; i++) {
      const deviation = distribution.sample(random) - distribution.mean;
      sum += deviation;
      squares += deviation ** 2;
      fourth += deviation ** 4;
    }
    const variance = squares / n;
    const errorOfMean = Math.sqrt(distribution.variance / n);
    const errorOfVariance = Math.sqrt(Math.max(0, fourth / n - variance ** 2) / n);
    assertLess(Math.abs(sum / n), 4 * errorOfMean + 1e-12);
    assertLess(Math.abs(variance - distribution.variance), 5 * errorOfVariance + 1e-9);
  });
}

/** Kolmogorov's distance between draws and a distribution function. */
function distance(distribution: Distribution, below: (x: number) => number): number {
  const random = stream(6, distribution.name);
  const n = 20_000;
  const draws = Array.from({ length: n }, () => distribution.sample(random)).sort((a, b) => a - b);
  return Math.max(...draws.map((x, i) => Math.abs(below(x) - (i + 0.5) / n))) * Math.sqrt(n);
}

Deno.test("Distribution.sample() follows the distribution functions (Kolmogorov, 0.1 %)", () => {
  const limit = 1.95;
  assertLess(distance(exponential(2), (x) => 1 - Math.exp(-x / 2)), limit);
  assertLess(distance(pareto(1.5, 2), (x) => 1 - (2 / x) ** 1.5), limit);
  const cut = 1 - (1 / 20) ** 1.5;
  assertLess(distance(pareto(1.5, 1, 20), (x) => (1 - x ** -1.5) / cut), limit);
  assertLess(distance(uniform(2, 4), (x) => (x - 2) / 2), limit);
  assertLess(
    distance(erlang(2, 2), (x) => 1 - Math.exp(-x) * (1 + x)),
    limit,
  );
});

Deno.test("lognormal() has the median and 99th percentile it was given", () => {
  const latency = lognormal({ median: 0.02, p99: 0.1 });
  const random = stream(1, "quantiles");
  const n = 100_000;
  let [belowMedian, belowP99] = [0, 0];
  for (let i = 0; i < n; i++) {
    const draw = latency.sample(random);
    belowMedian += +(draw < 0.02);
    belowP99 += +(draw < 0.1);
  }
  assertAlmostEquals(belowMedian / n, 0.5, 3 * Math.sqrt(0.25 / n));
  assertAlmostEquals(belowP99 / n, 0.99, 3 * Math.sqrt(0.0099 / n));
});

Deno.test("pareto() without cut has the infinite moments that heavy tails have", () => {
  assertEquals([pareto(2, 1).variance, pareto(1, 1).mean], [Infinity, Infinity]);
  assertAlmostEquals(pareto(3, 2).mean, 3);
  assertAlmostEquals(pareto(3, 2).variance, 3); // x²a/((a-1)²(a-2))
});

Deno.test("variability() is 0 for regular, 1 for exponential, 1/k for Erlang", () => {
  assertEquals(variability(deterministic(5)), 0);
  assertAlmostEquals(variability(exponential(5)), 1);
  assertAlmostEquals(variability(erlang(4, 5)), 0.25);
});

Deno.test("Distribution: bad parameters are refused by name", () => {
  const cases: [() => unknown, string][] = [
    [
      () => exponential(-1),
      "Cannot create exponential: mean must be finite and 0 or more: received -1",
    ],
    [() => deterministic(NaN), "Cannot create deterministic: value must be finite and 0 or more"],
    [() => uniform(2, 1), "high must be finite and 2 or more: received 1"],
    [() => normal(NaN, 1), "Cannot create normal: mean must be finite: received NaN"],
    [() => lognormal({ median: 2, p99: 1 }), "p99 must be finite and 2 or more: received 1"],
    [() => pareto(2, 3, 3), "Cannot create pareto: maximum must be above 3: received 3"],
    [() => pareto(0, 1), "shape must be"],
    [() => empirical([]), "Cannot create empirical: values must not be empty: received []"],
    [() => empirical([1, NaN]), "Cannot create empirical: each value must be finite"],
    [() => mixture([]), "Cannot create mixture: weights must add up to more than 0: received 0"],
    [() => mixture([[-1, exponential(1)]]), "each weight must be finite and 0 or more"],
    [() => erlang(0, 1), "stages must be finite and 1 or more"],
  ];
  for (const [create, message] of cases) assertThrows(create, RangeError, message);
});
