import { assertEquals } from "@std/assert";
import { integer, stream } from "lib/sim/random.ts";
import { roll, rollingSum } from "lib/structures/rolling_sum.ts";

Deno.test("roll() gives the sum of every window, whatever its length", () => {
  const random = stream(1, "bytes");
  const bytes = Uint8Array.from({ length: 70_000 }, () => integer(random, 256));
  for (const length of [1, 2, 700, 65_536]) {
    let sum = rollingSum(bytes, 0, length);
    for (let from = 1; from + length <= bytes.length && from < 3000; from++) {
      sum = roll(sum, bytes[from - 1], bytes[from + length - 1], length);
      if (from % 97 === 0) assertEquals(sum, rollingSum(bytes, from, from + length));
    }
  }
});

Deno.test("rollingSum() is a in the low and b in the high half", () => {
  // a = 1 + 2 + 3, b = 3·1 + 2·2 + 1·3
  assertEquals(rollingSum(new Uint8Array([1, 2, 3])), 10 * 2 ** 16 + 6);
  assertEquals(rollingSum(new Uint8Array()), 0);
});

Deno.test("rollingSum() of different windows can be the same", () => {
  assertEquals(rollingSum(new Uint8Array([1, 0, 1])), rollingSum(new Uint8Array([0, 2, 0])));
});
