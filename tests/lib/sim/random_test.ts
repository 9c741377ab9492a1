import { assert, assertEquals, assertLess, assertNotEquals, assertThrows } from "@std/assert";
import { integer, pick, shuffle, stream } from "lib/sim/random.ts";

const draws = (seed: number | string, name: string, count: number) =>
  Array.from({ length: count }, stream(seed, name));

Deno.test("stream() repeats for equal seed and name, and differs for any other", () => {
  const reference = draws(1, "a", 5);
  assertEquals(draws(1, "a", 5), reference);
  const others: [number | string, string][] = [[2, "a"], [1, "b"], [1, ""], ["1a", ""], [-1, "a"], [
    1.5,
    "a",
  ]];
  for (const [seed, name] of others) assertNotEquals(draws(seed, name, 5), reference);
});

Deno.test("stream() stays the same from release to release", () => {
  // Golden: published outputs of notebooks depend on these.
  assertEquals(draws(1, "arrivals", 3), [
    0.1270729443211518,
    0.5495804105333879,
    0.5096223168525632,
  ]);
});

Deno.test("stream() is uniform: chi-square over 256 cells", () => {
  for (const name of ["a", "b", "c", "server 1", "server 2"]) {
    const cells = new Float64Array(256);
    const random = stream(42, name);
    for (let i = 0; i < 256_000; i++) cells[Math.floor(random() * 256)]++;
    const chiSquare = cells.reduce((sum, n) => sum + (n - 1000) ** 2 / 1000, 0);
    assert(chiSquare > 190 && chiSquare < 330, `${name}: ${chiSquare}, 255 expected`); // 99.9 %
  }
});

Deno.test("stream() draws of neighbouring names and seeds are uncorrelated", () => {
  const n = 20_000;
  const pairs = [[[1, "server 1"], [1, "server 2"]], [[1, "a"], [2, "a"]]] as const;
  for (const [[seedA, a], [seedB, b]] of pairs) {
    const [x, y] = [stream(seedA, a), stream(seedB, b)];
    let sum = 0;
    for (let i = 0; i < n; i++) sum += (x() - 0.5) * (y() - 0.5);
    assertLess(Math.abs(sum / n * 12), 3.3 / Math.sqrt(n));
  }
});

Deno.test("stream() uses all 53 bits and stays below 1", () => {
  const values = draws(3, "bits", 1000);
  assert(values.every((value) => value >= 0 && value < 1));
  assert(values.some((value) => (value * 2 ** 53) % 2 === 1), "the last bit is used");
});

Deno.test("integer(), pick() and shuffle() cover what they may, and leave the input alone", () => {
  const random = stream(1, "x");
  assertEquals(
    new Set(Array.from({ length: 200 }, () => integer(random, 5))),
    new Set([0, 1, 2, 3, 4]),
  );
  const values = Object.freeze(["a", "b", "c"]);
  assertEquals(new Set(Array.from({ length: 100 }, () => pick(random, values))).size, 3);
  assertThrows(() => pick(random, []), RangeError, "values must not be empty");
  const orders = new Map<string, number>();
  for (let i = 0; i < 6000; i++) {
    const order = shuffle(random, values).join("");
    orders.set(order, (orders.get(order) ?? 0) + 1);
  }
  assertEquals(orders.size, 6);
  for (const count of orders.values()) assertLess(Math.abs(count - 1000), 120); // four sigma
});
