import { assert, assertEquals, assertThrows } from "@std/assert";
import { stream } from "lib/sim/random.ts";
import { CircuitBreaker } from "lib/structures/circuit_breaker.ts";

const OPTIONS = { window: 10, failureShare: 0.5, openMs: 1000 };

Deno.test("CircuitBreaker opens at its share of failures, not before its window is full", () => {
  const breaker = new CircuitBreaker(OPTIONS);
  for (let n = 0; n < 9; n++) breaker.fail(n);
  assertEquals(breaker.state(9), "closed");
  breaker.succeed(9);
  assertEquals([breaker.state(9), breaker.opened], ["open", 1]);
  const patient = new CircuitBreaker(OPTIONS);
  for (let n = 0; n < 1000; n++) n % 5 < 2 ? patient.fail(n) : patient.succeed(n);
  assertEquals(patient.state(1000), "closed", "40 % of failures are below 50 %");
});

Deno.test("CircuitBreaker lets as many probes through as it says, once in openMs", () => {
  const breaker = new CircuitBreaker({ ...OPTIONS, probes: 2 });
  for (let n = 0; n < 10; n++) breaker.fail(0);
  assertEquals(breaker.allow(999), false);
  assertEquals([1000, 1000, 1000].map((t) => breaker.allow(t)), [true, true, false]);
  breaker.succeed(1010);
  assertEquals(breaker.state(1010), "halfOpen");
  breaker.fail(1020);
  assertEquals([breaker.state(1020), breaker.opened], ["open", 2]);
  assertEquals(breaker.allow(2020), true);
  assertEquals(breaker.allow(2020), true);
  // Neither reports: after another openMs it tries again.
  assertEquals([breaker.allow(2500), breaker.allow(3020)], [false, true]);
});

Deno.test("CircuitBreaker closes with a clean record", () => {
  const breaker = new CircuitBreaker(OPTIONS);
  for (let n = 0; n < 10; n++) breaker.fail(0);
  assert(breaker.allow(1000));
  breaker.succeed(1000);
  for (let n = 0; n < 4; n++) breaker.fail(1001);
  assertEquals(breaker.state(1001), "closed");
});

Deno.test("CircuitBreaker never lets a call through while it is open", () => {
  const random = stream(1, "breaker");
  const breaker = new CircuitBreaker(OPTIONS);
  let openedAtMs = -Infinity;
  for (let t = 0; t < 50_000; t += random() * 40) {
    const before = breaker.opened;
    if (!breaker.allow(t)) continue;
    assert(breaker.state(t) !== "open");
    random() < 0.6 ? breaker.fail(t) : breaker.succeed(t);
    if (breaker.opened > before) {
      assert(t - openedAtMs >= 1000);
      openedAtMs = t;
    }
  }
  assert(breaker.opened > 10);
});

Deno.test("CircuitBreaker refuses options that make no sense", () => {
  for (const [name, value] of [["window", 0], ["failureShare", 0], ["openMs", 0], ["probes", 0]]) {
    assertThrows(
      () => new CircuitBreaker({ ...OPTIONS, [name]: value }),
      RangeError,
      `Cannot create circuit breaker: ${name} must be`,
    );
  }
});
