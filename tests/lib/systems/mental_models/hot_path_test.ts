import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { deterministic, exponential } from "lib/sim/distribution.ts";
import { stream } from "lib/sim/random.ts";
import {
  amdahl,
  blame,
  criticality,
  hotPath,
  sampled,
  waterfall,
  whatIf,
} from "lib/systems/mental_models/hot_path.ts";

const fixed = hotPath([
  { name: "join", after: ["fast", "slow"], latency: deterministic(3) },
  { name: "start", latency: deterministic(1) },
  { name: "fast", after: ["start"], latency: deterministic(2) },
  { name: "slow", after: ["start"], latency: deterministic(5) },
]);

Deno.test("criticalPath() leads back through whoever was waited for", () => {
  const [request] = sampled(fixed, 1, stream(1)).requests;
  assertEquals(request.total, 9);
  assertEquals(request.path.map((i) => fixed.steps[i].name), ["start", "slow", "join"]);
  assertEquals(waterfall(fixed, request).find(({ step }) => step === "fast"), {
    step: "fast",
    start: 1,
    end: 3,
    critical: false,
  });
});

Deno.test("hotPath() names the circle, the missing step and the name given twice", () => {
  const latency = deterministic(1);
  const circle = [
    { name: "a", latency },
    { name: "b", after: ["a", "d"], latency },
    { name: "c", after: ["b"], latency },
    { name: "d", after: ["c"], latency },
  ];
  assertThrows(() => hotPath(circle), RangeError, "received b → d → c → b");
  assertThrows(() => hotPath([{ name: "a", after: ["x"], latency }]), RangeError, "received x");
  assertThrows(() => hotPath([circle[0], circle[0]]), RangeError, "unique");
  assertThrows(() => hotPath([]), RangeError, "received none");
  assertThrows(() => hotPath([{ name: "a", latency, fanOut: 0 }]), RangeError, "received 0");
});

Deno.test("sampled() shows that the mean of a maximum exceeds the maximum of the means", () => {
  const join = hotPath([
    { name: "a", latency: exponential(10) },
    { name: "b", latency: exponential(10) },
  ]);
  const { requests } = sampled(join, 50_000, stream(1));
  const mean = requests.reduce((sum, { total }) => sum + total, 0) / requests.length;
  assertAlmostEquals(mean, 15, 0.2); // of two exponentials: 10 × (1 + 1/2)
  const leaves = hotPath([{ name: "leaf", latency: exponential(10), fanOut: 100 }]);
  const slowest = sampled(leaves, 5000, stream(2)).requests;
  const harmonic = Array.from({ length: 100 }, (_, i) => 1 / (i + 1)).reduce((a, b) => a + b);
  assertAlmostEquals(
    slowest.reduce((sum, { total }) => sum + total, 0) / slowest.length,
    10 * harmonic,
    0.8,
  );
});

Deno.test("whatIf() equals Amdahl's law on a serial chain", () => {
  const chain = hotPath([
    { name: "hot", latency: exponential(60) },
    { name: "cold", after: ["hot"], latency: exponential(40) },
  ]);
  const sample = sampled(chain, 40_000, stream(3));
  const total = ({ requests }: typeof sample) => requests.reduce((sum, r) => sum + r.total, 0);
  const gain = total(sample) / total(whatIf(sample, { step: "hot", speedup: 3 }));
  assertAlmostEquals(gain, amdahl(0.6, 3), 0.01 * 5 / 3);
  assertAlmostEquals(amdahl(0.6, 3), 5 / 3, 1e-12);
  assertAlmostEquals(amdahl(0.6, 1e12), 2.5, 1e-9);
  assertThrows(() => whatIf(sample, { step: "hot", speedup: 0 }), RangeError, "hot, 0");
  assertThrows(() => amdahl(1.2, 2), RangeError, "received 1.2, 2");
});

Deno.test("criticality() and blame() tell what p50 waits for from what p99 waits for", () => {
  const path = hotPath([
    { name: "steady", latency: deterministic(20) },
    { name: "tail", latency: exponential(5) },
  ]);
  const sample = sampled(path, 20_000, stream(4));
  const [first, second] = criticality(sample);
  assertAlmostEquals(first.share + second.share, 1, 1e-12);
  assertAlmostEquals(second.share, Math.exp(-4), 0.004); // P(tail > 20)
  assertEquals([blame(sample, 0.5)[0].step, blame(sample, 0.99)[0].step], ["steady", "tail"]);
});
